"""A-kassornas samorganisation: `GetUnemploymentBenefitPaymentResponseType`, `http://INT014.UBPService.Schemas`."""

from typing import Any

from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, state_of, unparseable, words
from services.consultation.lookups.sources.ssbtek.xml import Element

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

_Fund = dict[str, Any]


def read_so(data: Element) -> Reading:
    """Read payments, suspensions and applications per fund.

    No list of status texts is published, so only OK proves that a fund without content answered. Another
    status is shown verbatim: the reading is `partial`, or a `logical_error` when no fund had content.
    """
    notes = Notes()
    fields = Fields(data, notes, _ANSWER, _ANSWER_OPTIONAL)
    fund_list = fields.one("ArbetsloshetsersattningLista")
    if fund_list is None:
        return unparseable(*notes.deviations)
    elements = listed([fund_list], "Arbetsloshetsersattning", notes)
    funds = [_fund(Fields(element, notes, _FUND, _FUND_OPTIONAL), notes) for element in elements]
    items = _items(funds)
    unclear = [fund for fund in funds if _is_unclear(fund)]
    return Reading(
        state=_state(items, unclear),
        code=unclear[0]["status"] if unclear and not items else None,
        messages=words(*(f"{fund['name']}: {fund['status']}" for fund in funds if not _is_ok(fund))),
        items=items,
        data={"funds": funds},
        subject=fields.text("IdentificationNumber"),
    ).with_notes(notes)


def _state(items: tuple[str, ...], unclear: list[_Fund]) -> SourceState:
    if not unclear:
        return state_of(items)
    return SourceState.PARTIAL if items else SourceState.LOGICAL_ERROR


def _is_ok(fund: _Fund) -> bool:
    return (fund["status"] or "").upper() == "OK"


def _is_unclear(fund: _Fund) -> bool:
    return not _is_ok(fund) and not _items([fund])


def _fund(fields: Fields, notes: Notes) -> _Fund:
    return {
        "name": fields.text("SvarandeOrganisation"),
        "status": fields.text("StatusSvarandeOrganisation"),
        "payments": [_payment(Fields(each, notes, _PAYMENT)) for each in fields.many("Utbetalningar")],
        "suspensions": [_suspension(Fields(each, notes, _SUSPENSION)) for each in fields.many("Avstangningar")],
        "application": _application(fields.one("AnsoktOmErsattning"), notes),
    }


def _payment(fields: Fields) -> dict[str, Any]:
    return {
        "date": fields.date("Utbetalningsdatum"),
        "netAfterTax": fields.money("NettoEfterSkatt"),
        "netAfterDeductions": fields.money("NettoEfterAvdrag"),
        "days": fields.decimal("Ersattningsdagar"),
        "from": fields.date("AvserFrom"),
        "to": fields.date("AvserTom"),
    }


def _suspension(fields: Fields) -> dict[str, Any]:
    return {"from": fields.date("AvstangdFrom"), "to": fields.date("AvstangdTom")}


def _application(element: Element | None, notes: Notes) -> dict[str, Any] | None:
    if element is None:
        return None
    fields = Fields(element, notes, _APPLICATION)
    return {
        # Nillable in the contract: no decision yet.
        "decisionOnEntitlement": fields.date("BeslutOmRattTillErsattning"),
        "paymentRequested": fields.boolean("AnsokanOmUtbetalningInlamnad"),
    }


def _items(funds: list[_Fund]) -> tuple[str, ...]:
    names = {"payments": "payments", "suspensions": "suspensions", "application": "applications"}
    return tuple(item for key, item in names.items() if any(fund[key] for fund in funds))
