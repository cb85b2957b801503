"""The table of every audit event, as it stands in docs/audit-events.md."""

from collections.abc import Sequence

from shared.audit import AuditEvent

BEGIN, END = "<!-- made by ./samrad audit events -->", "<!-- end of what is made -->"


def table(parts: Sequence[tuple[str, Sequence[AuditEvent]]]) -> str:
    """A section for each part of the catalogue, between two marks."""
    lines = [BEGIN]
    for title, events in parts:
        lines += ["", f"## {title}", ""]
        lines += ["| event | in words | recorded when | outcome | read by | in `detail` |", "|---|---|---|---|---|---|"]
        lines += [_row(event) for event in events]
    return "\n".join([*lines, "", END])


def _row(event: AuditEvent) -> str:
    details = "; ".join(f"`{name}`: {what}" for name, what in event.details.items()) or "–"
    words = f"{event.words.en} / {event.words.sv}"
    return f"| `{event.name}` | {words} | {event.when} | {', '.join(event.outcomes)} | {event.seen_by} | {details} |"
