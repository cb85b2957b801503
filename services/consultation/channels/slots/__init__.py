"""Slots: times at which a unit takes meetings, offered in its opening hours and booked one meeting each."""
