"""Names of files: read from Content-Disposition, and written in it again (RFC 6266, RFC 8187).

A name may hold anybody's name or number. It travels in that header alone, and is sealed where it is kept.
"""

import re
import unicodedata
import uuid
from urllib.parse import quote, unquote_to_bytes

from services.consultation.consultations.attachments.problems import ATTACHMENT_NAME_INVALID
from shared.problems import Problem
from shared.vault import Vault

MOST_CHARACTERS = 150

_STATED = re.compile(r"\s*attachment\s*((?:;[^;\"]*(?:\"(?:[^\"\\]|\\.)*\"[^;\"]*)?)+)", re.IGNORECASE)
_EXTENDED = re.compile(r";\s*filename\*\s*=\s*UTF-8'[^']*'([!#$&+.^_`|~%0-9A-Za-z-]+)\s*(?=;|$)", re.IGNORECASE)
_PLAIN = re.compile(
    r";\s*filename\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))\s*(?=;|$)", re.IGNORECASE
)
# Of paths on any system, and what its shells take for more than a name.
_SEPARATORS = frozenset('/\\:*?"<>|')
# Control, format (among them what turns the direction of writing), surrogate, private and unassigned characters, and
# line and paragraph separators.
_ODD = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def stated_name(header: str | None) -> str:
    """The name of `Content-Disposition: attachment; filename*=UTF-8''...`, in NFC; `filename=` does when it is ASCII.

    Raises Problem 422 when there is none, or when it is no mere name.
    """
    found = _STATED.fullmatch(header or "")
    if found is None:
        raise _invalid("missing")
    name = unicodedata.normalize("NFC", _decoded(found[1]))
    if fault := _fault_of(name):
        raise _invalid(fault)
    return name


def content_disposition(name: str) -> str:
    """The header for a download: never to be shown in the page, with the name in full and for old readers."""
    plain = _NOT_PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def seal_name(vault: Vault, attachment_id: uuid.UUID, name: str) -> bytes:
    """The name as ciphertext; on another file it does not open."""
    return vault.seal(name.encode(), _purpose(attachment_id))


def open_name(vault: Vault, attachment_id: uuid.UUID, sealed: bytes) -> str:
    """The name again. Raises CannotOpen."""
    return vault.open(sealed, _purpose(attachment_id)).decode()


def _decoded(parameters: str) -> str:
    extended, plain = _EXTENDED.findall(parameters), _PLAIN.findall(parameters)
    if len(extended) > 1 or len(plain) > 1 or not (extended or plain):
        raise _invalid("missing")
    if not extended:
        quoted, token = plain[0]
        return re.sub(r"\\(.)", r"\1", quoted) or str(token)
    try:
        return unquote_to_bytes(extended[0]).decode("utf-8")
    except UnicodeDecodeError:
        raise _invalid("not_utf_8") from None


def _fault_of(name: str) -> str | None:
    if len(name) > MOST_CHARACTERS:
        return "too_long"
    if any(unicodedata.category(each) in _ODD for each in name) or _SEPARATORS.intersection(name):
        return "character_not_allowed"
    stem, dot, _ = name.rpartition(".")
    if not dot or not stem.strip(". ") or name.strip() != name or name.startswith(".") or _DEVICES.fullmatch(name):
        return "not_a_name"
    return None


def _invalid(reason: str) -> Problem:
    return Problem(ATTACHMENT_NAME_INVALID, members={"reason": reason})


def _purpose(attachment_id: uuid.UUID) -> str:
    return f"attachment-name:{attachment_id}"
