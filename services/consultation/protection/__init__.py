"""Persons with protected identity (skyddade personuppgifter): marked by a source or by hand, hidden for everyone."""
