"""The official contract files, which are not part of this repository."""

from copy import deepcopy
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


def csn_folder() -> Path:
    """Where CSN's own schemas lie."""
    return _ROOT / "csn/schema/v4_0"


@cache
def csn_schema() -> etree.XMLSchema:
    """CSN's own schema, for the document inside."""
    return etree.XMLSchema(etree.parse(str(csn_folder() / "kommunfraga/kommunfraga.xsd")))


@cache
def zeep_client(*, strict: bool) -> Any:
    """An independent SOAP client, made from the WSDL."""
    make: Any = Client
    return make(str(_SSBT / "Sammansatt_Bastjanst_v10.wsdl"), settings=Settings(strict=strict))


def official_wsdl() -> str:
    """Where the official description is."""
    return str(_SSBT / "Sammansatt_Bastjanst_v10.wsdl")


SCHEMAS = {
    "AF": (_ROOT / "arbetsformedlingen/api/arbetssokande/ersattningsstod/v2/ers_stod.xsd", "SvarMeddelande"),
    "SO": (
        _ROOT.parent / "schemas/ubpservice/int014/UnemploymentBenefitPaymentService.xsd",
        "GetUnemploymentBenefitPaymentResponseType",
    ),
    "TNS": (
        _ROOT / "transportstyrelsen/schema/ssbtek/hamtauppgifterresponder/_1/HamtaUppgifterResponder_1.0.xsd",
        "HamtaUppgifterResponseType",
    ),
    "MIV": (_ROOT / "migrationsverket/schema/ssbtek/_1/SSBTEKWebService_schema1.xsd", "findByPersonnummerResponse"),
}
"""The file of a source's own contract, and the type of its `data` element there."""


def composite(code: str, data: Any) -> Any:
    """The composite answer with nothing but one source's `data` element."""
    namespace = "http://schema.forsakringskassan.se/integration/ssbt/10"
    root = etree.Element(f"{{{namespace}}}hamtaBastjanstInformationResponse")
    below = etree.SubElement(root, f"{{{namespace}}}svarsdata")
    etree.SubElement(below, f"{{{namespace}}}{code}").append(deepcopy(data))
    return root
