"""The readers of JSON answers, which are those of the contract: the same elements under the same names."""

from collections.abc import Callable, Mapping
from typing import cast

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.contract import Reader
from services.consultation.lookups.sources.ssbtek.node import Node
from services.consultation.lookups.sources.ssbtek.readers.af import read_af
from services.consultation.lookups.sources.ssbtek.readers.csn import read_csn
from services.consultation.lookups.sources.ssbtek.readers.fk import read_fk
from services.consultation.lookups.sources.ssbtek.readers.miv import read_miv
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.readers.skv import read_skv
from services.consultation.lookups.sources.ssbtek.readers.so import read_so
from services.consultation.lookups.sources.ssbtek.readers.tns import read_tns

NodeReader = Callable[[Node], Reading]


def _wrapped(reader: Reader) -> NodeReader:
    # Of its `data` such a reader takes the text of one child, which holds the document inside.
    return cast("NodeReader", reader)


READERS: Mapping[SourceCode, NodeReader] = {
    SourceCode.AF: read_af,
    SourceCode.CSN: _wrapped(read_csn),
    SourceCode.FK: _wrapped(read_fk),
    SourceCode.SKV: _wrapped(read_skv),
    SourceCode.SO: read_so,
    SourceCode.TNS: read_tns,
    SourceCode.MIV: read_miv,
}
