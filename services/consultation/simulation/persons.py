"""Identity numbers of nobody: born in the 1890s as the simulator's are, with other serial numbers."""

from services.consultation.persons.domain import PersonNumber
from shared.luhn import luhn_remainder

_YEARS, _MONTHS, _DAYS, _SERIALS = 10, 12, 28, 980


def invented_person(number: int) -> PersonNumber:
    """The same for the same number; another for another, up to three million."""
    rest, serial = divmod(number, _SERIALS)
    rest, day = divmod(rest, _DAYS)
    year, month = divmod(rest, _MONTHS)
    body = f"{1890 + year % _YEARS}{month + 1:02}{day + 1:02}{serial:03}"
    return PersonNumber.parse(body + str((10 - luhn_remainder(f"{body[2:]}0")) % 10))
