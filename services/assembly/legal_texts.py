"""Tenants' legal texts held against the register of legal bases that ships with this version."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from services.agreements.grounds.citations import cited_warnings
from services.agreements.grounds.legal_bases import LegalBasis
from services.agreements.loading.files import shipped_legal_bases
from shared.problems import Words


def out_of_date_law(tenants: Sequence[Mapping[str, Any]], today: date) -> Iterator[Words]:
    """Words about each text that cites what is not in force from its first day to its last, or to today when open.

    `tenants` are profiles in the form of `services/consultation/tenants/sandbox.json`.
    """
    bases = shipped_legal_bases()
    for tenant in tenants:
        for text in tenant["purposes"]:
            yield from _about(bases, tenant, text, today)


def _about(
    bases: Mapping[str, LegalBasis], tenant: Mapping[str, Any], text: Mapping[str, Any], today: date
) -> Iterator[Words]:
    first = date.fromisoformat(text["from"])
    last = date.fromisoformat(text["to"]) if text.get("to") else max(first, today)
    place = f"{tenant['organisationNumber'][2:]} {text['purpose']} {first}"
    told = set[str]()
    for day in (first, last):
        for warned in cited_warnings(bases, text["legalText"], day):
            if warned.words.en in told:
                continue
            told.add(warned.words.en)
            instead = warned.replacement
            yield Words(
                f"{place}: {warned.words.sv}" + (f"; ange {instead.reference}" if instead else ""),
                f"{place}: {warned.words.en}" + (f"; state {instead.reference}" if instead else ""),
            )
