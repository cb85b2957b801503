"""What each type of consultation asks for beside its question."""
