"""Examples of FAQ entries, for the API's document. Invented."""

from typing import Any

_BASE = "https://samrad.example/consultation/v1"
_PROPOSAL_ID = "4be0643f-1d98-473b-97cd-ca98a65347dd"
_ENTRY_ID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
_CONSULTATION_ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"

BODY: dict[str, Any] = {
    "decisionType": "programme_placement",
    "sv": {
        "question": "Vad betyder det att en person är anvisad till ett program?",
        "answer": "Att Arbetsförmedlingen har beslutat om en plats. Av beslutet framgår från när och hur länge.",
    },
    "en": None,
}
RECEIPT: dict[str, Any] = {
    "proposalId": _PROPOSAL_ID,
    "edition": 1,
    "_links": {"self": {"href": f"{_BASE}/faq-proposals/{_PROPOSAL_ID}"}},
}
SUMMARY: dict[str, Any] = {
    **RECEIPT,
    "consultationId": _CONSULTATION_ID,
    "corrects": None,
    "correctsVersion": None,
    "waiting": True,
    "proposedAt": "2026-11-20T09:12:00Z",
    "writtenBy": ["af-17"],
}
PROPOSAL: dict[str, Any] = {
    **SUMMARY,
    **BODY,
    "digest": "1e555937fd27157f18015d00c73d29cd6be43273c62973bde89c000c4bd7fabf",
    "sentBackAt": None,
    "sentBackBy": None,
    "reason": None,
}
PROPOSALS: dict[str, Any] = {"proposals": [SUMMARY], "_links": {"self": {"href": f"{_BASE}/faq-proposals"}}}
CONFIRMATION: dict[str, Any] = {"digest": PROPOSAL["digest"], "holdsNoPersonalData": True}
RETURN: dict[str, Any] = {"reason": "Orten i svaret pekar ut en enda arbetsplats."}
WITHDRAWAL: dict[str, Any] = {"reason": "outdated"}
WITHDRAWN: dict[str, Any] = {"entryId": _ENTRY_ID}
PUBLISHED: dict[str, Any] = {
    "entryId": _ENTRY_ID,
    "version": 1,
    "_links": {"self": {"href": f"{_BASE}/faq-entries/{_ENTRY_ID}"}},
}
ENTRY: dict[str, Any] = {**BODY, **PUBLISHED}
ENTRIES: dict[str, Any] = {"entries": [ENTRY], "_links": {"self": {"href": f"{_BASE}/faq-entries"}}}
SEARCH: dict[str, Any] = {"words": "anvisad program", "decisionType": "programme_placement"}
FOUND: dict[str, Any] = {"entries": [ENTRY], "next": None}
