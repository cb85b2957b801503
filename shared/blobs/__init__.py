"""Large contents outside the database: sealed, each under a key of its own, and found by an id that a row holds."""
