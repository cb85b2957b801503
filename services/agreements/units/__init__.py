"""The units of an authority that answers, as a tree, and which unit handles whose questions on a day."""
