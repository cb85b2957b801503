"""Transports by the certificate that they show, made when first needed and lent for one exchange at a time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.clock import Clock
from shared.transport.certificates import ClientCertificate, UnusableCertificate, read_client_certificate
from shared.transport.protocol import Transport

MOST_TRANSPORTS = 64
"""Kept at a time; each has connections and a pool of its own."""


class ClosableTransport(Transport, Protocol):
    """A transport that holds connections."""

    async def close(self) -> None:
        """Close them."""
        ...


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a certificate lies, and its key when that is a file of its own."""

    certificate: Path
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """A transport for one exchange, and the certificate that it shows, if any."""

    transport: Transport
    certificate: ClientCertificate | None


Lend = Callable[[str | None], AbstractAsyncContextManager[Lent]]
"""Lends the transport of a certificate by its reference, None for the default one. Raises UnusableCertificate."""

_Stamp = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Kept:
    lent: Lent
    transport: ClosableTransport
    stamp: _Stamp
    users: int = 0


class TransportsByCertificate:
    """Lends one transport for each certificate.

    A file that has been replaced is read anew, so that a renewed certificate needs no restart. At most
    MOST_TRANSPORTS are kept: the one that was used longest ago gives way, when what is under way with it is done.
    """

    def __init__(
        self,
        make: Callable[[ClientCertificate | None], ClosableTransport],
        files: Callable[[str | None], CertificateFiles | None],
        clock: Clock,
        *,
        most: int = MOST_TRANSPORTS,
    ) -> None:
        """`files` tells where the certificate of a reference lies, and None when nothing is to be shown."""
        self._make = make
        self._files = files
        self._clock = clock
        self._most = most
        self._kept: dict[str | None, _Kept] = {}
        self._retired: list[_Kept] = []

    @asynccontextmanager
    async def lend(self, reference: str | None) -> AsyncIterator[Lent]:
        """See Lend."""
        kept: _Kept | None = None
        try:
            kept = self._find(reference)
            kept.users += 1
            await self._close_retired()
            yield kept.lent
        finally:
            if kept is not None:
                kept.users -= 1
            await self._close_retired()

    async def close(self) -> None:
        """Close every transport."""
        self._retired += self._kept.values()
        self._kept.clear()
        await self._close_retired()

    def _find(self, reference: str | None) -> _Kept:
        files = self._files(reference)
        stamp = _stamp(files)
        kept = self._kept.pop(reference, None)
        if kept is not None and kept.stamp != stamp:
            self._retired.append(kept)
            kept = None
        if kept is None:
            kept = self._new(files, stamp)
        self._kept[reference] = kept  # last, so that the order is that of use
        if len(self._kept) > self._most:
            self._retired.append(self._kept.pop(next(iter(self._kept))))
        if kept.lent.certificate is not None:
            kept.lent.certificate.require_valid(self._clock())
        return kept

    def _new(self, files: CertificateFiles | None, stamp: _Stamp) -> _Kept:
        certificate = None if files is None else read_client_certificate(files.certificate, files.key)
        try:
            transport = self._make(certificate)
        except Exception:
            # The HTTP library is stricter than we are; what it says may quote the file.
            raise UnusableCertificate("the certificate or its key is of a kind that can't be used") from None
        return _Kept(Lent(transport, certificate), transport, stamp)

    async def _close_retired(self) -> None:
        idle = [kept for kept in self._retired if kept.users == 0]
        self._retired = [kept for kept in self._retired if kept.users]
        for kept in idle:
            await kept.transport.close()


def _stamp(files: CertificateFiles | None) -> _Stamp:
    if files is None:
        return ()
    try:
        found = [file.stat() for file in (files.certificate, files.key) if file is not None]
    except OSError:
        raise UnusableCertificate("the file cannot be read") from None
    return tuple((each.st_mtime_ns, each.st_size) for each in found)
