"""Documents made to harm who reads them, each with how it is to be named. Run as a program, it reads them all and
prints by how many megabytes the process has grown.
"""

import json
import resource
from base64 import b64decode
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

from lxml import etree

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.unit.lookups.given import FakeTransport, asked, encoded, ok, simulated

MAX_BYTES = 4 * 1024 * 1024
"""What the product lets an answer be."""

_WHOLE = simulated("complete")
_PROLOGUE = b"<?xml version='1.0' encoding='UTF-8'?>"
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_DTDS = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>',
    "quadratic laughs": f'<!DOCTYPE x [<!ENTITY l9 "{"a" * 50_000}">]>',
    "an entity of a file": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an entity elsewhere": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "http://127.0.0.1:9/x">]>',
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;<!ENTITY l9 "a">]>',
    "a parameter entity of a file": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;<!ENTITY l9 "a">]>',
}


def xml_bombs(sound: bytes) -> dict[str, bytes]:
    """A sound document of UTF-8 with something in it that no reader may follow, expand or take in."""
    sound = sound[sound.index(b"?>") + 2 :] if sound.startswith(b"<?xml") else sound
    end = sound.rindex(b"</")
    deep = 100_000
    return {
        **{name: _PROLOGUE + dtd.encode() + sound[:end] + b"<x>&l9;</x>" + sound[end:] for name, dtd in _DTDS.items()},
        "a depth of 100 000": sound[:end] + b"<x>" * deep + b"</x>" * deep + sound[end:],
        "a depth of 100": sound[:end] + b"<x>" * 100 + b"</x>" * 100 + sound[end:],
        "more elements than anyone counts": sound[:end] + b"<x/>" * 300_000 + sound[end:],
        "more attributes than anyone counts": sound[:end] + b"<x %s/>" % _attributes() + sound[end:],
        "NUL": sound[:end] + b"\x00" + sound[end:],
        "bytes that are no characters": sound[:end] + b"\xff\xfe\xfa" + sound[end:],
        "UTF-7": b"<?xml version='1.0' encoding='UTF-7'?>" + sound.replace(b"<", b"+ADw-"),
        "UTF-16 without its mark": sound.decode().encode("utf-16-le"),
        "an unknown encoding": b"<?xml version='1.0' encoding='x-secret'?>" + sound,
        "cut off": sound[:end],
        "twice": sound + sound,
        "nothing": b"",
    }


def _attributes() -> bytes:
    return b" ".join(b'a%d=""' % number for number in range(260_000))


def sound_forms(sound: str) -> dict[str, bytes]:
    """The same document in encodings that XML has: to be read as ever."""
    return {
        "with a byte order mark": b"\xef\xbb\xbf" + sound.encode(),
        "in UTF-16": sound.encode("utf-16"),
        "in Latin-1": b"<?xml version='1.0' encoding='ISO-8859-1'?>" + sound.encode("latin-1"),
    }


JSON_BOMBS: Mapping[str, bytes] = MappingProxyType(
    {
        "deep lists": b"[" * 100_000 + b"]" * 100_000,
        "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "wide": b"[" + b"1," * 1_000_000 + b"1]",
        "a number of a million digits": b'{"utlamnare": ' + b"9" * 1_000_000 + b"}",
        "a number with a huge exponent": b'{"utlamnare": 1e999999999}',
        "no number": b'{"utlamnare": NaN}',
        "a member twice": b'{"utlamnare": [], "utlamnare": []}',
        "half of a pair": b'{"utlamnare": "\\ud800"}',
        "in UTF-16": json.dumps({"utlamnare": []}).encode("utf-16"),
        "in UTF-7": "{+ACI-utlamnare+ACI-: []}".encode("ascii"),
        "NUL": b'{"utlamnare": []}\x00',
        "cut off": b'{"utlamnare": [',
        "nothing": b"",
    }
)
NO_BASE64: Mapping[str, str] = MappingProxyType(
    {
        "other characters": "<![CDATA[*?*?]]>",
        "of the wrong length": "abcde",
        "padding in the middle": "YQ==YQ==",
        "letters of another script": "ЯЯЯЯ",
    }
)

_NOT_IN_A_STRING = frozenset(
    {
        # A string of XML can't hold it, or it is decoded before the document inside is looked at.
        "NUL",
        "bytes that are no characters",
        "UTF-16 without its mark",
        "an unknown encoding",
        # Counted in the answer as a whole, which is refused.
        "more attributes than anyone counts",
    }
)


def with_inner(code: SourceCode, text: str) -> bytes:
    """The whole answer with another text in the wrapping of CSN, Skatteverket or FK."""
    root = etree.fromstring(_WHOLE)
    wrapping = next(root.iter(V10.name(code)))[0][0]
    wrapping.text = "PLACE"
    return etree.tostring(root).replace(b"PLACE", text.encode())


def inner(code: SourceCode) -> bytes:
    """The sound document inside, in UTF-8."""
    root = etree.fromstring(_WHOLE)
    text = next(root.iter(V10.name(code)))[0][0].text or ""
    if code is SourceCode.SKV:
        return text.encode()
    return etree.tostring(etree.fromstring(b64decode(text)), encoding="UTF-8", xml_declaration=True)


def inner_bombs() -> Iterator[tuple[SourceCode, str, bytes]]:
    """The source, the name, and the whole answer with a bomb in the document inside that source."""
    for name, document in xml_bombs(inner(SourceCode.CSN)).items():
        yield SourceCode.CSN, name, with_inner(SourceCode.CSN, encoded(document))
    for name, document in xml_bombs(inner(SourceCode.SKV)).items():
        if name not in _NOT_IN_A_STRING:
            yield SourceCode.SKV, name, with_inner(SourceCode.SKV, escape(document.decode()))
    nested = f"<![CDATA[{'<x>' * 100_000}{'</x>' * 100_000}]]>"
    yield SourceCode.SKV, "a depth of 100 000 in CDATA", with_inner(SourceCode.SKV, nested)
    for name, document in JSON_BOMBS.items():
        yield SourceCode.FK, name, with_inner(SourceCode.FK, encoded(document))
    for code in (SourceCode.CSN, SourceCode.FK):
        for name, text in NO_BASE64.items():
            yield code, name, with_inner(code, text)


def read_all() -> int:
    """Read every bomb through the client; how many there were."""
    bodies = [*xml_bombs(_WHOLE).values(), *(body for _, _, body in inner_bombs())]
    for body in bodies:
        asked(FakeTransport([ok(body)]), max_answer_bytes=MAX_BYTES)
    return len(bodies)


def _peak() -> int:
    """Of this process, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    asked(FakeTransport([ok(_WHOLE)]), max_answer_bytes=MAX_BYTES)
    before = _peak()
    count = read_all()
    print(json.dumps({"documents": count, "grown": _peak() - before}))
