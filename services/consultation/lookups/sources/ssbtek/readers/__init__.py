"""One reader per source: a pure function from what the source sent to a `Reading`.

A reader never refuses an answer for schema reasons. It notes each deviation and goes on, and a value that
is present but cannot be read makes the reading `partial`.
"""
