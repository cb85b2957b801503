"""The one page for people: what this is and where the documentation is."""
