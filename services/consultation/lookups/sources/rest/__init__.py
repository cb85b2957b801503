"""A source of its own beside SSBTEK: one JSON API with OAuth, asked for one source code."""
