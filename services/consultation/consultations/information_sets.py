"""The catalogue of information sets: what an information request can name, and what is known of each (R3).

From förordning (2008:975) 5 § as of 2025-07-01, and what Arbetsförmedlingen's page for municipalities names beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.problems import Words


class InformationSet(StrEnum):
    """One set of items."""

    REGISTRATION = "registration"
    CATEGORY = "category"
    PROGRAMME = "programme"
    LATEST_ACTIVITY_REPORT = "latest_activity_report"
    UNEMPLOYMENT_FUND = "unemployment_fund"
    ACTION_PLAN = "action_plan"
    ACTIVITY_REPORTS = "activity_reports"
    DAILY_NOTES = "daily_notes"
    DISABILITY_CODES = "disability_codes"


WORDS: Mapping[InformationSet, Words] = {
    InformationSet.REGISTRATION: Words("Inskrivning och avaktualisering", "Registration and deregistration"),
    InformationSet.CATEGORY: Words("Sökandekategori", "Category of jobseeker"),
    InformationSet.PROGRAMME: Words("Program och perioder", "Programmes and periods"),
    InformationSet.LATEST_ACTIVITY_REPORT: Words("Senaste aktivitetsrapport", "Latest activity report"),
    InformationSet.UNEMPLOYMENT_FUND: Words("A-kassa enligt registreringen", "A-kassa as registered"),
    InformationSet.ACTION_PLAN: Words("Handlingsplan", "Action plan"),
    InformationSet.ACTIVITY_REPORTS: Words("Aktivitetsrapporternas innehåll", "Content of activity reports"),
    InformationSet.DAILY_NOTES: Words("Daganteckningar", "Daily notes"),
    InformationSet.DISABILITY_CODES: Words("Koder för funktionsnedsättning", "Disability codes"),
}


class Basis(StrEnum):
    """What a set may be disclosed on."""

    STATUTE = "statute"
    CONSENT = "consent"
    SECRECY_ASSESSMENT = "secrecy_assessment"


class Sensitivity(StrEnum):
    """How a set is to be handled: special are personal data that 9 article of the GDPR names, such as health."""

    ORDINARY = "ordinary"
    CONFIDENTIAL = "confidential"
    SPECIAL = "special"


BASES: Mapping[Basis, Words] = {
    Basis.STATUTE: Words("Uppgiftsskyldighet i författning", "A duty to disclose in a statute"),
    Basis.CONSENT: Words("Samtycke som är registrerat", "Consent that has been registered"),
    Basis.SECRECY_ASSESSMENT: Words("Myndighetens menprövning", "The authority's assessment of harm"),
}
SENSITIVITIES: Mapping[Sensitivity, Words] = {
    Sensitivity.ORDINARY: Words("Vanlig uppgift", "Ordinary"),
    Sensitivity.CONFIDENTIAL: Words("Skyddas av sekretess", "Confidential"),
    Sensitivity.SPECIAL: Words("Känslig personuppgift", "Special category of personal data"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a set. `in_registers`: a look-up tells it. `legal_basis` is an id of the register's.

    `default_channel` is the channel that Arbetsförmedlingen's page for municipalities names first.
    """

    in_registers: bool
    legal_basis: str
    sensitivity: Sensitivity
    default_channel: str

    def basis(self, *, consent: bool) -> Basis:
        """What it rests on in a question, when consent has been registered or not."""
        if self.legal_basis == _FIFTH:
            return Basis.STATUTE
        return Basis.CONSENT if consent else Basis.SECRECY_ASSESSMENT


_FIFTH = "sfs-2008-975-5"
_ASSESSED = "sfs-2009-400-assessment"
_TOLD_BY_STATUTE = Facts(True, _FIFTH, Sensitivity.CONFIDENTIAL, "look_up")
_ASSESSED_FIRST = Facts(False, _ASSESSED, Sensitivity.CONFIDENTIAL, "sdk")
FACTS: Mapping[InformationSet, Facts] = {
    InformationSet.REGISTRATION: _TOLD_BY_STATUTE,
    InformationSet.CATEGORY: _TOLD_BY_STATUTE,
    InformationSet.PROGRAMME: _TOLD_BY_STATUTE,
    InformationSet.LATEST_ACTIVITY_REPORT: _TOLD_BY_STATUTE,
    InformationSet.UNEMPLOYMENT_FUND: _TOLD_BY_STATUTE,
    InformationSet.ACTION_PLAN: _ASSESSED_FIRST,
    InformationSet.ACTIVITY_REPORTS: _ASSESSED_FIRST,
    InformationSet.DAILY_NOTES: _ASSESSED_FIRST,
    InformationSet.DISABILITY_CODES: Facts(False, _ASSESSED, Sensitivity.SPECIAL, "sdk"),
}
