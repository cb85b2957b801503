"""A-kassornas samorganisation: `GetUnemploymentBenefitPaymentResponseType`, `http://INT014.UBPService.Schemas`."""

from dataclasses import dataclass
from typing import Any

from services.consultation.lookups.sources.domain import SourcePart, SourceState
from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers.fields import NodeFields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words

_ANSWER = frozenset(
    {
        "OrganisationsnummerIngivare",
        "NamnIngivare",
        "KontonamnHandlaggare",
        "Referensnummer",
        "From",
        "Tom",
        "Syfte",
        "Paragraf",
        "IdentificationNumber",
        "ArbetsloshetsersattningLista",
    }
)
_ANSWER_OPTIONAL = frozenset({"OrganisationsnummerPersonuppgiftsbitrade", "NamnPersonuppgiftsbitrade"})
_FUND = frozenset({"SvarandeOrganisation", "StatusSvarandeOrganisation"})
_FUND_OPTIONAL = frozenset({"Utbetalningar", "Avstangningar", "AnsoktOmErsattning"})
_PAYMENT = frozenset(
    {"Utbetalningsdatum", "NettoEfterSkatt", "NettoEfterAvdrag", "Ersattningsdagar", "AvserFrom", "AvserTom"}
)
_SUSPENSION = frozenset({"AvstangdFrom", "AvstangdTom"})
_APPLICATION = frozenset({"BeslutOmRattTillErsattning", "AnsokanOmUtbetalningInlamnad"})
_ITEMS = {"payments": "payments", "suspensions": "suspensions", "application": "applications"}


@dataclass(frozen=True, slots=True)
class _Fund:
    """What one fund told, and what its answer as a part of the whole is worth."""

    content: dict[str, Any]
    part: SourcePart
    items: tuple[str, ...]


def read_so(data: Node) -> Reading:
    """Read payments, suspensions and applications per fund; each fund is a part.

    No list of status texts is published, so only OK proves that a fund has told everything. Another status is shown
    verbatim, and the reading is then `partial`, or a `logical_error` when no fund had content.
    """
    notes = Notes()
    fields = NodeFields(data, notes, _ANSWER, _ANSWER_OPTIONAL)
    fund_list = fields.one("ArbetsloshetsersattningLista")
    if fund_list is None:
        return unparseable(*notes.deviations)
    funds = [_fund(element, notes) for element in listed([fund_list], "Arbetsloshetsersattning", notes)]
    items = tuple(item for item in _ITEMS.values() if any(item in fund.items for fund in funds))
    unproven = [fund for fund in funds if not _is_ok(fund.content)]
    state = _state(items, proven=not unproven)
    return Reading(
        state=state,
        code=unproven[0].content["status"] if state is SourceState.LOGICAL_ERROR else None,
        messages=words(*(": ".join(words(fund.content["name"], fund.content["status"])) for fund in unproven)),
        items=items,
        parts=tuple(fund.part for fund in funds),
        data={"funds": [fund.content for fund in funds], "reference": fields.text("Referensnummer")},
        subject=fields.text("IdentificationNumber"),
    ).with_notes(notes)


def _state(items: tuple[str, ...], *, proven: bool) -> SourceState:
    if proven:
        return state_of(items)
    return SourceState.PARTIAL if items else SourceState.LOGICAL_ERROR


def _is_ok(content: dict[str, Any]) -> bool:
    return (content["status"] or "").upper() == "OK"


def _fund(element: Node, notes: Notes) -> _Fund:
    own = Notes()
    fields = NodeFields(element, own, _FUND, _FUND_OPTIONAL)
    name, status = fields.text("SvarandeOrganisation"), fields.text("StatusSvarandeOrganisation")
    content: dict[str, Any] = {
        "name": name,
        "status": status,
        "payments": [_payment(NodeFields(each, own, _PAYMENT)) for each in fields.many("Utbetalningar")],
        "suspensions": [_suspension(NodeFields(each, own, _SUSPENSION)) for each in fields.many("Avstangningar")],
        "application": _application(fields.one("AnsoktOmErsattning"), own),
    }
    notes.take(own)
    items = tuple(item for key, item in _ITEMS.items() if content[key])
    proven = _is_ok(content)
    reading = Reading(_state(items, proven=proven)).with_notes(own)
    part = SourcePart(name or "", reading.state, code=None if proven else status)
    return _Fund(content, part, items)


def _payment(fields: NodeFields[Node]) -> dict[str, Any]:
    return {
        "date": fields.date("Utbetalningsdatum"),
        "netAfterTax": fields.money("NettoEfterSkatt"),
        "netAfterDeductions": fields.money("NettoEfterAvdrag"),
        "days": fields.decimal("Ersattningsdagar"),
        "from": fields.date("AvserFrom"),
        "to": fields.date("AvserTom"),
    }


def _suspension(fields: NodeFields[Node]) -> dict[str, Any]:
    return {"from": fields.date("AvstangdFrom"), "to": fields.date("AvstangdTom")}


def _application(element: Node | None, notes: Notes) -> dict[str, Any] | None:
    if element is None:
        return None
    fields = NodeFields(element, notes, _APPLICATION)
    return {
        # Nillable in the contract: no decision yet.
        "decisionOnEntitlement": fields.date("BeslutOmRattTillErsattning"),
        "paymentRequested": fields.boolean("AnsokanOmUtbetalningInlamnad"),
    }
