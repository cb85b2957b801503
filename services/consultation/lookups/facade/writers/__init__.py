"""One writer per source: from our model of an answer back to the `data` element of the contract, version 10.

A writer tells what the caller may be told and nothing else: it sees the answer as it leaves, never the source's own
bytes. What a reader reads of what a writer has written is the same answer.
"""
