"""Which writer each source has."""

from collections.abc import Mapping

from services.consultation.lookups.facade.writers.af import write_af
from services.consultation.lookups.facade.writers.asked import Writer
from services.consultation.lookups.facade.writers.csn import write_csn
from services.consultation.lookups.facade.writers.fk import write_fk
from services.consultation.lookups.facade.writers.miv import write_miv
from services.consultation.lookups.facade.writers.skv import write_skv
from services.consultation.lookups.facade.writers.so import write_so
from services.consultation.lookups.facade.writers.tns import write_tns
from services.consultation.lookups.sources.domain import SourceCode

WRITERS: Mapping[SourceCode, Writer] = {
    SourceCode.AF: write_af,
    SourceCode.CSN: write_csn,
    SourceCode.FK: write_fk,
    SourceCode.SKV: write_skv,
    SourceCode.SO: write_so,
    SourceCode.TNS: write_tns,
    SourceCode.MIV: write_miv,
}
