"""What Prometheus is told of the sources: no label names an organisation or a person."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from services.consultation.lookups.sources.breaker import CircuitState
from services.consultation.lookups.sources.domain import Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import was_tried

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0)

_ANSWERS = Counter(
    "samrad_source_answers", "Sources asked in look-ups, by how they answered", ("source", "state", "origin")
)
_NOT_SENT = Counter("samrad_source_not_sent", "Sources that a look-up named but were not asked", ("source", "code"))
_SECONDS = Histogram("samrad_source_seconds", "How long the sources took", ("source",), buckets=_BUCKETS)
_CIRCUIT = Gauge("samrad_source_circuit", "1 for the state that the circuit is in", ("environment", "state"))


def told_answer(answer: SourceAnswer) -> None:
    """Count one source of one look-up. A code is a label only when it is one of our few."""
    if not was_tried(answer):
        _NOT_SENT.labels(answer.source.value, answer.code).inc()
        return
    _answers(answer.source, answer.state, answer.origin).inc()
    if answer.took_ms is not None:
        _seconds(answer.source).observe(answer.took_ms / 1000)


# To find a metric by its labels takes longer than to count in it.
@cache
def _answers(source: SourceCode, state: SourceState, origin: Origin | None) -> Counter:
    return _ANSWERS.labels(source.value, state.value, origin.value if origin else "")


@cache
def _seconds(source: SourceCode) -> Histogram:
    return _SECONDS.labels(source.value)


def told_circuit(environment: str, state: CircuitState) -> None:
    """Tell in which state a circuit is."""
    for each in CircuitState:
        _CIRCUIT.labels(environment, each.value).set(each is state)
