"""Names of files: what is taken for one, and how it is written for a download."""

import unicodedata
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consultation.consultations.attachments.file_names import (
    MOST_CHARACTERS,
    content_disposition,
    stated_name,
)
from shared.problems import Problem

STATED = {
    "attachment; filename*=UTF-8''handlingsplan.pdf": "handlingsplan.pdf",
    "attachment; filename*=UTF-8'sv'%C3%85tg%C3%A4rd.pdf": "Åtgärd.pdf",
    "attachment; filename*=utf-8''A%CC%8Atga%CC%88rd.pdf": "Åtgärd.pdf",
    'attachment; filename="beslut 2.pdf"': "beslut 2.pdf",
    'attachment; filename="quoted \\"x\\".pdf"': None,
    "Attachment;filename=beslut.pdf": "beslut.pdf",
    "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%B6.pdf": "ö.pdf",
    "attachment; size=3; filename=beslut.pdf": "beslut.pdf",
    None: None,
    "": None,
    "attachment": None,
    "inline; filename=beslut.pdf": None,
    "form-data; name=file; filename=beslut.pdf": None,
    "attachment; filename=a.pdf; filename=b.pdf": None,
    "attachment; filename*=UTF-8''a.pdf; filename*=UTF-8''b.pdf": None,
    "attachment; filename*=ISO-8859-1''a.pdf": None,
    "attachment; filename*=UTF-8''%FF%FE.pdf": None,
}
REFUSED = {
    "../../etc/passwd.pdf": "character_not_allowed",
    "C:\\Users\\x\\beslut.pdf": "character_not_allowed",
    "beslut.pdf:evil.exe": "character_not_allowed",
    "a\0.pdf": "character_not_allowed",
    "a\r\nSet-Cookie: x.pdf": "character_not_allowed",
    "beslut\u202efdp.exe": "character_not_allowed",
    "a\u200bb.pdf": "character_not_allowed",
    "a\u2028b.pdf": "character_not_allowed",
    "\ue000.pdf": "character_not_allowed",
    "beslut": "not_a_name",
    ".pdf": "not_a_name",
    "..pdf": "not_a_name",
    ".htaccess.pdf": "not_a_name",
    " beslut.pdf": "not_a_name",
    "beslut.pdf ": "not_a_name",
    "CON.pdf": "not_a_name",
    "com1.tar.pdf": "not_a_name",
    "x" * MOST_CHARACTERS + ".pdf": "too_long",
}


def header(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


@pytest.mark.parametrize("stated", STATED, ids=range(len(STATED)))
def test_the_name_is_read_as_the_header_is_defined_and_in_one_form(stated: str | None) -> None:
    name = STATED[stated]
    if name is not None:
        assert stated_name(stated) == name
        return
    with pytest.raises(Problem) as refusal:
        stated_name(stated)
    assert refusal.value.kind.code == "attachment_name_invalid"


@pytest.mark.parametrize("name", REFUSED, ids=range(len(REFUSED)))
def test_what_is_more_than_a_name_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(Problem) as refusal:
        stated_name(header(name))

    assert refusal.value.members == {"reason": REFUSED[name]}


@given(st.text(min_size=1, max_size=160).map(lambda stem: f"{stem}.pdf"))
def test_what_is_taken_is_told_again_in_ascii_on_one_line(name: str) -> None:
    try:
        taken = stated_name(header(name))
    except Problem:
        return
    told = content_disposition(taken)

    assert taken == unicodedata.normalize("NFC", name)
    assert told.isascii()
    assert told.isprintable()
    assert stated_name(told) == taken


@given(st.text(max_size=200))
def test_a_header_is_a_name_or_a_refusal_and_never_a_fault(stated: str) -> None:
    with suppress(Problem):
        assert stated_name(f"attachment; {stated}")
