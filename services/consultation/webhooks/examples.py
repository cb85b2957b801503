"""Examples for the OpenAPI document. The secret is invented."""

from typing import Any

ID = "5a0e3f0c-6d55-4b40-9a1f-0a5e9c1f7d10"
DELIVERY_ID = "c1f0b6de-2f6f-4a0b-8f0f-5d7c3d1a9b22"
_BASE = "https://samrad.example/consultation/v1"
_SELF = {"self": {"href": f"{_BASE}/webhook-subscriptions/{ID}"}}
_SECRET = "whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSE="  # noqa: S105 - an example
_CONTACT = {"function": "Förvaltning, ärendesystem", "email": "drift@kommun.example"}

WISH: dict[str, Any] = {
    "url": "https://hook.kommun.example/samrad",
    "eventTypes": ["consultation.asked_back", "consultation.answered"],
    "contact": _CONTACT,
}
SUBSCRIPTION: dict[str, Any] = {
    "webhookSubscriptionId": ID,
    **WISH,
    "state": "active",
    "version": 2,
    "createdAt": "2026-11-20T09:12:00Z",
    "validatedAt": "2026-11-20T09:15:00Z",
    "failingSince": None,
    "pausedAt": None,
    "secrets": [{"number": 1, "madeAt": "2026-11-20T09:12:00Z", "retiresAt": None}],
    "_links": _SELF,
}
NEW_SUBSCRIPTION: dict[str, Any] = {
    **SUBSCRIPTION,
    "state": "pending",
    "version": 1,
    "validatedAt": None,
    "secret": _SECRET,
}
SUBSCRIPTIONS: dict[str, Any] = {
    "webhookSubscriptions": [SUBSCRIPTION],
    "_links": {"self": {"href": f"{_BASE}/webhook-subscriptions"}},
}
REMOVAL: dict[str, Any] = {"webhookSubscriptionId": ID, "removedAt": "2026-11-21T10:00:00Z"}
ROTATION: dict[str, Any] = {"overlapHours": 24}
NEW_SECRET: dict[str, Any] = {"webhookSubscriptionId": ID, "number": 2, "secret": _SECRET}
SAMPLE: dict[str, Any] = {"eventType": "consultation.answered"}
QUEUED: dict[str, Any] = {
    "webhookDeliveryId": DELIVERY_ID,
    "_links": {"self": {"href": f"{_BASE}/webhook-deliveries/{DELIVERY_ID}"}},
}
REPLAY: dict[str, Any] = {"since": "2026-11-20T00:00:00Z", "deliveredToo": False}
REPLAYED: dict[str, Any] = {"queued": 12, "until": None}
DELIVERY: dict[str, Any] = {
    "webhookDeliveryId": DELIVERY_ID,
    "webhookSubscriptionId": ID,
    "eventId": "8d6f1f0a-3f0c-4f7b-8b57-0e0a5c2b7f31",
    "eventType": "consultation.answered",
    "eventAt": "2026-11-20T13:02:11Z",
    "consultationId": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "sequence": 5,
    "sample": False,
    "status": "delivered",
    "attemptCount": 2,
    "createdAt": "2026-11-20T13:02:12Z",
    "nextAttemptAt": None,
    "finishedAt": "2026-11-20T13:02:19Z",
    "_links": {"self": {"href": f"{_BASE}/webhook-deliveries/{DELIVERY_ID}"}},
}
DELIVERIES: dict[str, Any] = {
    "webhookDeliveries": [DELIVERY],
    "_links": {"self": {"href": f"{_BASE}/webhook-subscriptions/{ID}/deliveries"}},
}
WHOLE_DELIVERY: dict[str, Any] = {
    **DELIVERY,
    "attempts": [
        {"number": 2, "at": "2026-11-20T13:02:18Z", "outcome": "delivered", "httpStatus": 204, "milliseconds": 48},
        {"number": 1, "at": "2026-11-20T13:02:13Z", "outcome": "refused", "httpStatus": 503, "milliseconds": 31},
    ],
}
NOTICES: dict[str, Any] = {
    "webhookNotices": [
        {
            "webhookNoticeId": "0f4d6a55-9e43-4a55-a1d1-0c0e3a6f2b11",
            "webhookSubscriptionId": ID,
            "at": "2026-11-20T14:00:00Z",
            "failingSince": "2026-11-20T13:40:00Z",
            "paused": False,
            "outcomes": {"timed_out": 3, "refused_503": 9},
            "waiting": 4,
            "failed": 0,
        }
    ],
    "_links": {"self": {"href": f"{_BASE}/webhook-notices"}},
}
