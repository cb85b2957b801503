"""Certificates in files: what is refused, and that no refusal repeats a path or content. Transports made from them."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.consultation.tenants.certificates import certificate_file
from shared.transport.certificates import (
    ClientCertificate,
    UnusableCertificate,
    read_client_certificate,
    read_trust,
)
from shared.transport.lending import CertificateFiles, TransportsByCertificate
from shared.transport.protocol import Answer
from tests.certificates import authority, issued

CA = authority("authority")
OWN = issued("samrad", CA)
OTHER = issued("other", CA)


@dataclass
class Kept:
    """A transport that only knows whether it has been closed."""

    certificate: ClientCertificate | None
    closed: bool = False

    async def send(self, method: str, url: str, **_: object) -> Answer:
        raise AssertionError((method, url))

    async def close(self) -> None:
        assert not self.closed
        self.closed = True


def test_certificate_and_key_are_read_from_one_file_or_from_two(tmp_path: Path) -> None:
    (tmp_path / "cert").write_bytes(OWN.pem + CA.pem)
    (tmp_path / "key").write_bytes(OWN.key_pem)

    together = read_client_certificate(OWN.write(tmp_path / "both"))
    apart = read_client_certificate(tmp_path / "cert", tmp_path / "key")

    assert together.subject == apart.subject == "CN=samrad"
    assert apart.pem == OWN.pem + CA.pem + OWN.key_pem
    assert "PRIVATE" not in repr(apart)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "the file cannot be read"),
        (b"", "no private key, unencrypted and in PEM, was found"),
        (OWN.pem, "no private key, unencrypted and in PEM, was found"),
        (OWN.key_pem, "no certificate in PEM was found"),
        (OTHER.pem + OWN.key_pem, "the private key is not that of the first certificate"),
        (OWN.key_pem + b"-----BEGIN CERTIFICATE-----\naGVq\n-----END CERTIFICATE-----\n", "no certificate in PEM"),
        (b"x" * 100_001, "the file is too large to be a certificate"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_its_path_or_content(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "hemlig.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnusableCertificate) as refused:
        read_client_certificate(file)

    assert reason in str(refused.value)
    assert "hemlig" not in str(refused.value)


def test_a_file_without_any_authority_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca").write_bytes(b"nothing")

    with pytest.raises(UnusableCertificate):
        read_trust(tmp_path / "ca")


def test_a_certificate_outside_its_days_is_refused(tmp_path: Path) -> None:
    read = read_client_certificate(OWN.write(tmp_path / "own"))
    read.require_valid(datetime.now(UTC))

    for away in (-2, 31):
        with pytest.raises(UnusableCertificate):
            read.require_valid(datetime.now(UTC) + timedelta(days=away))


@pytest.mark.parametrize("reference", ["../secrets", "a/b", "", ".", "-a", "A", "a.pem", "a" * 64, "a\n", "å"])
def test_no_reference_leads_out_of_the_directory(tmp_path: Path, reference: str) -> None:
    with pytest.raises(UnusableCertificate):
        certificate_file(tmp_path, reference)


def test_each_certificate_has_one_transport_that_is_made_when_first_needed(tmp_path: Path) -> None:
    made: list[Kept] = []
    lending = lent_from(tmp_path, made)
    OWN.write(tmp_path / "umea.pem")
    OTHER.write(tmp_path / "malmo.pem")

    async def live() -> None:
        assert made == []
        for reference in ("umea", "malmo", "umea", None, None):
            async with lending.lend(reference) as lent:
                assert (lent.certificate is None) is (reference is None)
        assert [each.certificate and each.certificate.subject for each in made] == ["CN=samrad", "CN=other", None]
        await lending.close()

    asyncio.run(live())

    assert all(each.closed for each in made)


def test_a_renewed_file_is_read_anew_and_what_is_under_way_ends_with_the_old_one(tmp_path: Path) -> None:
    made: list[Kept] = []
    lending = lent_from(tmp_path, made)
    OWN.write(tmp_path / "umea.pem")

    async def live() -> None:
        async with lending.lend("umea"):
            (tmp_path / "umea.pem").write_bytes(OTHER.pem + OTHER.key_pem + b"\n")
            async with lending.lend("umea") as lent:
                assert lent.certificate is not None
                assert lent.certificate.subject == "CN=other"
                assert [each.closed for each in made] == [False, False]
        assert [each.closed for each in made] == [True, False]

    asyncio.run(live())


def test_a_file_that_went_bad_is_refused_and_its_old_transport_closed(tmp_path: Path) -> None:
    made: list[Kept] = []
    lending = lent_from(tmp_path, made)
    OWN.write(tmp_path / "umea.pem")

    async def live() -> None:
        async with lending.lend("umea"):
            pass
        (tmp_path / "umea.pem").write_bytes(b"gone")
        with pytest.raises(UnusableCertificate):
            async with lending.lend("umea"):
                raise AssertionError

    asyncio.run(live())

    assert [each.closed for each in made] == [True]


def test_the_number_of_transports_is_bounded_and_the_one_used_longest_ago_gives_way(tmp_path: Path) -> None:
    made: list[Kept] = []
    lending = lent_from(tmp_path, made, most=2)
    for name in ("a", "b", "c"):
        OWN.write(tmp_path / f"{name}.pem")

    async def live() -> None:
        async with AsyncExitStack() as under_way:
            for name in ("a", "b", "a", "c"):
                await under_way.enter_async_context(lending.lend(name))
            assert [each.closed for each in made] == [False, False, False]
        assert [each.closed for each in made] == [False, True, False]

    asyncio.run(live())


def lent_from(directory: Path, made: list[Kept], *, most: int = 10) -> TransportsByCertificate:
    def make(certificate: ClientCertificate | None) -> Kept:
        made.append(Kept(certificate))
        return made[-1]

    def files(reference: str | None) -> CertificateFiles | None:
        return None if reference is None else CertificateFiles(certificate_file(directory, reference))

    return TransportsByCertificate(make, files, lambda: datetime.now(UTC), most=most)
