"""Arbetsförmedlingen: `SvarMeddelande` of `ers_stod.xsd`, namespace `…/ersattningsstod/v2`.

Read alike from XML and from JSON with the same names, so that AF asked alone tells what AF tells through SSBTEK.
"""

from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers.fields import NodeFields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words

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


def read_af(data: Node) -> Reading:
    """Read jobseeker facts, activity report, decisions and fund.

    A status code other than 0 is a `logical_error` with AF's own text. An absent report date shows AF's own message
    about it, in the content and among the messages. Of the echo only what AF writes itself is told: not the question,
    which is ours, nor the person number.
    """
    notes = Notes()
    answer = NodeFields(data, notes, _MESSAGE).one("Svar")
    if answer is None:
        return unparseable(*notes.deviations)
    fields = NodeFields(answer, notes, _ANSWER, _ANSWER_OPTIONAL)
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
    if status is None:
        # How it went is not known, whatever stands beside.
        notes.loses("missing element", "StatusSokandeinformationKod")
    return Reading(
        state=SourceState.LOGICAL_ERROR if refused else state_of(items),
        code=status if refused else None,
        messages=words(status_text if refused else None, None if report["latest"] else report["message"]),
        items=(*items, "status") if status is not None else items,
        protected=protected,
        data={
            **content,
            "person": {"givenName": fields.text("Fornamn"), "familyName": fields.text("Efternamn")},
            "status": {"code": status, "text": status_text},
            "reference": fields.text("Referensnummer"),
            "schemaVersion": fields.text("Schemaversion"),
        },
        subject=fields.text("IdentitetsbeteckningFysiskPerson"),
    ).with_notes(notes)


def _jobseeker(info: Node | None, notes: Notes) -> dict[str, Any]:
    if info is None:
        facts = dict.fromkeys(("jobseeker", "category", "registered", "extent", "deregistered"))
        return {**facts, "activityReport": _report(None, notes)}
    fields = NodeFields(info, notes, _JOBSEEKER, _JOBSEEKER_OPTIONAL)
    return {
        "jobseeker": fields.boolean("Arbetssokande"),
        "category": fields.text("ArbetssokandeSKAT"),
        "registered": fields.date("ArbetssokandeRegistrerad"),
        "extent": fields.integer("ArbetssokandeOmfattning"),
        "deregistered": fields.date("ArbetssokandeAvaktualiserad"),
        "activityReport": _report(fields.one("AktivetetsRapportDatum"), notes),
    }


def _report(report: Node | None, notes: Notes) -> dict[str, str | None]:
    """`presence` tells what a `latest` that is null means, so that nobody has to guess."""
    if report is None:
        return {"presence": "notTold", "message": None, "latest": None}
    fields = NodeFields(report, notes, _REPORT, _REPORT_OPTIONAL)
    message, latest = fields.text("AktivitetsRapportMeddelande"), fields.date("SenasteAktivitetsRapportDatum")
    if latest is not None:
        presence = "received"
    elif fields.many("SenasteAktivitetsRapportDatum"):
        # There, but blank or unreadable: no proof that there is none.
        presence = "notRead"
    else:
        presence = "notTold" if message is None else "absent"
    return {"presence": presence, "message": message, "latest": latest}


def _decisions(info: Node | None, notes: Notes) -> list[dict[str, Any]]:
    if info is None:
        return []
    lists = NodeFields(info, notes, _DECISIONS).many("EkonomiskaBeslut")
    found = [_decision(NodeFields(each, notes, _DECISION)) for each in listed(lists, "Beslut", notes)]
    # Overlapping decisions are facts, not errors: all are kept, and one without a start comes first.
    return sorted(found, key=lambda decision: (decision["from"] or "", decision["to"] or ""))


def _decision(fields: NodeFields[Node]) -> dict[str, Any]:
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
