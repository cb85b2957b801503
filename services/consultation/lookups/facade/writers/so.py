"""A-kassornas samorganisation: back to `GetUnemploymentBenefitPaymentResponseType`."""

from collections.abc import Mapping
from typing import Any

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer
from services.consultation.lookups.sources.ssbtek.xml import Element

_NAMESPACE = "http://INT014.UBPService.Schemas"


def write_so(answer: SourceAnswer, asked: Asked) -> Element:
    """See Writer. Each fund has its status verbatim.

    A purpose may leave the statuses out. Of an answer that proves something they were all OK; of another one they
    are left blank, and when it has no fund left to tell, one without a name carries the code.
    """
    content = answer.data or {}
    data = Building.data(_NAMESPACE)
    _write_question(data, asked, content.get("reference", asked.case_reference))
    funds = data.inner("ArbetsloshetsersattningLista")
    proven = answer.state.supports_decision
    for fund in content.get("funds") or ([] if proven else [{"status": answer.code}]):
        _write_fund(funds.inner("Arbetsloshetsersattning"), fund, "OK" if proven else None)
    return data.element


def _write_question(data: Building, asked: Asked, reference: str | None) -> None:
    data.text("OrganisationsnummerIngivare", asked.asker.organisation_number)
    data.text("NamnIngivare", asked.asker.name)
    data.text("KontonamnHandlaggare", asked.handler)
    data.text("Referensnummer", reference)
    data.text("From", asked.period.first.isoformat())
    data.text("Tom", asked.period.last.isoformat())
    data.text("Syfte", asked.purpose_text)
    data.text("Paragraf", asked.legal_text)
    for processor in asked.asker.processors:
        data.text("OrganisationsnummerPersonuppgiftsbitrade", processor.organisation_number)
    for processor in asked.asker.processors:
        data.text("NamnPersonuppgiftsbitrade", processor.name)
    data.text("IdentificationNumber", asked.person.reveal())


def _write_fund(written: Building, fund: Mapping[str, Any], status: str | None) -> None:
    written.text("SvarandeOrganisation", fund.get("name"))
    written.text("StatusSvarandeOrganisation", fund.get("status", status))
    for payment in fund.get("payments") or []:
        _write_payment(written.inner("Utbetalningar"), payment)
    for suspension in fund.get("suspensions") or []:
        avstangning = written.inner("Avstangningar")
        avstangning.known("AvstangdFrom", suspension["from"])
        avstangning.known("AvstangdTom", suspension["to"])
    if (application := fund.get("application")) is not None:
        _write_application(written.inner("AnsoktOmErsattning"), application)


def _write_payment(utbetalning: Building, payment: Mapping[str, Any]) -> None:
    utbetalning.known("Utbetalningsdatum", payment["date"])
    utbetalning.known("NettoEfterSkatt", (payment["netAfterTax"] or {}).get("amount"))
    utbetalning.known("NettoEfterAvdrag", (payment["netAfterDeductions"] or {}).get("amount"))
    utbetalning.known("Ersattningsdagar", payment["days"])
    utbetalning.known("AvserFrom", payment["from"])
    utbetalning.known("AvserTom", payment["to"])


def _write_application(written: Building, application: Mapping[str, Any]) -> None:
    decided = application["decisionOnEntitlement"]
    if decided is None:
        written.nil("BeslutOmRattTillErsattning")
    else:
        written.known("BeslutOmRattTillErsattning", decided)
    written.known("AnsokanOmUtbetalningInlamnad", application["paymentRequested"])
