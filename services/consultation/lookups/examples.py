"""Examples for the OpenAPI document. The person is synthetic: born in 1890, with a valid check digit."""

from typing import Any

PERSON = "189001019802"
LOOKUP_ID = "7d0e3c52-7f5e-4a5e-9d3f-0a5a5c1d2e3f"
_SELF = {"self": {"href": f"https://samrad.example/consultation/v1/lookups/{LOOKUP_ID}"}}
_PERIOD = {"from": "2026-09-01", "to": "2026-11-30"}
_DECISION = {"decisionId": "4a1c1b7e-0b0f-4a6e-8f56-0f8f8f3a2b11", "version": 1}

QUESTION: dict[str, Any] = {
    "person": PERSON,
    "caseReference": "EB-2026-000123",
    "purpose": "financial_aid_application",
    "period": _PERIOD,
    "sources": ["AF", "SO"],
    "sourcePeriods": {"SO": {"from": "2026-06-01", "to": "2026-11-30"}},
    "comparison": {"month": "2026-11"},
}
PURPOSES: dict[str, Any] = {
    "purposes": [
        {
            "code": "financial_aid_application",
            "texts": {"sv": "Ansökan om ekonomiskt bistånd", "en": "Application for financial aid"},
            "allowedSources": ["AF", "CSN", "FK", "SKV", "SO", "TNS", "MIV"],
            "defaultSources": ["AF", "CSN", "FK", "SO"],
            "periodRequired": False,
            "defaultPeriod": {"from": "2026-07-01", "to": "2026-09-30"},
            "defaultSourcePeriods": {"CSN": {"from": "2026-04-01", "to": "2026-09-30"}},
        }
    ],
    "ownPeriodSources": ["AF", "CSN", "FK", "SO", "TNS"],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/lookup-purposes"}},
}


def _not_asked(source: str) -> dict[str, Any]:
    return {
        "source": source,
        "state": "not_asked",
        "legalBasis": None,
        "askedPeriod": None,
        "answeredAt": None,
        "tookMs": None,
        "age": None,
        "contractVersion": None,
        "origin": None,
        "code": None,
        "messages": [],
        "deviations": [],
        "items": [],
        "parts": [],
        "leftOut": None,
        "data": None,
    }


_LATE_AF = {
    **_not_asked("AF"),
    "state": "error",
    "legalBasis": "5 § förordningen (2008:975) och 15 kap. 10–12 §§ socialtjänstlagen (2025:400)",
    "askedPeriod": _PERIOD,
    "answeredAt": "2026-11-20T09:12:09Z",
    "tookMs": 8800,
    "age": 0,
    "contractVersion": "10",
    "origin": "SSBT",
    "code": "TIMEOUT",
    "messages": ["Arbetsförmedlingen svarade inte i tid"],
}
_PAID_SO = {
    **_not_asked("SO"),
    "state": "answered",
    "legalBasis": "4 § förordningen (2008:975) och 15 kap. 10–12 §§ socialtjänstlagen (2025:400)",
    "askedPeriod": {"from": "2026-06-01", "to": "2026-11-30"},
    "answeredAt": "2026-11-20T09:12:09Z",
    "tookMs": 8800,
    "age": 0,
    "contractVersion": "10",
    "items": ["payments"],
    "data": {
        "funds": [
            {
                "name": "Exempelkassan",
                "status": "OK",
                "payments": [
                    {
                        "date": "2026-10-25",
                        "netAfterTax": {"amount": "11240.00", "currency": "SEK"},
                        "netAfterDeductions": {"amount": "10740.00", "currency": "SEK"},
                        "days": "21.50",
                        "from": "2026-10-01",
                        "to": "2026-10-31",
                    }
                ],
                "suspensions": [],
                "application": None,
            }
        ]
    },
}
_PAYMENT = {
    "role": None,
    "source": "SO",
    "supplier": "Exempelkassan",
    "benefit": None,
    "subBenefit": None,
    "kind": "payment",
    "status": "paid",
    "statusCode": None,
    "date": "2026-10-25",
    "net": {"amount": "10740.00", "currency": "SEK"},
    "gross": None,
    "tax": None,
    "deductions": None,
    "period": {"from": "2026-10-01", "to": "2026-10-31"},
    "origin": {"source": "SO", "pointer": "/funds/0/payments/0"},
    "partOf": None,
}
_NOT_CHECKED: dict[str, Any] = {
    "source": "CSN",
    "reason": "not_asked",
    "month": "2026-11",
    "comparedMonth": None,
    "ruleId": None,
    "payments": None,
    "rows": [],
    "texts": {
        "sv": "Kunde inte kontrolleras: källan frågades inte",
        "en": "Not checked: the source was not asked",
    },
}
_NEW = {
    "change": "new",
    "ruleId": "so-benefit",
    "source": "SO",
    "payments": {"supplier": "Exempelkassan", "benefit": None, "kind": "payment"},
    "month": "2026-10",
    "comparedMonth": "2026-09",
    "compare": "net",
    "thresholdPercent": "12",
    "amountBefore": None,
    "amountAfter": {"amount": "10740.00", "currency": "SEK"},
    "rowsBefore": [],
    "rowsAfter": [{"source": "SO", "pointer": "/funds/0/payments/0"}],
    "basis": "paid",
    "texts": {
        "sv": "Nytt: utbetalat 2026-10 men inte 2026-09",
        "en": "New: paid in 2026-10 but not in 2026-09",
    },
}
_DRAFT = {
    "category": "af_unread",
    "type": "information_request",
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-000123",
    "lookupId": LOOKUP_ID,
    "question": {
        "sv": "Uppgifterna hos Arbetsförmedlingen kunde inte hämtas. Är personen inskriven som arbetssökande?",
        "en": "The information at Arbetsförmedlingen could not be read. Is the person registered as a jobseeker?",
    },
}
_FIRST_ATTEMPT: dict[str, Any] = {
    "number": 1,
    "askedAt": "2026-11-20T09:12:00Z",
    "answeredAt": "2026-11-20T09:12:09Z",
    "handler": "hl-4711",
    "sources": [
        {"source": "AF", "state": "error", "origin": "SSBT", "code": "TIMEOUT"},
        {"source": "SO", "state": "answered", "origin": None, "code": None},
    ],
}
_INCOMPLETE = {**_SELF, "completions": {"href": f"{_SELF['self']['href']}/completions"}}
ANSWER: dict[str, Any] = {
    "lookupId": LOOKUP_ID,
    "askedAt": "2026-11-20T09:12:00Z",
    "answeredAt": "2026-11-20T09:12:09Z",
    "complete": False,
    "protectedIdentity": False,
    "withheld": False,
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-000123",
    "legalText": "15 kap. 10-12 §§ socialtjänstlagen (2025:400); förordning (2008:975)",
    "decision": _DECISION,
    "warnings": [],
    "sources": [
        _LATE_AF,
        _not_asked("CSN"),
        _not_asked("FK"),
        _not_asked("SKV"),
        _PAID_SO,
        _not_asked("TNS"),
        _not_asked("MIV"),
    ],
    "attempts": [_FIRST_ATTEMPT],
    "payments": [_PAYMENT],
    "changes": {"months": ["2026-11", "2026-10", "2026-09"], "signals": [_NEW], "notChecked": [_NOT_CHECKED]},
    "consultationDrafts": [_DRAFT],
    "_links": _INCOMPLETE,
}
RECORD: dict[str, Any] = {
    "lookupId": LOOKUP_ID,
    "askedAt": "2026-11-20T09:12:00Z",
    "answeredAt": "2026-11-20T09:12:09Z",
    "handler": "hl-4711",
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-000123",
    "period": _PERIOD,
    "complete": False,
    "protectedIdentity": False,
    "decision": _DECISION,
    "sources": [
        {"source": "AF", "state": "error", "origin": "SSBT", "code": "TIMEOUT"},
        {"source": "SO", "state": "answered", "origin": None, "code": None},
    ],
    "attempts": [_FIRST_ATTEMPT],
    "_links": _INCOMPLETE,
}
COMPLETION: dict[str, Any] = {"sources": ["AF"]}
_EMPTY_AF = {
    **_not_asked("AF"),
    "state": "answered_empty",
    "legalBasis": _LATE_AF["legalBasis"],
    "askedPeriod": _PERIOD,
    "age": 0,
    "contractVersion": "10",
    "answeredAt": "2026-11-20T09:20:03Z",
    "tookMs": 900,
}
COMPLETED: dict[str, Any] = {
    **ANSWER,
    "answeredAt": "2026-11-20T09:20:03Z",
    "complete": True,
    "sources": [_EMPTY_AF, *ANSWER["sources"][1:4], {**_PAID_SO, "age": 474}, *ANSWER["sources"][5:]],
    "attempts": [
        _FIRST_ATTEMPT,
        {
            "number": 2,
            "askedAt": "2026-11-20T09:20:02Z",
            "answeredAt": "2026-11-20T09:20:03Z",
            "handler": "hl-4711",
            "sources": [{"source": "AF", "state": "answered_empty", "origin": None, "code": None}],
        },
    ],
    "_links": _SELF,
}
