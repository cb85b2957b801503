"""What handlers have among themselves: notes, drafts, templates, and answers that a second handler sees first."""
