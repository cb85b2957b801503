"""Arbetsförmedlingen: `SvarMeddelande` of `ers_stod.xsd`, namespace `…/ersattningsstod/v2`."""

from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.xml import Element

_HANDLED_NORMALLY = "0"
_MESSAGE = frozenset({"Fraga", "Svar"})
_ANSWER = frozenset(
    {
        "Schemaversion",
        "Referensnummer",
        "LagParagraf",
        "IdentitetsbeteckningFysiskPerson",
        "StatusSokandeinformationKod",
        "StatusSokandeinformationKodText",
    }
)
_ANSWER_OPTIONAL = frozenset(
    {"Fornamn", "Efternamn", "Sekretessmarkering", "ArbetssokandeInfo", "BeslutInfo", "Akassetillhorighet"}
)
_JOBSEEKER = frozenset({"AktivetetsRapportDatum"})
_JOBSEEKER_OPTIONAL = frozenset(
    {
        "Arbetssokande",
        "ArbetssokandeSKAT",
        "ArbetssokandeRegistrerad",
        "ArbetssokandeOmfattning",
        "ArbetssokandeAvaktualiserad",
    }
)
_REPORT = frozenset({"AktivitetsRapportMeddelande"})
_REPORT_OPTIONAL = frozenset({"SenasteAktivitetsRapportDatum"})
_DECISIONS = frozenset({"EkonomiskaBeslut"})
_DECISION = frozenset({"ErsattningTyp", "Omfattning", "BeslutFrom", "BeslutTom"})


def read_af(data: Element) -> Reading:
    """Read jobseeker facts, activity report, decisions and fund.

    A status code other than 0 is a `logical_error` with AF's own text. An absent report date shows AF's
    own message about it among the messages.
    """
    notes = Notes()
    answer = Fields(data, notes, _MESSAGE).one("Svar")
    if answer is None:
        return unparseable(*notes.deviations)
    fields = Fields(answer, notes, _ANSWER, _ANSWER_OPTIONAL)
    status, status_text = (
        fields.text("StatusSokandeinformationKod"),
        fields.text("StatusSokandeinformationKodText"),
    )
    content = {
        **_jobseeker(fields.one("ArbetssokandeInfo"), notes),
        "decisions": _decisions(fields.one("BeslutInfo"), notes),
        "unemploymentFund": fields.text("Akassetillhorighet"),
    }
    items = _items(content)
    report = content["activityReport"]
    refused = status not in (None, _HANDLED_NORMALLY)
    protected = fields.marked("Sekretessmarkering")
    if not items and status is None:
        return unparseable(*notes.deviations, protected=protected)
    return Reading(
        state=SourceState.LOGICAL_ERROR if refused else state_of(items),
        code=status if refused else None,
        messages=words(status_text if refused else None, None if report["latest"] else report["message"]),
        items=(*items, "status") if status is not None else items,
        protected=protected,
        data={**content, "status": {"code": status, "text": status_text}},
        subject=fields.text("IdentitetsbeteckningFysiskPerson"),
    ).with_notes(notes)


def _jobseeker(info: Element | None, notes: Notes) -> dict[str, Any]:
    if info is None:
        facts = dict.fromkeys(("jobseeker", "category", "registered", "extent", "deregistered"))
        return {**facts, "activityReport": _report(None, notes)}
    fields = Fields(info, notes, _JOBSEEKER, _JOBSEEKER_OPTIONAL)
    return {
        "jobseeker": fields.boolean("Arbetssokande"),
        "category": fields.text("ArbetssokandeSKAT"),
        "registered": fields.date("ArbetssokandeRegistrerad"),
        "extent": fields.integer("ArbetssokandeOmfattning"),
        "deregistered": fields.date("ArbetssokandeAvaktualiserad"),
        "activityReport": _report(fields.one("AktivetetsRapportDatum"), notes),
    }


def _report(report: Element | None, notes: Notes) -> dict[str, str | None]:
    if report is None:
        return {"message": None, "latest": None}
    fields = Fields(report, notes, _REPORT, _REPORT_OPTIONAL)
    return {
        "message": fields.text("AktivitetsRapportMeddelande"),
        "latest": fields.date("SenasteAktivitetsRapportDatum"),
    }


def _decisions(info: Element | None, notes: Notes) -> list[dict[str, Any]]:
    if info is None:
        return []
    lists = Fields(info, notes, _DECISIONS).many("EkonomiskaBeslut")
    found = [_decision(Fields(each, notes, _DECISION)) for each in listed(lists, "Beslut", notes)]
    # Overlapping decisions are facts, not errors: all are kept, and one without a start comes first.
    return sorted(found, key=lambda decision: (decision["from"] or "", decision["to"] or ""))


def _decision(fields: Fields) -> dict[str, Any]:
    return {
        "type": fields.text("ErsattningTyp"),
        "extent": fields.integer("Omfattning"),
        "from": fields.date("BeslutFrom"),
        "to": fields.date("BeslutTom"),
    }


def _items(content: dict[str, Any]) -> tuple[str, ...]:
    # A plain "not a jobseeker", also with a message that no report exists, is nothing registered.
    report = content["activityReport"]
    has = {
        "jobseeker": content["jobseeker"] is True,
        "registered": content["registered"],
        "category": content["category"],
        "extent": content["extent"] is not None,
        "deregistered": content["deregistered"],
        "activityReport": report["latest"] or (content["jobseeker"] and report["message"]),
        "decisions": content["decisions"],
        "unemploymentFund": content["unemploymentFund"],
    }
    return tuple(name for name, there in has.items() if there)
