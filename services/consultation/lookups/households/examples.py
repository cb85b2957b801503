"""Examples for the OpenAPI document. The persons are synthetic: born in the 1890s, with valid check digits."""

from typing import Any

from services.consultation.lookups import examples

HOUSEHOLD_ID = "2c7a2c0e-5d0b-4b39-8f0e-5b0c8d1f7a63"
_HREF = f"https://samrad.example/consultation/v1/household-lookups/{HOUSEHOLD_ID}"
_LINKS = {"self": {"href": _HREF}, "completions": {"href": f"{_HREF}/completions"}}

QUESTION: dict[str, Any] = {
    "caseReference": "EB-2026-000123",
    "purpose": "financial_aid_application",
    "period": {"from": "2026-09-01", "to": "2026-11-30"},
    "persons": [{"person": examples.PERSON, "role": "applicant"}],
    "sources": ["AF", "SO"],
}


def _cells(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        each["source"]: {"state": each["state"], "origin": each["origin"], "code": each["code"]}
        for each in answer["sources"]
    }


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "person": 0,
        "role": "applicant",
        "lookupId": examples.LOOKUP_ID,
        "cells": _cells(answer),
        "complete": answer["complete"],
        "protectedIdentity": False,
        "withheld": False,
    }


ANSWER: dict[str, Any] = {
    "householdLookupId": HOUSEHOLD_ID,
    "caseReference": "EB-2026-000123",
    "purpose": "financial_aid_application",
    "complete": False,
    "matrix": [_row(examples.ANSWER)],
    "lookups": [{"index": 0, "role": "applicant", "lookup": examples.ANSWER, "problem": None}],
    "_links": _LINKS,
}
COMPLETED: dict[str, Any] = {
    **ANSWER,
    "complete": True,
    "matrix": [_row(examples.COMPLETED)],
    "lookups": [{"index": 0, "role": "applicant", "lookup": examples.COMPLETED, "problem": None}],
    "_links": {"self": {"href": _HREF}},
}
RECORD: dict[str, Any] = {
    "householdLookupId": HOUSEHOLD_ID,
    "askedAt": "2026-11-20T09:12:00Z",
    "handler": "hl-4711",
    "caseReference": "EB-2026-000123",
    "purpose": "financial_aid_application",
    "complete": False,
    "matrix": [_row(examples.ANSWER)],
    "refusals": [],
    "_links": _LINKS,
}
