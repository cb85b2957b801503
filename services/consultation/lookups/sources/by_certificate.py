"""A source that shows the asking organisation's own certificate, when it has one."""

from collections.abc import Callable, Mapping

from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode
from services.consultation.lookups.sources.failures import CERTIFICATE, all_failed
from shared.transport.certificates import UnusableCertificate
from shared.transport.lending import Lend
from shared.transport.protocol import Transport


class ByCertificate:
    """The adapter that `make` gives, on the transport of whoever asks."""

    def __init__(self, lend: Lend, make: Callable[[Transport], Source]) -> None:
        self._lend = lend
        self._make = make

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """See Source. A certificate that can't be used is an error of ours, and nothing is sent."""
        try:
            async with self._lend(inquiry.asker.certificate) as lent:
                return await self._make(lent.transport).ask(inquiry)
        except UnusableCertificate:
            return all_failed(inquiry, CERTIFICATE)
