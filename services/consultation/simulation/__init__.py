"""A year of consultations that never were: who asks what and when, how it is worked on, and a player of it.

`generate` and `lead_times` are pure; `player` carries a timeline out through the use cases, against the database.
"""
