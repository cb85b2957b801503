"""Migrationsverket's answers: `findByPersonnummerResponse`, whose children have no namespace."""

from datetime import timedelta

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element


def permit(question: Question) -> Element:
    """A residence permit for a time that runs on after the period."""
    period = question.periods[SourceCode.MIV]
    fields = {
        "anledning": "A1",
        "anledningNamn": "Anknytning",
        "ansokningsdatum": (period.first - timedelta(days=400)).isoformat() + "+01:00",
        "arendeTyp": "UT",
        "arendeTypNamn": "Uppehållstillstånd",
        "beslutsKod": "BEV",
        "beslutsKodNamn": "Bevilja",
        "beslutsTyp": "TUT",
        "beslutsTypNamn": "Tidsbegränsat uppehållstillstånd",
        "beslutsdatum": (period.first - timedelta(days=100)).isoformat() + "+01:00",
        "fromDatum": (period.first - timedelta(days=100)).isoformat() + "+01:00",
        "giltighetstid": "TIDBEGRANSAT",
        "tomDatum": (period.last + timedelta(days=630)).isoformat() + "+02:00",
    }
    listed = element(None, "svarCollection", element(None, "svar", *texts(None, fields)))
    return _answer(question, element(None, "hemland", "EXEMPELLAND"), listed)


def nothing(question: Question) -> Element:
    """Migrationsverket has no case."""
    return _answer(question)


def _answer(question: Question, *content: Element) -> Element:
    identity = [element(None, "correlationid", question.correlation_id or "-")]
    return data(question, element(None, "response", *identity, *content))
