"""The client library that the integration page sets up, run as it stands there."""

import re

from tests.exchange import Exchange
from tests.instance import ROOT
from tests.interop.node import needs_node, run_node

PAGE = ROOT / "docs" / "integration.md"
BLOCK = re.compile(r"^```js\n(.*?)^```", re.MULTILINE | re.DOTALL)


@needs_node
def test_the_client_of_the_integration_page_gets_a_token_and_calls(exchange: Exchange) -> None:
    (script,) = BLOCK.findall(PAGE.read_text("utf-8"))

    said = run_node(
        ["--input-type=module"],
        script,
        SAMRAD=exchange.base_url,
        CLIENT_ID="umea",
        KEY_FILE=str(exchange.home / "clients" / "umea.jwk"),
    )

    assert said.startswith("200 {")
    assert "consultations: [" in said
