"""Refusals of answers that two handlers have to see."""

from shared.problems import ProblemKind, Words

APPROVAL_REQUIRED = ProblemKind(
    "approval_required",
    409,
    Words("Svaret ska godkännas av en andra handläggare", "A second handler has to approve the answer"),
    Words(
        "Föreslå samma svar med POST .../answer-proposals; en kollega godkänner det med POST .../answer-approvals.",
        "Propose the same answer by POST .../answer-proposals; a colleague approves it by POST .../answer-approvals.",
    ),
)
