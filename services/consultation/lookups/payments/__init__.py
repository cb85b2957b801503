"""One list of payments over all sources, each row pointing to where in its source's data it came from."""
