"""What belongs to a consultation, and goes with it: a line for each table, which eraser and proof both read.

A colleague's table becomes a part by a line here, its name in `classes.CONSULTATION`, and
`policies.erased_with_its_consultation` in its migration.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A table whose rows belong to a consultation.

    `belongs` ties a row, `t`, to `found`: the consultations `chosen`, the events `told` of them, or the `linked` rows.
    It is to be a key of an index, or the whole table is read. `file` is the column that names a file outside the
    database, which is erased afterwards.
    """

    table: str
    belongs: str = "t.org = c.org AND t.consultation_id = c.id"
    found: str = "chosen c"
    file: str | None = None


PARTS = (
    Part("consultation_message"),
    Part("call_back"),
    Part("meeting"),
    Part("meeting_request"),
    Part("attachment", file="blob"),
    Part("consultation_note", "t.consultation_org = c.org AND t.consultation_id = c.id"),
    Part("answer_proposal", "t.consultation_org = c.org AND t.consultation_id = c.id"),
    Part("faq_proposal", "t.consultation_org = c.org AND t.consultation_id = c.id"),
    # Long gone, unless a period of no years ends while one that was saved in the last moment is still kept.
    Part("answer_draft", "t.consultation_org = c.org AND t.consultation_id = c.id"),
    Part("disclosure"),
    Part("asked_set"),
    Part("pulse"),
    Part("timer"),
    Part("retention_hold"),
    # Gone with whichever of its ends goes first.
    Part(
        "consultation_link",
        """
        t.org = l.org AND t.consultation_id = l.consultation_id AND t.to_org = l.to_org AND t.to_id = l.to_id
        """,
        found="linked l",
    ),
    # Its rows have the ids of the events that they tell of.
    Part("outbox", "t.org = e.org AND t.id = e.id", found="told e"),
    # Either side's, and long gone unless a period of no years ends while one is still kept.
    Part(
        "webhook_delivery",
        "t.org = s.org AND t.subscription_id = s.id AND t.event_id = e.id",
        found="told e JOIN webhook_subscription s ON s.org IN (e.org, e.answering_org)",
    ),
    Part("consultation_event"),
)
