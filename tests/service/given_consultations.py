"""Consultations as tests need them: called back and with meetings, answered set by set, ended, or held."""

from datetime import timedelta
from typing import Any

from tests.exchange import Exchange

_PATH = "/consultation/v1/consultations"
HANDLER = "af-workbench"
# As if the organisation answered questions too: what handlers have among themselves is any organisation's.
WORKBENCH_ROWS = (
    """
    INSERT INTO answer_template (org, id, edition, name, body, edited_at, edited_by, client_id)
    VALUES ($1, gen_random_uuid(), 1, 'Mall', 'Svar.', now(), 'hl-1', 'seed') RETURNING id
    """,
    """
    INSERT INTO approval_rule (org, id, valid_from, recorded_at, recorded_by, client_id, covers)
    VALUES ($1, gen_random_uuid(), '2090-01-01', now(), 'hl-1', 'seed', 'decisions') RETURNING id
    """,
    """
    INSERT INTO answer_draft (org, consultation_id, handler, consultation_org, version, saved_at, expires_at, sealed)
    SELECT org, id, 'hl-1', org, 1, now(), now() + interval '1 day', '' FROM consultation WHERE org = $1 LIMIT 1
    ON CONFLICT DO NOTHING RETURNING consultation_id AS id
    """,
    """
    INSERT INTO answer_proposal (org, consultation_id, consultation_org, sequence, proposed_at, proposed_by, sealed)
    SELECT org, id, org, 1, now(), 'hl-1', '' FROM consultation WHERE org = $1 LIMIT 1
    ON CONFLICT DO NOTHING RETURNING consultation_id AS id
    """,
    """
    INSERT INTO faq_proposal (org, id, consultation_org, consultation_id, edition, written_by, proposed_at, sealed)
    SELECT org, gen_random_uuid(), org, id, 1, '{hl-1}', now(), '' FROM consultation WHERE org = $1 LIMIT 1
    ON CONFLICT (org, consultation_id) DO UPDATE SET edition = 1 RETURNING id
    """,
    """
    WITH published AS (
        INSERT INTO faq_entry (id, version, decision_type, question_sv, answer_sv, digest)
        SELECT gen_random_uuid(), 1, 'other', 'fråga', 'svar',
               sha256(convert_to(concat_ws(chr(31), 'other', 'fråga', 'svar', '', ''), 'UTF8'))
        RETURNING id, digest
    )
    INSERT INTO faq_confirmation (org, entry_id, version, digest, written_by, confirmed_by, client_id, confirmed_at)
    SELECT $1, id, 1, digest, '{hl-1}', 'hl-2', 'seed', now() FROM published RETURNING entry_id AS id
    """,
)
"""Each takes the organisation; the first gives the id of a template, the last two of a FAQ proposal and entry."""


def claimed(exchange: Exchange, name: str = "umea", **changes: Any) -> dict[str, Any]:
    """The receipt of a consultation that a handler has taken; its version is 2."""
    receipt = exchange.open(name, **changes)
    taken = exchange.send(HANDLER, "POST", f"{_PATH}/{receipt['consultationId']}/claims", version=1)
    assert taken.status_code == 200, taken.text
    return receipt


def reached(exchange: Exchange, name: str) -> dict[str, Any]:
    """One in which the asker was called back, a physical meeting asked for, and a remote one booked."""
    receipt = claimed(exchange, name)
    path = f"{_PATH}/{receipt['consultationId']}"
    attempt = {"switchboard": "090-16 10 00", "outcome": "reached", "minutes": 3}
    assert exchange.send(HANDLER, "POST", f"{path}/call-backs", attempt, version=2).status_code == 200
    assert exchange.send(name, "POST", f"{path}/meeting-requests", {"distanceKm": 84}, version=3).status_code == 200
    meeting = {
        "kind": "remote",
        "startsAt": (exchange.clock() + timedelta(days=3)).isoformat(),
        "minutes": 30,
        "participants": ["municipality", "answering_authority"],
    }
    assert exchange.send(HANDLER, "POST", f"{path}/meetings", meeting, version=4).status_code == 200
    return receipt


def disclosed(exchange: Exchange, name: str) -> dict[str, Any]:
    """One that asked for a set of information, and has the decision on it."""
    details = {"type": "information_request", "informationSets": ["programme"]}
    receipt = claimed(exchange, name, type="information_request", details=details)
    decided = [{"informationSet": "programme", "decision": "disclose", "content": "Garantin."}]
    path, body = f"{_PATH}/{receipt['consultationId']}/answers", {"text": "Se nedan.", "disclosures": decided}
    assert exchange.send(HANDLER, "POST", path, body, version=2).status_code == 200
    return receipt


def ended(exchange: Exchange, name: str, other: dict[str, Any]) -> dict[str, Any]:
    """One that has been closed, rated and noted something about, and is linked to another."""
    receipt = claimed(exchange, name)
    path = f"{_PATH}/{receipt['consultationId']}"
    assert exchange.send(HANDLER, "POST", f"{path}/answers", {"text": "Se nedan."}, version=2).status_code == 200
    assert exchange.send(name, "POST", f"{path}/closures", version=3).status_code == 200
    assert exchange.send(name, "POST", f"{path}/pulses", {"rating": 4, "text": "Tack."}).status_code == 201
    assert exchange.send(name, "POST", f"{path}/notes", {"text": "Ring igen."}).status_code == 201
    link = {"to": other["consultationId"], "kind": "related"}
    assert exchange.send(name, "POST", f"{path}/links", link).status_code == 201
    return receipt


def held(exchange: Exchange, name: str, receipt: dict[str, Any], reason: str = "appeal") -> str:
    """The id of a hold that keeps it from being erased."""
    path = f"{_PATH}/{receipt['consultationId']}/retention-holds"
    placed = exchange.send(name, "POST", path, {"reason": reason}, handler="arkiv-1")
    assert placed.status_code in (200, 201), placed.text
    return str(placed.json()["holdId"])
