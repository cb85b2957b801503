"""How the two sides reach each other: which channel to choose, and what is done by phone, post and in meetings."""
