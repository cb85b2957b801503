"""Whether a question has a legal ground today: asked of the agreements service, once per exchange."""
