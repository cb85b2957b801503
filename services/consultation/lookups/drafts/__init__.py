"""From a look-up to a consultation: drafts that carry the kind of question and the case, and nothing of the answer."""
