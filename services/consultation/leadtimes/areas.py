"""National areas (riksområden, NUTS 2): the eight groups of counties in which Swedish statistics are told.

Source: Eurostat's classification NUTS 2024, Sweden.
"""

from shared.problems import Words

AREAS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "SE11": (Words("Stockholm", "Stockholm"), ("01",)),
    "SE12": (Words("Östra Mellansverige", "East Middle Sweden"), ("03", "04", "05", "18", "19")),
    "SE21": (Words("Småland med öarna", "Småland and the islands"), ("06", "07", "08", "09")),
    "SE22": (Words("Sydsverige", "South Sweden"), ("10", "12")),
    "SE23": (Words("Västsverige", "West Sweden"), ("13", "14")),
    "SE31": (Words("Norra Mellansverige", "North Middle Sweden"), ("17", "20", "21")),
    "SE32": (Words("Mellersta Norrland", "Middle Norrland"), ("22", "23")),
    "SE33": (Words("Övre Norrland", "Upper Norrland"), ("24", "25")),
}
_OF_COUNTY = {county: code for code, (_, counties) in AREAS.items() for county in counties}


def area_of(county_code: str | None) -> str | None:
    """The area of a county, or None when there is none."""
    return None if county_code is None else _OF_COUNTY.get(county_code)
