"""Small files of each type that is passed on, and of some that are not, made here byte by byte."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT_DOCUMENT = "application/vnd.oasis.opendocument.text"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner finds, and nothing else minds (eicar.org)."""


def pdf(more: bytes = b"") -> bytes:
    """A document of one empty page, with `more` in its body."""
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" + more + b"\ntrailer << >>\n%%EOF\n"


def png(width: int = 1, height: int = 1, more: bytes = b"") -> bytes:
    """A picture, with `more` after its header."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + more + data + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int = 1, height: int = 1, coded: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """A picture, as far as its segments go."""
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
        + _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0")
        + _segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + coded
        + b"\xff\xd9"
    )


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def archive(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these parts, in order."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def office(main: str = f"{WORD}.main+xml", *more_types: str, parts: Mapping[str, bytes] | None = None) -> bytes:
    """An Office Open XML file whose parts are of these types."""
    types = "".join(f'<Override PartName="/p{n}" ContentType="{each}"/>' for n, each in enumerate((main, *more_types)))
    return archive(
        {"[Content_Types].xml": f"<Types>{types}</Types>".encode(), "word/document.xml": b"<w/>"} | dict(parts or {})
    )


def open_document(media_type: str = TEXT_DOCUMENT, manifest: bytes = b"<manifest/>", **parts: bytes) -> bytes:
    """An OpenDocument file."""
    folders = {name.replace("__", "/"): content for name, content in parts.items()}
    return archive(
        {"mimetype": media_type.encode(), "META-INF/manifest.xml": manifest, "content.xml": b"<c/>", **folders}
    )
