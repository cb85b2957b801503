"""Characters that JSON can hold but not all of XML, PostgreSQL and UTF-8: they are replaced where JSON is read.

So nothing further in has to ask whether a text can be told, stored or written in an answer.
"""

import re
from collections.abc import Callable
from typing import Any

# XML 1.0, production 2. What it leaves out is NUL, other controls, halves of surrogate pairs and two non-characters.
_NOT_CARRIED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# JSON's escapes for those; half a surrogate pair is told from a whole one only when the text has been read.
_ESCAPED = re.compile(rb"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]|[fF]{3}[eEfF]))")

UNCARRIED = "a character that cannot be told"
"""How a text that had any is noted, beside the name of what holds it."""


def carried(text: str) -> str:
    """The text with a replacement character for each that XML cannot carry: controls and halves of pairs."""
    return text if text.isascii() and text.isprintable() else _NOT_CARRIED.sub("\N{REPLACEMENT CHARACTER}", text)


def may_hold_others(document: bytes) -> bool:
    """Whether a JSON document in UTF-8 could hold any: by an escape, or as one of U+FFFE and U+FFFF."""
    # One byte is looked for first: nearly every document has neither, and the rest need not be searched for it.
    escaped = b"\\" in document and _ESCAPED.search(document) is not None
    return escaped or (b"\xef" in document and b"\xef\xbf" in document)


def carried_json(value: Any, changed: Callable[[str], None], name: str = "the document") -> Any:
    """The same value with each text, keys too, as `carried` has it. `changed` is called with the key of each other."""
    if isinstance(value, str):
        text = carried(value)
        if text != value:
            changed(name)
        return text
    if isinstance(value, list):
        return [carried_json(each, changed, name) for each in value]
    if isinstance(value, dict):
        return {
            carried_json(key, changed, "a key that is not a name"): carried_json(below, changed, key)
            for key, below in value.items()
        }
    return value
