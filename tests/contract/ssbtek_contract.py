"""The official contract files, which are not part of this repository."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from zeep import Client, Settings

_ROOT = Path(__file__).parents[3] / "shared" / "contracts" / "ssbtek-v10" / "se"
_SSBT = _ROOT / "forsakringskassan/schema/integration/ssbt/_10"

needs_contract = pytest.mark.skipif(
    not _ROOT.is_dir(), reason="the official contract files are not in ../shared/contracts"
)


@cache
def schema() -> etree.XMLSchema:
    """The schema of version 10."""
    return etree.XMLSchema(etree.parse(str(_SSBT / "sammansatt_bastjanst_v10.xsd")))


@cache
def csn_schema() -> etree.XMLSchema:
    """CSN's own schema, for the document inside."""
    return etree.XMLSchema(etree.parse(str(_ROOT / "csn/schema/v4_0/kommunfraga/kommunfraga.xsd")))


@cache
def zeep_client(*, strict: bool) -> Any:
    """An independent SOAP client, made from the WSDL."""
    make: Any = Client
    return make(str(_SSBT / "Sammansatt_Bastjanst_v10.wsdl"), settings=Settings(strict=strict))


def official_wsdl() -> str:
    """Where the official description is."""
    return str(_SSBT / "Sammansatt_Bastjanst_v10.wsdl")
