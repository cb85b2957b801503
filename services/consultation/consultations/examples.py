"""Examples for the OpenAPI document. Persons and handlers are synthetic."""

from typing import Any

from services.consultation.consultations.attachments.wire import EXAMPLE as ATTACHMENT
from services.consultation.expected.wire import EXAMPLE as EXPECTED_ANSWER
from services.consultation.lookups.examples import LOOKUP_ID, PERSON

ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
_BASE = "https://samrad.example/consultation/v1"
_SELF = {"self": {"href": f"{_BASE}/consultations/{ID}"}}

QUESTION: dict[str, Any] = {
    "type": "consultation",
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-000123",
    "lookupId": LOOKUP_ID,
    "category": "planned_measures",
    "cooperation": "individual",
    "question": "Vilka insatser är planerade de närmaste tre månaderna?",
}
OPENED: dict[str, Any] = {
    "consultationId": ID,
    "number": "S26-7K3M-9QXD",
    "state": "received",
    "turn": "answering_authority",
    "version": 1,
    "openedAt": "2026-11-20T09:12:00Z",
    "dueAt": "2026-11-25T09:12:00Z",
    "expectedAnswer": EXPECTED_ANSWER,
    "_links": _SELF,
}
SUMMARY: dict[str, Any] = {
    "consultationId": ID,
    "number": "S26-7K3M-9QXD",
    "type": "consultation",
    "category": "planned_measures",
    "state": "in_progress",
    "turn": "answering_authority",
    "version": 2,
    "assignedTo": "af-12",
    "caseReference": None,
    "askedBy": "Umeå kommun",
    "municipalityCode": "2480",
    "openedAt": "2026-11-20T09:12:00Z",
    "dueAt": "2026-11-25T09:12:00Z",
    "answeredAt": None,
    "_links": _SELF,
}
ANSWER: dict[str, Any] = {
    "text": "Se nedan. Daganteckningarna lämnas inte ut.",
    "disclosures": [
        {"informationSet": "programme", "decision": "disclose", "content": "Garantin till den 31 december."},
        {"informationSet": "daily_notes", "decision": "refuse", "reason": "secrecy"},
    ],
}
PAGE: dict[str, Any] = {
    "consultations": [SUMMARY],
    "_links": {"self": {"href": f"{_BASE}/consultations?limit=20"}},
}
WHOLE: dict[str, Any] = {
    **SUMMARY,
    "caseReference": "EB-2026-000123",
    "protectedIdentity": False,
    "withheld": False,
    "round": 1,
    "previousConsultationId": None,
    "person": PERSON,
    "purpose": "financial_aid_application",
    "cooperation": "individual",
    "details": None,
    "violence": False,
    "matter": None,
    "closingCode": None,
    "lookupId": LOOKUP_ID,
    "lookupSources": [{"source": "AF", "state": "answered", "origin": None, "code": None}],
    "afItems": ["jobseeker", "registered", "decisions"],
    "informationSets": [],
    "attachments": [ATTACHMENT],
    "messages": [
        {
            "at": "2026-11-20T09:12:00Z",
            "side": "municipality",
            "kind": "opened",
            "text": "Vilka insatser är planerade de närmaste tre månaderna?",
        }
    ],
    "notes": 0,
    "awaitingApproval": False,
    "meetingRequestedAt": None,
    "leadTime": None,
}
CHANGED: dict[str, Any] = {
    "consultationId": ID,
    "state": "in_progress",
    "turn": "answering_authority",
    "version": 2,
    "assignedTo": "af-12",
    "_links": _SELF,
}
EVENTS: dict[str, Any] = {
    "events": [
        {
            "eventId": "9b2c7f6e-9a38-4d0c-8a39-0a6d9a2f6c10",
            "sequence": 1,
            "at": "2026-11-20T09:12:00Z",
            "happenedAt": None,
            "kind": "opened",
            "state": "received",
            "turn": "answering_authority",
            "side": "municipality",
            "actor": "hl-4711",
            "channel": "api",
            "unit": "national",
            "detail": {},
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/consultations/{ID}/events"}},
}
QUESTION_BACK: dict[str, Any] = {
    "text": "Vi behöver veta vilken period frågan gäller.",
    "reason": "question_incomplete",
}
CORRECTION: dict[str, Any] = {
    "sequence": 3,
    "reason": "registered_late",
    "happenedAt": "2026-11-20T09:12:00Z",
    "channel": "phone",
}
NEXT_ROUND: dict[str, Any] = {"question": "Gäller planeringen även sommaren?"}
TYPES: dict[str, Any] = {
    "types": [
        {
            "code": "study_transition",
            "texts": {"sv": "Övergång till studier", "en": "Study transition"},
            "targetHours": 27.0,
            "detailsRequired": True,
            "fields": [
                {
                    "name": "studyForm",
                    "kind": "code",
                    "texts": {"sv": "Studieform", "en": "Form of study"},
                    "codeList": "studyForms",
                    "longest": None,
                },
                {
                    "name": "startsOn",
                    "kind": "date",
                    "texts": {"sv": "Studierna börjar", "en": "The studies begin"},
                    "codeList": None,
                    "longest": None,
                },
            ],
            "informationSets": [],
        }
    ],
    "cooperationKinds": [
        {
            "code": "referral_only",
            "texts": {
                "sv": "Koordinering till insats: personen hänvisas till en insats; räknas inte som samverkan",
                "en": "Coordination to a measure: the person is referred to one; not counted as cooperation",
            },
            "counted": False,
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/consultation-types"}},
}
