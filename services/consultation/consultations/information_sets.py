"""What an information request can name: the sets of items that Arbetsförmedlingen can be asked for.

From förordning (2008:975) 5 § as of 2025-07-01, and what Arbetsförmedlingen's page for municipalities names beside it.
"""

from collections.abc import Mapping
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
