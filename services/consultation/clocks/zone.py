"""The zone in which Swedish authorities count days."""

from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
