"""Refusals of requests that are no fit HTTP, whatever they ask for."""

from shared.problems import ProblemKind, Words

_AS_DOCUMENTED = Words(
    "Kontrollera adress och huvuden mot API-dokumentationen.",
    "Check address and headers against the API documentation.",
)
REQUEST_TIMEOUT = ProblemKind(
    "request_timeout",
    408,
    Words("Begäran kom inte fram i tid", "The request did not arrive in time"),
    Words("Skicka begäran igen utan avbrott.", "Send the request again without pauses."),
)
ADDRESS_TOO_LONG = ProblemKind(
    "address_too_long",
    414,
    Words("Adressen är för lång", "The address is too long"),
    _AS_DOCUMENTED,
)
EXPECTATION_FAILED = ProblemKind(
    "expectation_failed",
    417,
    Words("Det som anges i Expect finns inte", "What Expect asks for does not exist"),
    Words("Skicka utan Expect, eller med 100-continue.", "Send without Expect, or with 100-continue."),
)
MISDIRECTED = ProblemKind(
    "misdirected_request",
    421,
    Words("Adressens värd är en annan än tjänstens", "The request names a host that is not this service"),
    Words("Anropa den adress som ni har fått för tjänsten.", "Call the address that you were given for the service."),
)
HEADERS_TOO_LARGE = ProblemKind(
    "headers_too_large",
    431,
    Words("Huvudena är för stora eller för många", "The headers are too large or too many"),
    Words("Skicka högst 100 huvuden på tillsammans 16 KiB.", "Send at most 100 headers of 16 KiB together."),
)
TOO_MANY_CONNECTIONS = ProblemKind(
    "too_many_connections",
    429,
    Words("För många förbindelser från samma adress", "Too many connections from one address"),
    Words(
        "Återanvänd förbindelserna, eller stäng dem när de inte behövs.",
        "Use connections again, or close them when they are not needed.",
    ),
)
METHOD_UNKNOWN = ProblemKind(
    "method_unknown",
    501,
    Words("Metoden finns inte här", "There is no such method here"),
    Words("Använd en metod som står i API-dokumentationen.", "Use a method of the API documentation."),
)
VERSION_UNSUPPORTED = ProblemKind(
    "http_version_unsupported",
    505,
    Words("Versionen av HTTP stöds inte", "The version of HTTP is not supported"),
    Words("Använd HTTP/1.1.", "Use HTTP/1.1."),
)
