"""The simulators of sources, as applications of the sandbox."""

import json
from collections.abc import Iterable
from pathlib import Path

from joserfc.jwk import import_key

from services import sandbox
from services.consultation.lookups.simulator.app import create_app as create_ssbtek
from services.consultation.lookups.simulator.rest import create_app as create_rest
from services.consultation.lookups.simulator.rest_issuer import CLIENT_ID, TOKEN_PATH, SimulatedIssuer
from services.consultation.lookups.sources.domain import SourceCode
from shared.clock import Clock
from shared.http.guard import App


def ssbtek_simulator() -> App:
    """The composite service."""
    return create_ssbtek()


def rest_simulator(home: Path, address: str, clock: Clock) -> tuple[App, Path]:
    """The REST sources, and the settings file that has Arbetsförmedlingen asked there."""
    key_file = sandbox.rest_source_key(home)
    issuer = SimulatedIssuer(address, import_key(json.loads(key_file.read_text("utf-8"))), clock)
    return create_rest(issuer), write_rest_settings(home, address, key_file, [SourceCode.AF])


def write_rest_settings(
    home: Path, address: str, key_file: Path, codes: Iterable[SourceCode], **changed: object
) -> Path:
    """`rest-sources.json`, which has the sources asked at the simulator. Answers its path."""
    entries = {
        code.value: {
            "url": f"{address}/{code.lower()}/v1/answers",
            "tokenUrl": address + TOKEN_PATH,
            "issuer": address,
            "clientId": CLIENT_ID,
            "keyFile": str(key_file),
            "scope": "answers.read",
            **changed,
        }
        for code in codes
    }
    file = home / "rest-sources.json"
    file.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    return file
