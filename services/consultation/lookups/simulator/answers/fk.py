"""Försäkringskassan's and Pensionsmyndigheten's answers: base64 of LEFI v9 JSON."""

import json
from base64 import b64encode
from datetime import date
from typing import Any

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, month_of, paydays
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

_Json = dict[str, Any]
_GENERAL_PENSION = {"kod": "PM:AP", "beskrivning": "Allmän pension"}
_OK = {"kod": "OK", "beskrivning": "Tillgänglig"}


def payments(question: Question) -> Element:
    """Activity support paid every month with deductions, a programme from AF, and job days."""
    return _answer(question, formansinformation=_information(question))


def nothing(question: Question) -> Element:
    """Both suppliers answered, with nothing."""
    return _answer(question, formansinformation={})


def protected(question: Question) -> Element:
    """Payments, with FK's mark for a protected identity."""
    person = {"personnummer": question.person, "skyddad": True}
    return _answer(question, formansinformation=_information(question) | {"generellPersoninformation": [person]})


def pension(question: Question) -> Element:
    """Payments from Pensionsmyndigheten, in its own lists and its own model, and the decision that they rest on."""
    period = question.periods[SourceCode.FK]
    made = [_pension(day) for day in paydays(period)]
    return _answer(
        question,
        formansinformation={},
        ansprak=[_pension_claim(period)],
        beslut=[_pension_decision(period)],
        utbetalningar=made[:-1],
        preliminaraUtbetalningar=made[-1:],
    )


def pension_unavailable(question: Question) -> Element:
    """Pensionsmyndigheten is down, which LEFI tells in `utlamnare` alone."""
    down = {"kod": "OTILLGANGLIG", "beskrivning": "Utlämnaren är inte tillgänglig"}
    return _answer(question, pension=down, formansinformation=_information(question))


def not_entitled(question: Question) -> Element:
    """FK leaves out a group that the asker has no right to, and names it."""
    reason = {"kod": "OBEHORIG", "beskrivning": "Behörighet saknas"}
    group = {"kod": "FK:SJP", "beskrivning": "Sjukpenning"}
    named = {"formansinformation": [{"avvikelse": reason, "formansgrupp": group}]}
    return _answer(question, avvikelser=named, formansinformation=_information(question))


def broken(question: Question) -> Element:
    """Base64 of JSON that ends in the middle."""
    return _wrapped(question, b'{"utlamnare": [{"utlamnare": {"kod": "FK"')


def _answer(question: Question, pension: _Json = _OK, **content: Any) -> Element:
    document = {
        "utlamnare": [
            {"utlamnare": {"kod": "FK", "namn": "Försäkringskassan"}, "tillstand": _OK},
            {"utlamnare": {"kod": "PM", "namn": "Pensionsmyndigheten"}, "tillstand": pension},
        ],
        # As in the official example, though the schema has an object.
        "avvikelser": [],
        **content,
    }
    return _wrapped(question, json.dumps(document, ensure_ascii=False).encode())


def _wrapped(question: Question, document: bytes) -> Element:
    namespace = question.version.namespace
    return data(question, element(namespace, "lefiJsonSvar", b64encode(document).decode("ascii")))


def _information(question: Question) -> _Json:
    period = question.periods[SourceCode.FK]
    *made, coming = paydays(period)
    return {
        "utbetalningsuppgift": [_payment(day) for day in made],
        "preliminarautbetalningar": [_payment(coming)],
        "programanvisning": [
            {
                "period": {"fran": period.first.isoformat()},
                "omfattning": {"taljare": 1, "namnare": 1},
                "program": {"id": 53, "beskrivning": "Jobb- och utvecklingsgaranti"},
            }
        ],
        "programjobdagar": [{"antalForbrukade": 187, "harForbrukatMaxAntal": False}],
        "aktivitetsstodsarende": [
            {
                "startades": period.first.isoformat(),
                "aktivt": True,
                "avslaget": False,
                "beslut": [
                    {
                        "fattades": period.first.isoformat(),
                        "definitivt": True,
                        "forman": {"id": "AS", "beskrivning": "Aktivitetsstöd"},
                        "period": {"fran": period.first.isoformat(), "till": period.last.isoformat()},
                    }
                ],
            }
        ],
    }


def _payment(day: date) -> _Json:
    month = month_of(day)
    return {
        "typ": {"id": 1, "beskrivning": "Månad"},
        "foretag": {"id": 1001, "beskrivning": "Försäkringskassan"},
        "formansfamilj": {"id": "AS", "beskrivning": "Aktivitetsstöd"},
        "datum": day.isoformat(),
        "period": {"fran": month.first.isoformat(), "till": month.last.isoformat()},
        "bruttobelopp": _kronor(8030),
        "skattebelopp": _kronor(1928.5),
        "avdragsbelopp": _kronor(2428.5),
        "nettobelopp": _kronor(5601.5),
        "utbetalningsdetalj": [
            _row("AS", "Aktivitetsstöd", dagar=22, bruttobelopp=_kronor(8030)),
            _row("PS", "Preliminär skatt", skattebelopp=_kronor(1928.5)),
            _row("SOC", "Socialavdrag", avdragsbelopp=_kronor(500)),
        ],
    }


def _row(kind: str, text: str, **amounts: Any) -> _Json:
    return {
        "forman": {"id": "AS", "beskrivning": "Aktivitetsstöd"},
        "beloppstyp": {"id": kind, "beskrivning": text},
        "omfattning": {"taljare": 1, "namnare": 1},
        **amounts,
    }


def _pension(day: date) -> _Json:
    month = month_of(day)
    return {
        "utbetalningsdatum": day.isoformat(),
        "utbetalningsperiod": {"from": month.first.isoformat(), "tom": month.last.isoformat()},
        "bruttobelopp": 9120,
        "nettobelopp": 7470,
        "avdrag": [{"belopp": 1650, "avdragstyp": {"kod": "PM:PS", "beskrivning": "Preliminär skatt"}}],
        "utbetalningsrader": [
            {
                "formansgrupp": _GENERAL_PENSION,
                "belopp": 9120,
                "utbetalningsforman": {"kod": "PM:AP38", "beskrivning": "Allmän pension, född 1938 eller senare"},
                "beloppstyp": {"kod": "PM:IP", "beskrivning": "Inkomstpension"},
            }
        ],
    }


def _pension_claim(period: Period) -> _Json:
    return {
        "ansprakid": "A-1",
        "ankomstdatum": period.first.isoformat(),
        "formansgrupp": _GENERAL_PENSION,
        "yrkadPeriod": {"from": period.first.isoformat()},
    }


def _pension_decision(period: Period) -> _Json:
    return {
        "beslutsid": "B-1",
        "beslutsdatum": period.first.isoformat(),
        "formansgrupp": _GENERAL_PENSION,
        "beslutsstatus": {"kod": "SLUTLIGT", "beskrivning": "Slutligt"},
        "beslutsutfall": {"kod": "BIFALL", "beskrivning": "Bifall"},
        "beslutadErsattning": [
            {
                "beslutatBelopp": {"belopp": 9120, "beloppsfrekvens": {"kod": "MANAD", "beskrivning": "Per månad"}},
                "period": {"from": period.first.isoformat()},
                "ersattningstyp": {"kod": "PM:IP", "beskrivning": "Inkomstpension"},
                "omfattning": 1,
            }
        ],
    }


def _kronor(amount: float) -> _Json:
    return {"summa": amount, "valuta": "SEK"}
