"""Documents that are archives: Office Open XML (ISO/IEC 29500) and OpenDocument (ISO/IEC 26300).

The archive is looked at through its own directory and not unpacked, but for the one small part that says what it is.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence

from services.consultation.attachments.contents.domain import Unfit, Unfitness
from services.consultation.consultations.attachments.domain import MediaType

MOST_ENTRIES, MOST_DIRECTORY_BYTES = 2_000, 512 * 1024
MOST_UNPACKED_BYTES, MOST_RATIO = 200 * 1024 * 1024, 100
_END = struct.Struct("<4s4H2IH")
_LOCAL_HEADER_BYTES = 30
_KNOWN_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_CONTENT_TYPES, _MIMETYPE, _MANIFEST = "[Content_Types].xml", "mimetype", "META-INF/manifest.xml"
_MOST_READ_BYTES = 512 * 1024
_STATED = re.compile(r"""ContentType\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MAIN_PARTS = {
    f"{MediaType.DOCX}.main+xml": MediaType.DOCX,
    f"{MediaType.XLSX}.main+xml": MediaType.XLSX,
}
_ACTIVE_PARTS = ("macroenabled", "vbaproject", "activex", "oleobject", "ms-office.vba")
_ACTIVE_FOLDERS = ("basic/", "scripts/")
_ACTIVE_ENDINGS = (".bin", ".exe", ".dll", ".js", ".vbs", ".ps1", ".bat", ".cmd", ".hta", ".jar", ".swf", ".lnk")
_OPEN_DOCUMENTS = {each.value: each for each in (MediaType.ODT, MediaType.ODS)}


def check_office_file(content: bytes) -> MediaType:
    """Which document it is. Raises Unfit."""
    archive, entries = _directory(content)
    _check_entries(entries)
    names = {entry.filename for entry in entries}
    if _CONTENT_TYPES in names:
        return _office_open_xml(archive, entries)
    if entries[0].filename == _MIMETYPE:
        return _open_document(archive, entries)
    raise Unfit(Unfitness.TYPE_NOT_ALLOWED)


def _directory(content: bytes) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """What the archive says that it holds, when the archive is all that the file holds."""
    at = len(content) - _END.size
    if at < 0 or content[at : at + 4] != b"PK\x05\x06":
        # A comment, or whatever has been added behind; or half of a file.
        raise Unfit(Unfitness.SEVERAL_TYPES if zipfile.is_zipfile(io.BytesIO(content)) else Unfitness.BROKEN)
    _, *disks, total, size, begins, comment = _END.unpack_from(content, at)
    if total > MOST_ENTRIES or size > MOST_DIRECTORY_BYTES:
        raise Unfit(Unfitness.EXPANDS_TOO_MUCH)
    if any(disks[:2]) or comment or begins + size != at:
        raise Unfit(Unfitness.SEVERAL_TYPES)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError):
        raise Unfit(Unfitness.BROKEN) from None
    if len(entries) != total or not entries or entries[0].header_offset != 0:
        raise Unfit(Unfitness.BROKEN)
    _check_overlaps(content, entries, begins)
    return archive, entries


def _check_overlaps(content: bytes, entries: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Entries that share their bytes are how a small file becomes an enormous one."""
    limits = [entry.header_offset for entry in entries[1:]] + [directory]
    for entry, limit in zip(entries, limits, strict=True):
        at = entry.header_offset
        if content[at : at + 4] != b"PK\x03\x04" or at + _LOCAL_HEADER_BYTES > directory:
            raise Unfit(Unfitness.BROKEN)
        name, extra = struct.unpack_from("<HH", content, at + 26)
        if at + _LOCAL_HEADER_BYTES + name + extra + entry.compress_size > limit:
            raise Unfit(Unfitness.EXPANDS_TOO_MUCH)


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unfit(Unfitness.ENCRYPTED)
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if unpacked > MOST_UNPACKED_BYTES or unpacked > max(MOST_RATIO * packed, 1024 * 1024):
        raise Unfit(Unfitness.EXPANDS_TOO_MUCH)
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names) or any(entry.compress_type not in _KNOWN_METHODS for entry in entries):
        raise Unfit(Unfitness.BROKEN)
    if any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names):
        raise Unfit(Unfitness.BROKEN)
    if any(name.endswith(_ACTIVE_ENDINGS) and not _is_harmless(name) for name in names):
        raise Unfit(Unfitness.ACTIVE_CONTENT)


def _is_harmless(name: str) -> bool:
    """What a spreadsheet keeps of its printer lies in a binary part."""
    return re.fullmatch(r"(?:xl|word)/printersettings/printersettings\d+\.bin", name) is not None


def _office_open_xml(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> MediaType:
    text = _read(archive, next(entry for entry in entries if entry.filename == _CONTENT_TYPES))
    if "&" in text or "<!" in text:
        # Written so that one reader sees other types than another.
        raise Unfit(Unfitness.BROKEN)
    stated = {(double or single).lower() for double, single in _STATED.findall(text)}
    if any(part in each for each in stated for part in _ACTIVE_PARTS):
        raise Unfit(Unfitness.ACTIVE_CONTENT)
    found = [media_type for part, media_type in _MAIN_PARTS.items() if part in stated]
    if len(found) != 1:
        raise Unfit(Unfitness.SEVERAL_TYPES if found else Unfitness.TYPE_NOT_ALLOWED)
    return found[0]


def _open_document(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> MediaType:
    media_type = _OPEN_DOCUMENTS.get(_read(archive, entries[0]))
    if media_type is None:
        raise Unfit(Unfitness.TYPE_NOT_ALLOWED)
    if any(entry.filename.lower().startswith(_ACTIVE_FOLDERS) for entry in entries):
        raise Unfit(Unfitness.ACTIVE_CONTENT)
    manifest = next((entry for entry in entries if entry.filename == _MANIFEST), None)
    if manifest is None:
        raise Unfit(Unfitness.BROKEN)
    if "encryption-data" in _read(archive, manifest):
        raise Unfit(Unfitness.ENCRYPTED)
    return media_type


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """A small part of the archive, and no more of it than a small part has."""
    try:
        with archive.open(entry) as part:
            read = part.read(_MOST_READ_BYTES + 1)
        if len(read) > _MOST_READ_BYTES:
            raise Unfit(Unfitness.EXPANDS_TOO_MUCH)
        return read.decode("utf-8-sig")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        UnicodeDecodeError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ):
        raise Unfit(Unfitness.BROKEN) from None
