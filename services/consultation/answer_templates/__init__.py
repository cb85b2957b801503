"""Answer templates: texts of the answering authority with named fields, filled in from a consultation on request."""
