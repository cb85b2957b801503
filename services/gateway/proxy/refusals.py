"""The proxy's own refusals, and how one is sent without a framework."""

from collections.abc import Mapping

from shared.http.guard import Scope, Send, header, send_bytes
from shared.http.service import PROBLEM_TYPE_BASE
from shared.problems import MEDIA_TYPE, Problem, ProblemKind, Words, encode_problem, preferred_language

UPSTREAM_BROKE = ProblemKind(
    "upstream_broke_off",
    502,
    Words("Tjänsten bakom bröt förbindelsen", "The service behind broke off"),
    Words(
        "Försök igen med samma Idempotency-Key, så sker inget två gånger.",
        "Try again with the same Idempotency-Key, so that nothing happens twice.",
    ),
)


async def send_problem(scope: Scope, send: Send, problem: Problem, headers: Mapping[str, str]) -> None:
    """The whole answer. `headers` are added to the problem's own."""
    body = encode_problem(
        problem,
        language=preferred_language(header(scope["headers"], b"accept-language")),
        type_base=PROBLEM_TYPE_BASE,
        instance=f"urn:uuid:{scope['state']['request_id']}",
    )
    await send_bytes(send, problem.kind.status, body, MEDIA_TYPE, {**headers, **problem.headers})
