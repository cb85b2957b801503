"""Demo clients: systems with keys of their own making, so that a clone can be tried in full.

The registry marks them, and the gateway refuses to start with them on a public address.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from services.gateway.tokens.files import replace_private
from services.gateway.tokens.metadata import TOKEN_PATH
from shared.tokens.client import ClientIdentity

_STATISTICS = ("samrad:statistics.read", "samrad:agreements.read")
_DASHBOARD = (*_STATISTICS, "samrad:sources.read")
_LOOKUPS = ("samrad:lookups.create", "samrad:lookups.read", "samrad:audit.read", "samrad:agreements.read")
_MUNICIPALITY = (
    *_LOOKUPS,
    "samrad:consultations.create",
    "samrad:consultations.read",
    "samrad:consultations.manage",
    "samrad:agreements.write",
    "samrad:delegations.manage",
    "samrad:delegations.read",
    "samrad:sources.read",
    "samrad:statistics.read",
    "samrad:faq.read",
    "samrad:protected.mark",
    "samrad:webhooks.manage",
    "samrad:retention.hold",
)
# For the few at a municipality who work with persons with protected identity.
_PROTECTED = (*_LOOKUPS, "samrad:consultations.read", "samrad:protected.mark", "samrad:protected.read")
_ASKER = (
    "samrad:consultations.create",
    "samrad:consultations.read",
    "samrad:consultations.manage",
    "samrad:faq.read",
)
# For the few on either side who work with violence in close relationships.
_VIOLENCE = (*_LOOKUPS, *_ASKER, "samrad:violence.read")
_FUND = (*_LOOKUPS, *_ASKER)
_WORKBENCH = (
    "samrad:queue.work",
    "samrad:consultations.read",
    "samrad:audit.read",
    "samrad:agreements.write",
    "samrad:protected.mark",
    "samrad:webhooks.manage",
    "samrad:faq.read",
    *_STATISTICS,
)
# For who leads the work of the handlers, approves answers that two have to see, and confirms what is published.
_LEAD = (
    *_WORKBENCH,
    "samrad:queue.lead",
    "samrad:answers.approve",
    "samrad:templates.manage",
    "samrad:faq.confirm",
)
# For the few who decide which unit handles what, set hours and targets, which answers two handlers have to see, and
# what must not be erased.
_MANAGER = (
    "samrad:units.manage",
    "samrad:units.clocks",
    "samrad:approvals.rule",
    "samrad:retention.hold",
    "samrad:audit.read",
    *_STATISTICS,
)
_SUPPLIER = ("samrad:agreements.read", "samrad:delegations.read")
_FOR_OTHERS = (
    "samrad:lookups.create",
    "samrad:lookups.read",
    "samrad:consultations.create",
    "samrad:consultations.read",
    "samrad:consultations.manage",
    "samrad:faq.read",
    "samrad:sources.read",
    *_STATISTICS,
)


@dataclass(frozen=True, slots=True)
class DemoClient:
    """What is registered for a demo client. Its id is its name in `DEMO_CLIENTS`."""

    organisation: str
    kind: str
    name: str
    scopes: tuple[str, ...]
    delegated_scopes: tuple[str, ...] = ()


DEMO_CLIENTS: Mapping[str, DemoClient] = {
    "umea": DemoClient("2120002627", "municipality", "Umeå kommun, ärendesystem (demo)", _MUNICIPALITY),
    "umea-protected": DemoClient(
        "2120002627", "municipality", "Umeå kommun, skyddade personuppgifter (demo)", _PROTECTED
    ),
    "umea-violence": DemoClient("2120002627", "municipality", "Umeå kommun, våld i nära relation (demo)", _VIOLENCE),
    "malmo": DemoClient("2120001124", "municipality", "Malmö kommun, ärendesystem (demo)", _MUNICIPALITY),
    "af-workbench": DemoClient("2021002114", "state_agency", "Arbetsförmedlingen, arbetsyta (demo)", _WORKBENCH),
    "af-lead": DemoClient("2021002114", "state_agency", "Arbetsförmedlingen, arbetsledning (demo)", _LEAD),
    # For the few who handle what Kriminalvården asks.
    "af-corrections": DemoClient(
        "2021002114",
        "state_agency",
        "Arbetsförmedlingen, handläggare för Kriminalvården (demo)",
        (*_WORKBENCH, "samrad:queue.corrections", "samrad:answers.approve"),
    ),
    "af-violence": DemoClient(
        "2021002114",
        "state_agency",
        "Arbetsförmedlingen, handläggare för våld i nära relation (demo)",
        (*_WORKBENCH, "samrad:violence.read", "samrad:answers.approve"),
    ),
    "af-manager": DemoClient("2021002114", "state_agency", "Arbetsförmedlingen, enhetschef (demo)", _MANAGER),
    "dashboard": DemoClient("2021002114", "state_agency", "Ledtider, öppen statistik (demo)", _DASHBOARD),
    "kriminalvarden": DemoClient("2021000225", "state_agency", "Kriminalvården, ärendesystem (demo)", _ASKER),
    # Invented, like the next: the check digit holds, and no organisation has the number.
    "akassa": DemoClient("8029990002", "a_kassa", "Exempelkassan (demo)", _FUND),
    "casesystem": DemoClient("5599990008", "supplier", "Exempelsystem, ärendesystem (demo)", _SUPPLIER, _FOR_OTHERS),
    "consultation": DemoClient(
        "2021002114",
        "operator",
        "Tjänsten consultation (demo)",
        ("samrad:decisions.make", "samrad:delegations.check"),
    ),
}


def write_demo_clients(folder: Path) -> Path:
    """Write `<name>.jwk` (mode 0600) for each demo client, and the registry `clients.json`. Answers its path.

    Keys that are there already are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_entry(name, client, _key(folder, name)) for name, client in DEMO_CLIENTS.items()]
    registry = folder / "clients.json"
    registry.write_text(json.dumps({"clients": entries}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return registry


def demo_identity(folder: Path, name: str, *, public_url: str, dialled_url: str | None = None) -> ClientIdentity:
    """The identity of a written demo client. `dialled_url` is where the gateway is reached when that differs."""
    return ClientIdentity(
        client_id=name,
        key=ECKey.import_key(json.loads((folder / f"{name}.jwk").read_text("utf-8"))),
        issuer=public_url,
        token_url=(dialled_url or public_url) + TOKEN_PATH,
        public_token_url=public_url + TOKEN_PATH,
    )


def _key(folder: Path, name: str) -> ECKey:
    path = folder / f"{name}.jwk"
    if not path.exists():
        key = ECKey.generate_key("P-256", private=True)
        replace_private(path, json.dumps({**key.as_dict(private=True), "kid": key.thumbprint()}))
    return ECKey.import_key(json.loads(path.read_text("utf-8")))


def _entry(name: str, client: DemoClient, key: ECKey) -> dict[str, Any]:
    return {
        "clientId": name,
        "organisation": client.organisation,
        "kind": client.kind,
        "name": client.name,
        "jwks": {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]},
        "scopes": sorted(set(client.scopes)),
        "delegatedScopes": sorted(set(client.delegated_scopes)),
        "disabled": False,
        "demo": True,
    }
