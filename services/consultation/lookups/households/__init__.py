"""A household: one request for several persons of a case, each with a look-up of its own."""
