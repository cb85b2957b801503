"""The sandbox: what a clone needs to run with no settings at all, made under `SAMRAD_HOME` and only on loopback."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from services.sandbox_certificates import Authority

CONSULTATION, AGREEMENTS, SIMULATOR, FACADE = 1, 2, 3, 4
"""How far from PORT each part listens."""

EXAMPLE_SECRET = "ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSE="  # noqa: S105 - refused as a secret
"""What stands in deploy/env; a start on a public address refuses it."""

LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


SSBTEK_VERSION = "10"
"""Of the contract that the sandbox speaks unless `SAMRAD_CONSULTATION_SSBTEK_VERSION` says otherwise."""


def environment(
    home: Path, host: str, port: int, public_url: str, *, ssbtek_version: str = SSBTEK_VERSION
) -> dict[str, str]:
    """Settings for everything that is not set: addresses, key files and secrets of one's own."""
    clients = home / "clients"
    inside = f"http://{host}"
    return {
        "SAMRAD_GATEWAY_PUBLIC_URL": public_url,
        "SAMRAD_GATEWAY_CONSULTATION_URL": f"{inside}:{port + CONSULTATION}",
        "SAMRAD_GATEWAY_AGREEMENTS_URL": f"{inside}:{port + AGREEMENTS}",
        "SAMRAD_GATEWAY_CLIENTS_FILE": str(clients / "clients.json"),
        "SAMRAD_GATEWAY_KEYS_FILE": str(issuer_keys(home)),
        "SAMRAD_AUDIT_CHECKPOINT_DIRECTORY": str(home / "checkpoints"),
        "SAMRAD_AUDIT_CHECKPOINT_KEY_FILE": str(_signing_key(home, "checkpoint.jwk")),
        "SAMRAD_AGREEMENTS_PUBLIC_URL": public_url,
        "SAMRAD_AGREEMENTS_ISSUER": public_url,
        "SAMRAD_AGREEMENTS_JWKS_URL": f"{inside}:{port}/oauth/jwks",
        "SAMRAD_AGREEMENTS_SEALING_KEY": _secret(home, "agreements-sealing"),
        "SAMRAD_AGREEMENTS_MARKING_KEY": _secret(home, "agreements-marking"),
        "SAMRAD_CONSULTATION_PUBLIC_URL": public_url,
        "SAMRAD_CONSULTATION_ISSUER": public_url,
        "SAMRAD_CONSULTATION_JWKS_URL": f"{inside}:{port}/oauth/jwks",
        "SAMRAD_CONSULTATION_TOKEN_URL": f"{inside}:{port}/oauth/token",
        "SAMRAD_CONSULTATION_AGREEMENTS_URL": f"{inside}:{port + AGREEMENTS}",
        "SAMRAD_CONSULTATION_CLIENT_KEY_FILE": str(clients / "consultation.jwk"),
        "SAMRAD_CONSULTATION_SEALING_KEY": _secret(home, "consultation-sealing"),
        "SAMRAD_CONSULTATION_MARKING_KEY": _secret(home, "consultation-marking"),
        "SAMRAD_CONSULTATION_ATTACHMENTS_DIRECTORY": str(home / "attachments"),
        "SAMRAD_CONSULTATION_SSBTEK_URL": f"{inside}:{port + SIMULATOR}/ssbt/{ssbtek_version}",
        "SAMRAD_CONSULTATION_SSBTEK_VERSION": ssbtek_version,
        # Whatever listens on this machine can be reached by who uses the sandbox anyway.
        "SAMRAD_CONSULTATION_WEBHOOK_THIS_MACHINE": "true",
        **_facade(home / "facade", host, port + FACADE),
    }


def _facade(folder: Path, host: str, port: int) -> dict[str, str]:
    if not folder.exists():
        _write_facade(folder, host)
    return {
        "SAMRAD_CONSULTATION_FACADE_PORT": str(port),
        "SAMRAD_CONSULTATION_FACADE_CERTIFICATE_FILE": str(folder / "server.crt"),
        "SAMRAD_CONSULTATION_FACADE_KEY_FILE": str(folder / "server.key"),
        "SAMRAD_CONSULTATION_FACADE_CLIENT_CA_FILE": str(folder / "ca.crt"),
        "SAMRAD_CONSULTATION_FACADE_CLIENTS_FILE": str(folder / "clients.json"),
    }


def _write_facade(folder: Path, host: str) -> None:
    """An authority, a server and the demo municipality's case system, as whole as a folder that appears at once."""
    authority = Authority()
    server, client = authority.server(*{host, "127.0.0.1"} - {"localhost"}), authority.client("umea")
    registered = {
        "fingerprint": client.fingerprint,
        "clientId": "umea",
        "organisationNumber": "2120002627",
        "name": "Umeå kommun",
        "scopes": ["samrad:lookups.create"],
        "purpose": "financial_aid_application",
    }
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    for name, content in (
        ("ca.crt", authority.certificate.decode()),
        ("server.crt", server.certificate.decode()),
        ("server.key", server.key.decode()),
        ("umea.crt", client.certificate.decode()),
        ("umea.key", client.key.decode()),
        ("clients.json", json.dumps({"clients": [registered]}, ensure_ascii=False, indent=2) + "\n"),
    ):
        _write(draft / name, content)
    try:
        draft.rename(folder)
    except OSError:
        # Another process was first, and its folder stands.
        shutil.rmtree(draft)


def issuer_keys(home: Path) -> Path:
    """Where the sandbox's issuer has its keys."""
    return home / "secrets" / "issuer.jwks"


def rest_source_key(home: Path) -> Path:
    """Where the sandbox has its key as a client of the simulated REST sources."""
    return _signing_key(home, "rest-source.jwk")


def _secret(home: Path, name: str) -> str:
    file = home / "secrets" / name
    if not file.exists():
        _write(file, base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text("ascii")


def _signing_key(home: Path, name: str) -> Path:
    file = home / "secrets" / name
    if not file.exists():
        _write(file, json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)))
    return file


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked into place: a crash never leaves half a key, and of two processes that start at once
    # the first one's stands.
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


_STARTING_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Simulator:
    """The simulator of the sources as a process beside us."""

    process: "subprocess.Popen[bytes]"
    host: str
    port: int

    def listens(self) -> bool:
        """Whether it has come up; waits for it."""
        until = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return True
            time.sleep(0.02)
        return False


@contextmanager
def simulator(root: Path, host: str, first_port: int, *, version: str = SSBTEK_VERSION) -> Iterator[Simulator]:
    """Start it, without waiting; it ends with the block, or with us however we end."""
    port = first_port + SIMULATOR
    arguments = ["simulate", "ssbtek", "--version", version, "--host", host, "--port", str(port)]
    arguments += ["--with-parent", str(os.getpid())]
    command = [sys.executable, "-m", "services", *arguments]
    # In a session of its own: Ctrl-C reaches us, and we stop it.
    process = subprocess.Popen(command, cwd=root, start_new_session=True)  # noqa: S603 - our own program
    try:
        yield Simulator(process, host, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
