"""The operations that exist from outside. What is not in the table is not reachable, whatever a service offers.

`/agreements/v1/decisions` and `/agreements/v1/delegation-checks` are missing on purpose: only our own services ask
them, and directly.
"""

import re
from dataclasses import dataclass, field

ALLOWED: dict[str, tuple[tuple[str, str], ...]] = {
    "consultation": (
        ("POST", "/v1/lookups"),
        ("GET", "/v1/lookups/{lookupId}"),
        ("POST", "/v1/lookups/{lookupId}/completions"),
        ("POST", "/v1/household-lookups"),
        ("GET", "/v1/household-lookups/{householdLookupId}"),
        ("POST", "/v1/household-lookups/{householdLookupId}/completions"),
        ("GET", "/v1/lookup-purposes"),
        ("GET", "/v1/source-probe"),
        ("GET", "/v1/source-health"),
        ("POST", "/v1/consultations"),
        ("GET", "/v1/consultations"),
        ("GET", "/v1/consultations/{consultationId}"),
        ("GET", "/v1/consultations/{consultationId}/events"),
        ("GET", "/v1/consultations/{consultationId}/clock"),
        ("GET", "/v1/consultations/{consultationId}/expected-answer"),
        ("POST", "/v1/consultations/{consultationId}/claims"),
        ("POST", "/v1/consultations/{consultationId}/releases"),
        ("POST", "/v1/consultations/{consultationId}/triages"),
        ("POST", "/v1/consultations/{consultationId}/secrecy-tests"),
        ("POST", "/v1/consultations/{consultationId}/secrecy-tests/completions"),
        ("POST", "/v1/consultations/{consultationId}/waits"),
        ("POST", "/v1/consultations/{consultationId}/resumptions"),
        ("POST", "/v1/consultations/{consultationId}/rejections"),
        ("POST", "/v1/consultations/{consultationId}/rounds"),
        ("POST", "/v1/consultations/{consultationId}/corrections"),
        ("POST", "/v1/consultations/{consultationId}/questions"),
        ("POST", "/v1/consultations/{consultationId}/replies"),
        ("POST", "/v1/consultations/{consultationId}/supplements"),
        ("POST", "/v1/consultations/{consultationId}/attachments"),
        ("GET", "/v1/consultations/{consultationId}/attachments/{attachmentId}"),
        ("GET", "/v1/consultations/{consultationId}/attachments/{attachmentId}/content"),
        ("DELETE", "/v1/consultations/{consultationId}/attachments/{attachmentId}"),
        ("POST", "/v1/consultations/{consultationId}/answers"),
        ("POST", "/v1/consultations/{consultationId}/closures"),
        ("POST", "/v1/consultations/{consultationId}/withdrawals"),
        ("POST", "/v1/consultations/{consultationId}/pulses"),
        ("GET", "/v1/consultations/{consultationId}/pulses"),
        ("GET", "/v1/pulse-results"),
        ("POST", "/v1/consultations/{consultationId}/links"),
        ("GET", "/v1/consultations/{consultationId}/links"),
        ("POST", "/v1/consultations/{consultationId}/links/removals"),
        ("POST", "/v1/consultations/{consultationId}/violence-marks"),
        ("POST", "/v1/consultations/{consultationId}/violence-marks/removals"),
        ("POST", "/v1/consultations/{consultationId}/retention-holds"),
        ("GET", "/v1/consultations/{consultationId}/retention-holds"),
        ("POST", "/v1/consultations/{consultationId}/retention-holds/{holdId}/removals"),
        ("GET", "/v1/consultation-types"),
        ("POST", "/v1/registrations"),
        ("POST", "/v1/consultations/{consultationId}/call-backs"),
        ("POST", "/v1/consultations/{consultationId}/letters"),
        ("POST", "/v1/consultations/{consultationId}/dispatches"),
        ("GET", "/v1/consultations/{consultationId}/meetings"),
        ("POST", "/v1/consultations/{consultationId}/meetings"),
        ("POST", "/v1/consultations/{consultationId}/meetings/{meetingId}/outcomes"),
        ("POST", "/v1/consultations/{consultationId}/meetings/{meetingId}/cancellations"),
        ("POST", "/v1/consultations/{consultationId}/meeting-requests"),
        ("POST", "/v1/consultations/{consultationId}/meeting-requests/refusals"),
        ("GET", "/v1/channel-advice"),
        ("GET", "/v1/queue"),
        ("GET", "/v1/meeting-slots"),
        ("POST", "/v1/meeting-slots"),
        ("DELETE", "/v1/meeting-slots/{slotId}"),
        ("GET", "/v1/unit-calendars"),
        ("POST", "/v1/unit-calendars"),
        ("GET", "/v1/unit-targets"),
        ("POST", "/v1/unit-targets"),
        ("POST", "/v1/consultations/{consultationId}/escalations"),
        ("POST", "/v1/consultations/{consultationId}/assignments"),
        ("POST", "/v1/consultations/{consultationId}/hand-over-previews"),
        ("POST", "/v1/consultations/{consultationId}/hand-overs"),
        ("POST", "/v1/consultation-searches"),
        ("GET", "/v1/queue/counts"),
        ("GET", "/v1/queue/handlers"),
        ("POST", "/v1/queue/claims"),
        ("POST", "/v1/queue/assignments"),
        ("POST", "/v1/queue/redistribution-previews"),
        ("POST", "/v1/queue/redistributions"),
        ("GET", "/v1/queue/views"),
        ("POST", "/v1/queue/views"),
        ("DELETE", "/v1/queue/views/{viewId}"),
        ("POST", "/v1/consultations/{consultationId}/notes"),
        ("GET", "/v1/consultations/{consultationId}/notes"),
        ("GET", "/v1/consultations/{consultationId}/notes/{noteId}"),
        ("PUT", "/v1/consultations/{consultationId}/draft"),
        ("GET", "/v1/consultations/{consultationId}/draft"),
        ("DELETE", "/v1/consultations/{consultationId}/draft"),
        ("GET", "/v1/answer-templates"),
        ("POST", "/v1/answer-templates"),
        ("GET", "/v1/answer-templates/{templateId}"),
        ("PUT", "/v1/answer-templates/{templateId}"),
        ("DELETE", "/v1/answer-templates/{templateId}"),
        ("GET", "/v1/consultations/{consultationId}/answer-templates"),
        ("POST", "/v1/consultations/{consultationId}/template-fillings"),
        ("POST", "/v1/consultations/{consultationId}/answer-proposals"),
        ("GET", "/v1/consultations/{consultationId}/answer-proposals"),
        ("POST", "/v1/consultations/{consultationId}/answer-approvals"),
        ("POST", "/v1/consultations/{consultationId}/answer-returns"),
        ("GET", "/v1/approval-rules"),
        ("POST", "/v1/approval-rules"),
        ("POST", "/v1/consultations/{consultationId}/faq-proposals"),
        ("GET", "/v1/faq-proposals"),
        ("GET", "/v1/faq-proposals/{faqProposalId}"),
        ("PUT", "/v1/faq-proposals/{faqProposalId}"),
        ("POST", "/v1/faq-proposals/{faqProposalId}/confirmations"),
        ("POST", "/v1/faq-proposals/{faqProposalId}/returns"),
        ("GET", "/v1/faq-entries"),
        ("GET", "/v1/faq-entries/{faqEntryId}"),
        ("POST", "/v1/faq-entries/{faqEntryId}/corrections"),
        ("POST", "/v1/faq-entries/{faqEntryId}/withdrawals"),
        ("POST", "/v1/faq-searches"),
        ("POST", "/v1/protected-persons"),
        ("GET", "/v1/protected-persons/{markId}"),
        ("POST", "/v1/protected-persons/removals"),
        ("POST", "/v1/webhook-subscriptions"),
        ("GET", "/v1/webhook-subscriptions"),
        ("GET", "/v1/webhook-subscriptions/{webhookSubscriptionId}"),
        ("PUT", "/v1/webhook-subscriptions/{webhookSubscriptionId}"),
        ("DELETE", "/v1/webhook-subscriptions/{webhookSubscriptionId}"),
        ("POST", "/v1/webhook-subscriptions/{webhookSubscriptionId}/validations"),
        ("POST", "/v1/webhook-subscriptions/{webhookSubscriptionId}/secrets"),
        ("POST", "/v1/webhook-subscriptions/{webhookSubscriptionId}/samples"),
        ("POST", "/v1/webhook-subscriptions/{webhookSubscriptionId}/replays"),
        ("GET", "/v1/webhook-subscriptions/{webhookSubscriptionId}/deliveries"),
        ("GET", "/v1/webhook-deliveries/{webhookDeliveryId}"),
        ("POST", "/v1/webhook-deliveries/{webhookDeliveryId}/redeliveries"),
        ("GET", "/v1/webhook-notices"),
        ("GET", "/v1/lead-times"),
        ("GET", "/v1/lead-times/consultations"),
        ("GET", "/v1/work-in-progress"),
        ("GET", "/v1/ageing"),
        ("GET", "/v1/throughput"),
        ("GET", "/v1/physical-meetings"),
        ("GET", "/v1/cumulative-flow"),
        ("GET", "/v1/delay-reasons"),
        ("GET", "/v1/manual-work"),
        ("GET", "/v1/demand"),
        ("GET", "/v1/interventions"),
        ("POST", "/v1/interventions"),
        ("GET", "/v1/audit-entries"),
        ("GET", "/v1/code-lists"),
        ("GET", "/v1/information-sets"),
        ("GET", "/v1/api-info"),
    ),
    "agreements": (
        ("GET", "/v1/organisations"),
        ("GET", "/v1/organisations/{organisationNumber}"),
        ("GET", "/v1/municipalities"),
        ("GET", "/v1/counties"),
        ("GET", "/v1/legal-bases"),
        ("GET", "/v1/legal-bases/{legalBasisId}"),
        ("GET", "/v1/agreements"),
        ("POST", "/v1/agreements"),
        ("GET", "/v1/agreements/{agreementId}"),
        ("GET", "/v1/coverage"),
        ("GET", "/v1/delegations"),
        ("POST", "/v1/delegations"),
        ("GET", "/v1/delegations/{delegationId}"),
        ("POST", "/v1/delegations/{delegationId}/withdrawals"),
        ("GET", "/v1/units"),
        ("GET", "/v1/units/{unitCode}"),
        ("GET", "/v1/routing"),
        ("GET", "/v1/unit-moves"),
        ("POST", "/v1/unit-moves"),
        ("GET", "/v1/unit-moves/{moveId}"),
        ("POST", "/v1/unit-moves/{moveId}/withdrawals"),
        ("GET", "/v1/audit-entries"),
        ("GET", "/v1/api-info"),
    ),
}

FILES = {
    ("consultation", "POST", "/v1/consultations/{consultationId}/attachments"),
    ("consultation", "GET", "/v1/consultations/{consultationId}/attachments/{attachmentId}/content"),
}
"""The operations that carry a file, one way or the other: larger than other bodies, and longer on their way."""

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Match:
    """A known path: its template, the methods that exist there, and those of them that carry a file."""

    template: str
    methods: frozenset[str]
    files: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Node:
    named: dict[bytes, "_Node"] = field(default_factory=dict)
    any_id: "_Node | None" = None
    match: Match | None = None


class AllowList:
    """The table of one service as a tree of segments, so that a look-up costs the depth of the path."""

    def __init__(self, service: str) -> None:
        self._root = _Node()
        methods: dict[str, set[str]] = {}
        for method, template in ALLOWED[service]:
            methods.setdefault(f"/{service}{template}", set()).add(method)
        for template, known in methods.items():
            files = {method for method in known if (service, method, template.removeprefix(f"/{service}")) in FILES}
            self._place(template).match = Match(template, frozenset(known), frozenset(files))

    def find(self, raw_path: bytes) -> Match | None:
        """What is known of a path, or None when it does not exist from outside."""
        node = self._root
        for segment in raw_path.split(b"/")[1:]:
            below = node.named.get(segment)
            if below is None:
                below = node.any_id
                if below is None or _ID.fullmatch(segment) is None:
                    return None
            node = below
        return node.match

    def _place(self, template: str) -> _Node:
        node = self._root
        for segment in template.split("/")[1:]:
            if segment.startswith("{"):
                node.any_id = node = node.any_id or _Node()
            else:
                node = node.named.setdefault(segment.encode(), _Node())
        return node
