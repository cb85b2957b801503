"""What each source can answer: one module per source, one function per answer."""
