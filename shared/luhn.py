"""Luhn's check digit (ISO/IEC 7812), used by Swedish identity and organisation numbers alike."""


def luhn_remainder(digits: str) -> int:
    """The sum modulo ten over an even number of digits; zero when the last one is the right check digit."""
    total = 0
    for place, digit in enumerate(digits):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return total % 10
