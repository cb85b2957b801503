"""What belongs to a consultation, and goes with it: a line for each table, which eraser and proof both read.

A colleague's table becomes a part by a line here, its name in `classes.CONSULTATION`, and
`policies.erased_with_its_consultation` in its migration.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A table whose rows belong to a consultation.

    `belongs` ties a row, `t`, to the consultation, `c`. `file` is the column that names a file outside the database,
    which is erased afterwards.
    """

    table: str
    belongs: str = "t.org = c.org AND t.consultation_id = c.id"
    file: str | None = None


PARTS = (
    Part("consultation_message"),
    Part("call_back"),
    Part("meeting"),
    Part("disclosure"),
    Part("asked_set"),
    Part("pulse"),
    Part("timer"),
    Part("retention_hold"),
    Part(
        "consultation_link",
        "(t.org = c.org AND t.consultation_id = c.id) OR (t.to_org = c.org AND t.to_id = c.id)",
    ),
    # Its rows have the ids of the events that they tell of, and are found by those.
    Part(
        "outbox",
        """
        t.org = c.org AND t.id IN (
            SELECT e.id FROM consultation_event e WHERE e.org = c.org AND e.consultation_id = c.id)
        """,
    ),
    # Either side's, and long gone unless a period of no years ends while one is still kept.
    Part(
        "webhook_delivery",
        """
        (t.org, t.subscription_id, t.event_id) IN (
            SELECT s.org, s.id, e.id FROM webhook_subscription s
            JOIN consultation_event e ON e.org = c.org AND e.consultation_id = c.id
            WHERE s.org IN (c.org, c.answering_org))
        """,
    ),
    Part("consultation_event"),
)
