"""Our WSDL and schemas, with the address filled in."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

FOLDER = Path(__file__).with_name("contract")
_LOCATION = re.compile(r'schemaLocation="([a-z]+\.xsd)"')


def contract_documents(address: str) -> Mapping[str, bytes]:
    """By the query that asks for it, as `wsdl` or `xsd=ssbt.xsd`, a document that leads to the others at `address`."""
    here = escape(address)
    files = {f"xsd={file.name}": file for file in sorted(FOLDER.glob("*.xsd"))} | {"wsdl": FOLDER / "service.wsdl"}
    return {query: _located(file.read_text("utf-8"), here) for query, file in files.items()}


def _located(text: str, address: str) -> bytes:
    found = _LOCATION.sub(lambda file: f'schemaLocation="{address}?xsd={file[1]}"', text)
    return found.replace('location="{address}"', f'location="{address}"').encode()
