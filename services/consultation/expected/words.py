"""What is expected, as a sentence in Swedish and English."""

from services.consultation.expected.domain import LEAST, PROBABILITY, Basis, Expectation
from shared.problems import Words

_HOUR = 3600
_SHARE = f"{PROBABILITY * 100:.0f} %"
_OF = {
    Basis.UNIT: Words("enhetens egna senaste svar", "the unit's own latest answers"),
    Basis.TYPE: Words("svar från alla enheter, eftersom enheten har för få", "answers of all units: the unit has few"),
}
_FEW = Words(
    f"Färre än {LEAST} liknande frågor har besvarats; tiden är den som frågan ska besvaras inom.",
    f"Fewer than {LEAST} questions like this have been answered; the time is when it is to be answered.",
)
_SILENT = Words(
    "Frågan har väntat längre än nästan alla liknande; ingen tid kan anges.",
    "The question has waited longer than nearly all like it; no time can be given.",
)


def words(expected: Expectation, working_day_seconds: int) -> Words:
    """`85 % of questions like this are answered within 3 working days`, and what that is told from."""
    if expected.within_seconds is None:
        return _FEW if expected.at is not None else _SILENT
    within, of = _span(expected.within_seconds, working_day_seconds), _OF[expected.basis]
    return Words(
        f"{_SHARE} av frågor som denna besvaras inom {within.sv} ({of.sv}, {expected.n} st).",
        f"{_SHARE} of questions like this are answered within {within.en} ({of.en}; n = {expected.n}).",
    )


def _span(seconds: int, day: int) -> Words:
    """Rounded up: in hours below one working day, else in days."""
    if seconds < day:
        hours = -(-seconds // _HOUR)
        return Words(
            f"{hours} arbetstimm{'e' if hours == 1 else 'ar'}", f"{hours} working hour{'' if hours == 1 else 's'}"
        )
    days = -(-seconds // day)
    return Words(f"{days} arbetsdag{'' if days == 1 else 'ar'}", f"{days} working day{'' if days == 1 else 's'}")
