"""The SOAP 1.1 envelope as a server reads and writes it."""

import re
from copy import deepcopy

from lxml import etree

from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.rules import SOAP_NAMESPACE, violations
from services.consultation.lookups.sources.ssbtek.xml import DocumentError, Element, parse
from services.consultation.problems import BREAKS_CONTRACT, NOT_SOAP
from shared.problems import UNSUPPORTED_MEDIA_TYPE, Problem, Words

MAX_REQUEST_BYTES = 256 * 1024
MEDIA_TYPE = "text/xml; charset=utf-8"

_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
# What a parser that trusts the schema would use, and says nothing more about the question.
_HINTS = (
    f"{_SCHEMA_INSTANCE}schemaLocation",
    f"{_SCHEMA_INSTANCE}noNamespaceSchemaLocation",
    f"{_SCHEMA_INSTANCE}type",
)
_MEDIA_TYPES = frozenset(("text/xml", "application/xml"))
_ENCODINGS = frozenset(("utf-8", "utf-16", "us-ascii"))
_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WRONG_ENCODING = Words("Meddelandet ska vara i UTF-8", "The message must be in UTF-8")
_UNREADABLE = {
    "the document is too large": Words("Meddelandet är för stort", "The message is too large"),
    "the document is not well-formed XML": Words(
        "Meddelandet är inte välformad XML", "The message is no well-formed XML"
    ),
    "the document has a DTD": Words("Meddelandet har en DTD", "The message has a DTD"),
    "the document is nested too deep": Words("Meddelandet är för djupt nästlat", "The message is nested too deep"),
}
_OTHER_VERSION = Words("Meddelandet är av en annan version av SOAP", "The message is of another version of SOAP")
_NOT_UNDERSTOOD = Words(
    "Ett huvud som måste förstås förstås inte här", "A header that must be understood is not understood here"
)


class VersionMismatch(Problem):
    """An envelope of another version of SOAP; it has a fault code of its own."""


class MustUnderstand(Problem):
    """A header that says it must be understood; it has a fault code of its own. None is understood here."""


def check_media_type(content_type: str) -> None:
    """Raises Problem for what is not sent as XML.

    A page of another site can have a browser send plain text with the user's certificate, but not this.
    """
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type not in _MEDIA_TYPES:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, NOT_SOAP.action)
    charsets = [part.partition("=")[2].strip("\"' ") for part in parameters if part.startswith("charset")]
    if any(charset not in _ENCODINGS for charset in charsets):
        raise Problem(NOT_SOAP, _WRONG_ENCODING)


def read_operation(body: bytes) -> Element:
    """The one element in the Body of the message, without hints on schemas. Raises Problem 400.

    Nothing else in the message is looked at, so nothing else can be taken for the question.
    """
    operation = _only_operation(_parsed(body))
    for element in operation.iter(etree.Element):
        for hint in _HINTS:
            element.attrib.pop(hint, None)
    return operation


def check_contract(operation: Element, version: ContractVersion) -> None:
    """Raises Problem 422, which names what breaks the contract by element."""
    broken = violations(etree.tostring(in_envelope(deepcopy(operation))), version)
    if broken:
        raise Problem(BREAKS_CONTRACT, members={"violations": broken[:20]})


def _parsed(body: bytes) -> Element:
    declared = _DECLARED.match(body[:200])
    wide = body.startswith(_UTF_16)
    if declared and declared[1].decode("ascii").lower() not in _ENCODINGS:
        raise Problem(NOT_SOAP, _WRONG_ENCODING)
    try:
        # Said to the parser, which otherwise guesses: EBCDIC, UTF-7 and UTF-32 would say something else to others.
        return parse(body, max_bytes=MAX_REQUEST_BYTES, encoding="UTF-16" if wide else "UTF-8")
    except DocumentError as fault:
        raise Problem(NOT_SOAP, _UNREADABLE.get(str(fault))) from None


def _only_operation(envelope: Element) -> Element:
    name = etree.QName(envelope)
    if name.localname == "Envelope" and name.namespace != SOAP_NAMESPACE:
        raise VersionMismatch(NOT_SOAP, _OTHER_VERSION)
    parts = [child.tag for child in envelope]
    if envelope.tag != soap("Envelope") or parts not in ([soap("Body")], [soap("Header"), soap("Body")]):
        raise Problem(NOT_SOAP)
    for header in envelope[0] if len(parts) == 2 else ():
        if header.get(soap("mustUnderstand"), "").strip() in ("1", "true"):
            raise MustUnderstand(NOT_SOAP, _NOT_UNDERSTOOD)
    if len(envelope[-1]) != 1:
        raise Problem(NOT_SOAP)
    return envelope[-1][0]


def in_envelope(content: Element, header: Element | None = None) -> Element:
    """An envelope with this in its Body, and with a header that nobody has to understand."""
    envelope = etree.Element(soap("Envelope"), nsmap={"soap": SOAP_NAMESPACE})
    if header is not None:
        etree.SubElement(envelope, soap("Header")).append(header)
    etree.SubElement(envelope, soap("Body")).append(content)
    return envelope


def written(envelope: Element) -> bytes:
    """The message as bytes in UTF-8."""
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def soap(name: str) -> str:
    """A name of SOAP 1.1, as lxml writes it."""
    return f"{{{SOAP_NAMESPACE}}}{name}"
