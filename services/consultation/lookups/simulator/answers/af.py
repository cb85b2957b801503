"""Arbetsförmedlingen's answers: `SvarMeddelande` of `ers_stod.xsd`."""

from datetime import date, timedelta

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

NAMESPACE = "http://api.arbetsformedlingen.se/arbetssokande/ersattningsstod/v2"
FUND = "Exempelkassan"
NO_REPORT = "Det finns ingen inlämnad aktivitetsrapport för personen"


def jobseeker(question: Question) -> Element:
    """Enrolled full time, with a report, a decision and a fund."""
    return _answer(question, _info(question), _decisions(_programme(question)), _fund())


def nothing(question: Question) -> Element:
    """Not enrolled, and no report, which AF says in its own words."""
    info = _part("ArbetssokandeInfo", _text("Arbetssokande", "false"), _report(None))
    return _answer(question, info)


def protected(question: Question) -> Element:
    """Enrolled, with the secrecy mark."""
    return _answer(question, _text("Sekretessmarkering", "true"), _info(question), _fund())


def without_report(question: Question) -> Element:
    """Enrolled, but no activity report has come in."""
    return _answer(question, _info(question, reported=False), _fund())


def overlapping(question: Question) -> Element:
    """Two decisions that overlap, the later one first."""
    first, last = _period(question)
    middle = first + (last - first) / 2
    early = _decision("Aktivitetsstöd", "50", first, last)
    late = _decision("Etableringsersättning", "50", middle, last + timedelta(days=60))
    return _answer(question, _info(question), _decisions(late, early), _fund())


def suspended(question: Question) -> Element:
    """Deregistered during the period."""
    return _answer(question, _info(question, deregistered=True), _fund())


def other_status(question: Question) -> Element:
    """AF could not handle the question, and says so with a status code."""
    return _answer(question, status=("3", "Sökandeinformation kunde inte hämtas"))


def deviating(question: Question) -> Element:
    """Breaks the schema as real answers do: elements missing, elements added, values padded."""
    first, _ = _period(question)
    info = _part(
        "ArbetssokandeInfo",
        _text("Arbetssokande", " true "),
        _text("ArbetssokandeSKAT", "11  "),
        _text("ArbetssokandeRegistrerad", f"{first.isoformat()}+01:00"),
        _text("Handlaggarteam", "Team Exempel"),
    )
    svar = _part(
        "Svar", info, _text("Akassetillhorighet", f"{FUND}   "), _text("Tillagg", "prosa"), *_status("0", "OK")
    )
    return data(question, svar)


def _answer(question: Question, *content: Element, status: tuple[str, str] = ("0", "OK")) -> Element:
    head = {
        "Schemaversion": "2.0",
        "Referensnummer": question.case_reference,
        "LagParagraf": question.legal_text,
        "IdentitetsbeteckningFysiskPerson": question.person,
    }
    svar = _part("Svar", *texts(NAMESPACE, head), *_names(), *content, *_status(*status))
    return data(question, _echo(question), svar)


def _echo(question: Question) -> Element:
    first, last = _period(question)
    fields = {
        "OrganisationsnummerForIngivare": question.organisation_number,
        "NamnPaIngivare": question.organisation_name,
        "KontonamnForHandlaggare": question.handler,
        "Referensnummer": question.case_reference,
        "From": first.isoformat(),
        "Tom": last.isoformat(),
        "SyfteMedFraga": question.purpose,
        "LagParagraf": question.legal_text,
        "IdentitetsbeteckningFysiskPerson": question.person,
    }
    return _part("Fraga", *texts(NAMESPACE, fields))


def _info(question: Question, *, reported: bool = True, deregistered: bool = False) -> Element:
    first, last = _period(question)
    facts = {
        "Arbetssokande": "false" if deregistered else "true",
        "ArbetssokandeSKAT": "Sökande i program" if reported else "Öppet arbetslös",
        "ArbetssokandeRegistrerad": (first - timedelta(days=200)).isoformat() + "+02:00",
        "ArbetssokandeOmfattning": "100",
    }
    if deregistered:
        facts["ArbetssokandeAvaktualiserad"] = (last - timedelta(days=10)).isoformat()
    return _part("ArbetssokandeInfo", *texts(NAMESPACE, facts), _report(last if reported else None))


def _report(latest: date | None) -> Element:
    if latest is None:
        return _part("AktivetetsRapportDatum", _text("AktivitetsRapportMeddelande", NO_REPORT))
    return _part(
        "AktivetetsRapportDatum",
        _text("AktivitetsRapportMeddelande", "Senaste aktivitetsrapport inkom i tid"),
        _text("SenasteAktivitetsRapportDatum", latest.replace(day=min(latest.day, 14)).isoformat()),
    )


def _programme(question: Question) -> Element:
    return _decision("Aktivitetsstöd", "100", *_period(question))


def _decisions(*decisions: Element) -> Element:
    return _part("BeslutInfo", _part("EkonomiskaBeslut", *decisions))


def _decision(kind: str, extent: str, first: date, last: date) -> Element:
    fields = {
        "ErsattningTyp": kind,
        "Omfattning": extent,
        "BeslutFrom": first.isoformat(),
        "BeslutTom": last.isoformat(),
    }
    return _part("Beslut", *texts(NAMESPACE, fields))


def _names() -> list[Element]:
    return texts(NAMESPACE, {"Fornamn": "Test", "Efternamn": "Exempelsson"})


def _status(code: str, text: str) -> list[Element]:
    return texts(NAMESPACE, {"StatusSokandeinformationKod": code, "StatusSokandeinformationKodText": text})


def _fund() -> Element:
    return _text("Akassetillhorighet", FUND)


def _period(question: Question) -> tuple[date, date]:
    period = question.periods[SourceCode.AF]
    return period.first, period.last


def _part(name: str, *content: Element) -> Element:
    return element(NAMESPACE, name, *content)


def _text(name: str, text: str) -> Element:
    return element(NAMESPACE, name, text)
