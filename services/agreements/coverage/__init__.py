"""Which municipalities have an agreement with Arbetsförmedlingen in force on a day, and which have none."""
