"""Where answers come from. A source is an adapter; what it answered is told in one of nine states."""
