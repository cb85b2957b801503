"""What the answering authority states of its units: when they are open, and in what time they answer."""
