"""Detect: compare the payments of a look-up month by month, and say what could not be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.consultation.lookups.months import Month
from services.consultation.lookups.payments.domain import Kind, Payment, Status
from services.consultation.lookups.payments.listing import MAPPERS
from services.consultation.lookups.signals.domain import (
    Change,
    Changes,
    Compare,
    NotChecked,
    Reason,
    Rule,
    Signal,
    Stream,
)
from services.consultation.lookups.signals.rules import LOOKED_AT
from services.consultation.lookups.signals.sums import differs, summed
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState

_PIECE = "payments"
_BY_SUPPLIER = (SourceCode.FK,)
_Rows = Mapping[Month, tuple[Payment, ...]]


def detect(
    answers: Sequence[SourceAnswer], payments: Sequence[Payment], month: Month, rules: Sequence[Rule], today: date
) -> Changes:
    """The changes up to `month` and from the two months before it.

    `payments` are those of the answers. `today` is the Swedish day on which they were told: a month that is not over
    can still get payments.
    """
    months = tuple(month.moved(offset) for offset in LOOKED_AT)
    readings = {answer.source: answer for answer in answers}
    found: list[Signal | NotChecked] = []
    for source in MAPPERS:
        own = [rule for rule in rules if rule.source is source]
        for answer, supplier in _divided(readings.get(source) or SourceAnswer(source, SourceState.NOT_ASKED)):
            gaps = [(each, reason) for each in months if (reason := unread(answer, each))]
            all_of_it = None if supplier is None else Stream(source, supplier, None, Kind.PAYMENT)
            found.extend(NotChecked(source, reason, each, stream=all_of_it) for each, reason in gaps)
            if len(gaps) < len(months):
                rows = [row for row in payments if row.source is source and supplier in (None, row.supplier)]
                about = [rule for rule in own if supplier is None or rule.supplier in (None, supplier)]
                found.extend(_in_source(_Look(answer, months, today), rows, about))
    return Changes(
        months,
        tuple(each for each in found if isinstance(each, Signal)),
        tuple(each for each in found if isinstance(each, NotChecked)),
    )


def unread(answer: SourceAnswer, month: Month) -> Reason | None:
    """Why nothing can be said of the source in the month, or None when it was read in full for all of it."""
    if answer.state is SourceState.NOT_ASKED:
        return Reason.NOT_ASKED
    if not answer.state.supports_decision:
        return Reason.NOT_READ_IN_FULL
    if _PIECE in answer.left_out:
        return Reason.LEFT_OUT
    asked, whole = answer.asked_period, month.period
    if asked is None or asked.first > whole.first or asked.last < whole.last:
        return Reason.PERIOD_NOT_ASKED
    return None


def _divided(answer: SourceAnswer) -> Iterator[tuple[SourceAnswer, str | None]]:
    """The answer as a whole; or by supplier, each in a state of its own, when one of them was read in full after all.

    Only where the parts are all that there is to the source: that one supplier is down then says nothing of the other.
    """
    suppliers = tuple(dict.fromkeys(part.name for part in answer.parts))
    by_supplier = [(_of_supplier(answer, name), name) for name in suppliers]
    whole = answer.state is not SourceState.PARTIAL or answer.source not in _BY_SUPPLIER
    if whole or not any(each.state.supports_decision for each, _ in by_supplier):
        yield answer, None
    else:
        yield from by_supplier


def _of_supplier(answer: SourceAnswer, name: str) -> SourceAnswer:
    """In the worst of its states, should it be there twice."""
    states = [part.state for part in answer.parts if part.name == name]
    return replace(answer, state=next((each for each in states if not each.supports_decision), states[0]))


@dataclass(frozen=True, slots=True)
class _Look:
    """One source's answer, the months that are looked at, and the day."""

    answer: SourceAnswer
    months: tuple[Month, ...]
    today: date

    def is_over(self, month: Month) -> bool:
        return month.period.last < self.today

    def pairs(self, rule: Rule) -> Iterator[tuple[Month, Month, Reason | None]]:
        """Each month that the rule compares and the one it is compared with, and what hinders it."""
        for offset in rule.later:
            later = self.months[-offset]
            earlier = rule.before(later)
            yield later, earlier, unread(self.answer, later) or unread(self.answer, earlier)


def _in_source(look: _Look, rows: Sequence[Payment], rules: Sequence[Rule]) -> Iterator[Signal | NotChecked]:
    for each in rules:
        for later, earlier, hindrance in look.pairs(each):
            # The months looked at are told of for the whole source. This is the one before a pause.
            if hindrance and earlier not in look.months and not unread(look.answer, later):
                yield NotChecked(look.answer.source, hindrance, later, earlier, rule=each)
    for stream, rule, found in _streams(rows, rules):
        yield from _in_stream(look, stream, rule, found)


def _streams(rows: Sequence[Payment], rules: Sequence[Rule]) -> Iterator[tuple[Stream, Rule | None, list[Payment]]]:
    """The payments that are followed together. A source may word the same code in two ways, so words divide nothing."""
    together: dict[tuple[object, ...], tuple[Stream, Rule | None, list[Payment]]] = {}
    for row in rows:
        if row.part_of is not None:
            continue
        rule = next((each for each in rules if each.fits(row)), None)
        benefit = None if rule and rule.by_supplier else row.benefit
        key = (row.supplier, benefit.code if benefit else None, row.kind, rule.id if rule else None)
        stream = Stream(row.source, row.supplier, benefit, row.kind)
        together.setdefault(key, (stream, rule, []))[2].append(row)
    yield from together.values()


def _in_stream(
    look: _Look, stream: Stream, rule: Rule | None, rows: Sequence[Payment]
) -> Iterator[Signal | NotChecked]:
    undated = tuple(row for row in rows if _month_of(row) is None)
    if undated:
        # It may belong to any month, so nothing certain can be said of one.
        yield NotChecked(stream.source, Reason.DATE_UNKNOWN, stream=stream, rule=rule, rows=undated)
        return
    by_month = _by_month(rows)
    if rule is None:
        for month in look.months:
            if month in by_month:
                yield NotChecked(stream.source, Reason.NO_RULE, month, stream=stream, rows=by_month[month])
        return
    for later, earlier, hindrance in look.pairs(rule):
        if not hindrance and (by_month.get(earlier) or by_month.get(later)):
            found = _compared(_Pair(look, stream, rule, later, earlier), by_month)
            if found is not None:
                yield found


def _by_month(rows: Sequence[Payment]) -> _Rows:
    months: dict[Month, tuple[Payment, ...]] = {}
    for row in rows:
        if (month := _month_of(row)) is not None:
            months[month] = (*months.get(month, ()), row)
    return months


def _month_of(row: Payment) -> Month | None:
    """The month of payment. A month without its day is enough."""
    try:
        return Month.parse(row.date or "")
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Pair:
    look: _Look
    stream: Stream
    rule: Rule
    later: Month
    earlier: Month

    def not_checked(self, reason: Reason, rows: tuple[Payment, ...]) -> NotChecked:
        return NotChecked(self.stream.source, reason, self.later, self.earlier, self.stream, self.rule, rows)


def _compared(pair: _Pair, by_month: _Rows) -> Signal | NotChecked | None:
    before, after = by_month.get(pair.earlier, ()), by_month.get(pair.later, ())
    if reason := _unsettled(pair, before, after):
        return pair.not_checked(reason, (*before, *after))
    if not after:
        return _gone(pair, before)
    if not before:
        return _signal(pair, Change.NEW, before, after)
    if pair.rule.compare is Compare.PRESENCE:
        return None
    return _sums_compared(pair, before, after)


def _unsettled(pair: _Pair, before: Sequence[Payment], after: Sequence[Payment]) -> Reason | None:
    """Why the rows of the two months cannot be taken for what was, or will be, paid in them."""
    if any(row.status is None for row in (*before, *after)):
        return Reason.STATUS_UNKNOWN
    if not pair.look.is_over(pair.earlier):
        return Reason.MONTH_NOT_OVER
    past = (*before, *(after if pair.look.is_over(pair.later) else ()))
    if any(row.status is not Status.PAID for row in past):
        # The month has passed, and the source does not say that the money left.
        return Reason.NOT_PAID_YET
    return None


def _gone(pair: _Pair, before: tuple[Payment, ...]) -> Signal | NotChecked | None:
    if pair.later.number in pair.rule.pause:
        return None
    if not pair.look.is_over(pair.later):
        return pair.not_checked(Reason.MONTH_NOT_OVER, before)
    return _signal(pair, Change.MISSING, before, ())


def _sums_compared(pair: _Pair, before: tuple[Payment, ...], after: tuple[Payment, ...]) -> Signal | NotChecked | None:
    was, became = summed(before, pair.rule.compare), summed(after, pair.rule.compare)
    for each in (was, became):
        if isinstance(each, Reason):
            return pair.not_checked(each, (*before, *after))
    if isinstance(was, Reason) or isinstance(became, Reason) or was.currency != became.currency:
        return pair.not_checked(Reason.CURRENCIES_DIFFER, (*before, *after))
    if not differs(was.amount, became.amount, pair.rule.threshold_percent):
        return None
    if became.amount < was.amount and not pair.look.is_over(pair.later):
        return pair.not_checked(Reason.MONTH_NOT_OVER, (*before, *after))
    return _signal(pair, Change.CHANGED, before, after)


def _signal(pair: _Pair, change: Change, before: tuple[Payment, ...], after: tuple[Payment, ...]) -> Signal:
    was, became = summed(before, pair.rule.compare), summed(after, pair.rule.compare)
    return Signal(
        change=change,
        rule=pair.rule,
        stream=pair.stream,
        month=pair.later,
        compared=pair.earlier,
        before=None if isinstance(was, Reason) else was,
        after=None if isinstance(became, Reason) else became,
        rows_before=before,
        rows_after=after,
    )
