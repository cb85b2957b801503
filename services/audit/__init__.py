"""What is done with the trails of both services: verify them, tell a person what is in them, check a handler.

Knows neither service: their databases, names and words are handed in by `services.assembly`.
"""
