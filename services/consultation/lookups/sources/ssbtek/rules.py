"""Our own check of an outgoing request: the rules of the contract's schema, and the case reference cap.

The schema itself is not ours to publish, so the rules are written out here; a contract test holds the two
together. The texts name elements, never values.
"""

from lxml import etree

from services.consultation.lookups.sources.ssbtek import lexical
from services.consultation.lookups.sources.ssbtek.contents import PERIOD
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.grammar import Part, Problems, check, leaf
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, children, local_name, parse

SOAP_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
MAX_REQUEST_BYTES = 1_000_000

_GENERAL = (
    leaf("frageTidpunkt", lexical.is_date_time, least=0),
    leaf("korrelationsid", lexical.is_text, least=0),
    leaf("fraganSkallInkluderasISvaret", lexical.is_boolean_or_default),
    Part(
        "ingivare",
        (
            leaf("organisationsnummer", lexical.is_organisation_number),
            leaf("namn", lexical.is_filled),
            leaf("handlaggare", lexical.is_filled),
        ),
    ),
    leaf("personidentitet", lexical.is_person_number),
    leaf("arendeidentitet", lexical.is_case_reference),
    Part("tidsperiod", PERIOD),
    Part(
        "personuppgiftsbitrade",
        (
            leaf("ordningsnummer", lexical.is_short, least=0),
            leaf("organisationsnummer", lexical.is_organisation_number),
            leaf("namn", lexical.is_filled),
        ),
        least=0,
        most=None,
    ),
    leaf("syfte", lexical.is_text),
    leaf("lagtext", lexical.is_text),
)


class InvalidRequestError(ValueError):
    """The request would break the contract, so it is not sent. `violations` hold no personal data."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


def violations(request: bytes, version: ContractVersion) -> list[str]:
    """What in a SOAP request, question or probe, breaks the contract; empty when nothing does."""
    try:
        envelope = parse(request, max_bytes=MAX_REQUEST_BYTES)
    except DocumentError as error:
        return [str(error)]
    operation = operation_of(envelope)
    if operation is None:
        return ["Envelope: not a SOAP 1.1 envelope with one operation in its Body"]
    problems: Problems = []
    if operation.tag == version.name(version.question):
        check(operation, _question(version), version.namespace, problems)
    elif operation.tag == version.name(version.probe):
        check(operation, Part(version.probe, ()), version.namespace, problems)
    else:
        problems.append("Body: not an operation of this version of the contract")
    return problems


def _question(version: ContractVersion) -> Part:
    sources = tuple(Part(code, version.contents[code], include=True) for code in version.parts)
    return Part(
        version.question,
        (Part("generellaFrageparametrar", _GENERAL), Part("specifikaFrageparametrar", sources)),
    )


def operation_of(envelope: Element) -> Element | None:
    """The single element in the Body of a SOAP 1.1 envelope, or None when it is anything else."""
    if envelope.tag != etree.QName(SOAP_NAMESPACE, "Envelope").text:
        return None
    names = [local_name(child) for child in envelope]
    bodies = children(envelope).get("Body", [])
    if names not in (["Body"], ["Header", "Body"]) or len(bodies[0]) != 1:
        return None
    return bodies[0][0]
