"""Refusals: raised where the rule is, rendered in one place as RFC 9457 problem details.

Every kind has a stable code, a status, and its words in Swedish and English with what to do about it.
A detail never repeats what the caller sent, since that may be personal data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in Swedish and English."""

    sv: str
    en: str

    def in_language(self, language: str) -> str:
        """The Swedish words unless `language` is `en`."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One way in which a request can be refused. `code` never changes once it has been released.

    `check` names the check of access that failed, when it was one of those; told as `failedCheck`.
    """

    code: str
    status: int
    title: Words
    action: Words
    check: str | None = None

    catalogue: ClassVar[dict[str, "ProblemKind"]] = {}

    def __post_init__(self) -> None:
        known = self.catalogue.setdefault(self.code, self)
        if known != self:
            raise ValueError(f"two problem kinds share the code {self.code}")


class Problem(Exception):
    """An expected refusal. `members` are extension members of the problem document, in camelCase.

    `for_audit` is what the trail should know and the caller is not told: objectId, subject, detail.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: Words | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
        for_audit: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.detail = detail or kind.title
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        self.for_audit = dict(for_audit or {})


def problem_document(problem: Problem, *, language: str, type_base: str, instance: str) -> dict[str, Any]:
    """The body: standard members in the asked language, and the words in both under `texts`."""
    kind = problem.kind
    texts = {
        name: {
            "title": kind.title.in_language(name),
            "detail": problem.detail.in_language(name),
            "action": kind.action.in_language(name),
        }
        for name in ("sv", "en")
    }
    return {
        "type": f"{type_base}{kind.code}",
        "title": texts[language]["title"],
        "status": kind.status,
        "detail": texts[language]["detail"],
        "instance": instance,
        "code": kind.code,
        "action": texts[language]["action"],
        **({"failedCheck": kind.check} if kind.check else {}),
        "texts": texts,
        **problem.members,
    }


def encode_problem(problem: Problem, *, language: str, type_base: str, instance: str) -> bytes:
    """The same as bytes of JSON."""
    document = problem_document(problem, language=language, type_base=type_base, instance=instance)
    return json.dumps(document, ensure_ascii=False).encode()


def preferred_language(accept_language: str | None) -> str:
    """`en` when the header prefers English over Swedish, else `sv`. Quality values are respected."""
    best, language = 0.0, "sv"
    for part in (accept_language or "").lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = _quality(parameter)
        if tag[:2] in ("sv", "en") and quality > best:
            best, language = quality, tag[:2]
    return language


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


MALFORMED = ProblemKind(
    "malformed_request",
    422,
    Words("Begäran har fel form", "The request has the wrong form"),
    Words(
        "Rätta fälten som anges i errors och skicka igen.",
        "Correct the fields listed in errors and send again.",
    ),
)
NOT_JSON = ProblemKind(
    "not_json",
    400,
    Words("Kroppen är inte giltig JSON", "The body is not valid JSON"),
    Words("Skicka ett JSON-objekt i UTF-8.", "Send a JSON object in UTF-8."),
)
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported_media_type",
    415,
    Words("Innehållstypen stöds inte", "The content type is not supported"),
    Words("Skicka application/json.", "Send application/json."),
)
BODY_TOO_LARGE = ProblemKind(
    "body_too_large",
    413,
    Words("Kroppen är för stor", "The body is too large"),
    Words(
        "Minska innehållet; gränsen står i API-dokumentationen.",
        "Send less; the limit is in the API documentation.",
    ),
)
BAD_REQUEST = ProblemKind(
    "bad_request",
    400,
    Words("Begäran kan inte tolkas", "The request cannot be understood"),
    Words(
        "Kontrollera adress och huvuden mot API-dokumentationen.",
        "Check address and headers against the API documentation.",
    ),
)
NOT_FOUND = ProblemKind(
    "not_found",
    404,
    Words("Finns inte, eller är inte synlig för er", "It does not exist, or is not visible to you"),
    Words(
        "Kontrollera id och vilken organisation ni anropar som.",
        "Check the id and which organisation you call as.",
    ),
    # The same for what belongs to another and for what does not exist, so that it tells nothing of which.
    check="tenancy",
)
METHOD_NOT_ALLOWED = ProblemKind(
    "method_not_allowed",
    405,
    Words("Metoden finns inte på den här adressen", "The method does not exist at this address"),
    Words("Använd en metod som anges i Allow.", "Use a method listed in Allow."),
)
UNAUTHENTICATED = ProblemKind(
    "unauthenticated",
    401,
    Words("Anropet saknar giltig behörighet", "The call carries no valid authorisation"),
    Words(
        "Hämta en ny åtkomsttoken för rätt tjänst och signera ett nytt bevis (DPoP) för varje anrop.",
        "Fetch a new access token for the right service and sign a new proof (DPoP) for every call.",
    ),
)
SCOPE_MISSING = ProblemKind(
    "scope_missing",
    403,
    Words("Behörigheten räcker inte", "The authorisation does not cover this"),
    Words(
        "Begär det scope som anges i requiredScope när ni hämtar token.",
        "Ask for the scope named in requiredScope when you fetch the token.",
    ),
    check="scope",
)
DELEGATION_ENDED = ProblemKind(
    "delegation_ended",
    403,
    Words("Fullmakten gäller inte längre", "The delegation is no longer in force"),
    Words(
        "Den organisation som ni agerar för har återkallat fullmakten eller låtit den löpa ut. Tala med den.",
        "The organisation that you act for has withdrawn the delegation or let it end. Talk to it.",
    ),
)
ACTOR_REQUIRED = ProblemKind(
    "actor_required",
    400,
    Words("Uppgift om vem som frågar saknas", "The call does not say who is asking"),
    Words(
        "Ange ett id utan personuppgifter i huvudet, 1-64 tecken: A-Z a-z 0-9 . _ -",
        "State an id without personal data in the header, 1-64 characters: A-Z a-z 0-9 . _ -",
    ),
)
PRECONDITION_REQUIRED = ProblemKind(
    "precondition_required",
    428,
    Words("If-Match saknas", "If-Match is missing"),
    Words(
        "Läs posten, ta med dess ETag i If-Match och skicka igen.",
        "Read the record, put its ETag in If-Match and send again.",
    ),
)
VERSION_CHANGED = ProblemKind(
    "version_changed",
    412,
    Words("Posten har ändrats sedan ni läste den", "The record has changed since you read it"),
    Words(
        "Läs posten igen och avgör om ändringen ännu gäller.",
        "Read it again and see if the change still holds.",
    ),
)
IDEMPOTENCY_KEY_REUSED = ProblemKind(
    "idempotency_key_reused",
    422,
    Words(
        "Idempotency-Key har redan använts för en annan begäran",
        "The Idempotency-Key has been used for another request",
    ),
    Words("Använd en ny nyckel för en ny begäran.", "Use a new key for a new request."),
)
KEPT_ANSWER_LOST = ProblemKind(
    "kept_answer_lost",
    409,
    Words(
        "Begäran är redan utförd, men svaret kan inte visas igen",
        "The request has been carried out, but its answer cannot be shown again",
    ),
    Words(
        "Läs det som begäran gällde. Ska den utföras en gång till, skicka den med en ny nyckel.",
        "Read what the request was about. To have it carried out once more, send it with a new key.",
    ),
)
IDEMPOTENCY_IN_PROGRESS = ProblemKind(
    "idempotency_in_progress",
    409,
    Words("Samma begäran behandlas just nu", "The same request is being handled right now"),
    Words("Vänta den tid som Retry-After anger och skicka igen.", "Wait as Retry-After says and send again."),
)
TOO_MANY_REQUESTS = ProblemKind(
    "too_many_requests",
    429,
    Words("För många anrop", "Too many calls"),
    Words("Vänta den tid som Retry-After anger.", "Wait as Retry-After says."),
)
UNAVAILABLE = ProblemKind(
    "unavailable",
    503,
    Words("Tjänsten kan inte svara just nu", "The service cannot answer right now"),
    Words("Försök igen om en stund. Inget har lämnats ut.", "Try again in a while. Nothing has been disclosed."),
)
UPSTREAM_TIMEOUT = ProblemKind(
    "upstream_timeout",
    504,
    Words("Tjänsten bakom svarade inte i tid", "The service behind did not answer in time"),
    Words(
        "Försök igen med samma Idempotency-Key, så sker inget två gånger.",
        "Try again with the same Idempotency-Key, so that nothing happens twice.",
    ),
)
INTERNAL = ProblemKind(
    "internal_error",
    500,
    Words("Ett fel hos oss", "A fault on our side"),
    Words("Meddela driften värdet i instance.", "Tell operations the value of instance."),
)
