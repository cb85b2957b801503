"""Which writer each source has."""

from collections.abc import Mapping

from services.consultation.lookups.facade.writers.asked import Writer
from services.consultation.lookups.sources.domain import SourceCode

WRITERS: Mapping[SourceCode, Writer] = {}
"""A source without a writer is answered with an error that says so: what was read is not passed off as nothing."""
