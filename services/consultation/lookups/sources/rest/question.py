"""The question as JSON: the same to every source, with what its contract through SSBTEK would tell it."""

from pydantic_core import to_json

from services.consultation.lookups.sources.domain import Inquiry, SourceCode
from services.consultation.tenants.domain import Asker


def question(inquiry: Inquiry, code: SourceCode) -> bytes:
    """The body of the request, in UTF-8. It alone carries the person number."""
    period = inquiry.sources[code]
    body = {
        "person": inquiry.person.reveal(),
        "period": {"from": period.first.isoformat(), "to": period.last.isoformat()},
        "caseReference": inquiry.case_reference,
        "asker": _asker(inquiry.asker),
        "handler": inquiry.handler,
        "purpose": inquiry.purpose_text,
        "legalText": inquiry.legal_text,
        "correlationId": inquiry.correlation_id,
        "askedAt": inquiry.asked_at.isoformat(timespec="seconds"),
    }
    if code is SourceCode.FK:
        body["benefitGroups"] = list(inquiry.benefit_groups)
    return to_json(body)


def _asker(asker: Asker) -> dict[str, object]:
    return {
        "organisationNumber": asker.organisation_number,
        "name": asker.name,
        "processors": [
            {"organisationNumber": each.organisation_number, "name": each.name} for each in asker.processors
        ],
    }
