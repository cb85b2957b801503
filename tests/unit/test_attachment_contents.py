"""What a file is, by its content from the first byte to the last, and what is refused."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.attachments.contents.domain import EXTENSIONS, Unfit, require_extension
from services.consultation.attachments.contents.recognise import recognise
from services.consultation.consultations.attachments.domain import MediaType
from tests.files import EICAR, SHEET, archive, jpeg, office, open_document, pdf, png
from tests.sizes import sample_or_full

MANIFEST = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
FIT = {
    "pdf": (pdf(), MediaType.PDF),
    "pdf with incremental updates": (pdf() + pdf()[8:], MediaType.PDF),
    "png": (png(), MediaType.PNG),
    "jpeg": (jpeg(), MediaType.JPEG),
    "jpeg of several pictures, as phones make": (jpeg() + jpeg(), MediaType.JPEG),
    "text": ("Åtgärd: planerad\r\n\tsida 2\f".encode(), MediaType.TEXT),
    "text with a byte order mark": (b"\xef\xbb\xbfhej", MediaType.TEXT),
    "text that a scanner minds": (EICAR, MediaType.TEXT),
    "docx": (office(), MediaType.DOCX),
    "xlsx": (office(f"{SHEET}.main+xml"), MediaType.XLSX),
    "xlsx that knows its printer": (
        office(f"{SHEET}.main+xml", parts={"xl/printerSettings/printerSettings1.bin": b"x"}),
        MediaType.XLSX,
    ),
    "odt": (open_document(), MediaType.ODT),
    "ods": (open_document(MediaType.ODS.value), MediaType.ODS),
}


def overlapping() -> bytes:
    """An archive in which every entry is the same bytes: a small file becomes an enormous one."""
    made = bytearray(office(parts={"a.xml": b"0" * 100_000, "b.xml": b"0" * 100_000}))
    directory = [place for place in range(len(made)) if made[place : place + 4] == b"PK\x01\x02"]
    first = struct.unpack_from("<I", made, directory[2] + 42)
    struct.pack_into("<I", made, directory[3] + 42, *first)
    return bytes(made)


def encrypted() -> bytes:
    made = bytearray(office())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.find(signature) + offset] |= 1
    return bytes(made)


def with_comment() -> bytes:
    file = io.BytesIO(office())
    with zipfile.ZipFile(file, "a") as made:
        made.comment = b"<script>alert(1)</script>"
    return file.getvalue()


UNFIT = {
    "nothing": (b"", "empty"),
    "html": (b"<!doctype html><script>alert(1)</script>", "type_not_allowed"),
    "html behind blanks": (b"\n \t<HTML>", "type_not_allowed"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "type_not_allowed"),
    "xml behind a byte order mark": (b"\xef\xbb\xbf<?xml version='1.0'?>", "type_not_allowed"),
    "a shell script": (b"#!/bin/sh\nrm -rf /", "type_not_allowed"),
    "rtf": (b"{\\rtf1 hej}", "type_not_allowed"),
    "a windows program": (b"MZ\x90\x00" + b"\0" * 60, "type_not_allowed"),
    "a linux program": (b"\x7fELF\x02\x01\x01\0", "type_not_allowed"),
    "gif and script at once": (b"GIF89a/*\x01\x00*/=1;alert(1)", "type_not_allowed"),
    "an old office document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "type_not_allowed"),
    "gzip": (b"\x1f\x8b\x08\0\0", "type_not_allowed"),
    "latin-1": ("åtgärd".encode("latin-1"), "type_not_allowed"),
    "utf-16": ("åtgärd".encode("utf-16"), "type_not_allowed"),
    "text with a bell": (b"hej\x07", "type_not_allowed"),
    "text with an archive behind": (b"hej" + archive({"a": b"b"}), "several_types"),
    "pdf without an end": (pdf()[:-7], "broken"),
    "pdf that begins elsewhere": (b"\n" + pdf(), "type_not_allowed"),
    "pdf with a page behind": (pdf() + b"<script>alert(1)</script>", "several_types"),
    "pdf with an archive behind": (pdf() + archive({"a": b"b"}), "several_types"),
    "pdf with an archive within its end": (pdf()[:-6] + archive({"a": b"b"}) + b"%%EOF", "several_types"),
    "pdf with a password": (pdf(b"trailer << /Encrypt 5 0 R >>"), "encrypted"),
    "pdf with a script": (pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "active_content"),
    "pdf with a script written by numbers": (pdf(b"<< /S /J#61va#53cript /JS (app.alert(1)) >>"), "active_content"),
    "pdf with a password written by numbers": (pdf(b"trailer << /Encr#79pt 5 0 R >>"), "encrypted"),
    "pdf that starts a program": (pdf(b"<< /S /Launch /F (cmd.exe) >>"), "active_content"),
    "png without an end": (png()[:-12], "broken"),
    "png with something behind": (png() + b"<?php system($_GET[0]);", "several_types"),
    "png that lies about a length": (png(more=struct.pack(">I4s", 2**31, b"teXt")), "broken"),
    "png of four thousand million points": (png(65_000, 65_000), "expands_too_much"),
    "jpeg without an end": (jpeg()[:-2], "broken"),
    "jpeg with an archive behind": (jpeg() + archive({"a": b"b"}), "several_types"),
    "jpeg with a page behind": (jpeg() + b"<html>", "several_types"),
    "jpeg of four thousand million points": (jpeg(65_000, 65_000), "expands_too_much"),
    "an archive of anything": (archive({"a.exe": b"b"}), "active_content"),
    "an archive of texts": (archive({"a.txt": b"b"}), "type_not_allowed"),
    "an archive of nothing": (archive({}), "several_types"),
    "docx with macros by its type": (
        office("application/vnd.ms-word.document.macroEnabled.main+xml"),
        "active_content",
    ),
    "docx with macros by a part": (office(parts={"word/vbaProject.bin": b"x"}), "active_content"),
    "docx with macros under another name": (
        office(f"{MediaType.DOCX}.main+xml", "application/vnd.ms-office.vbaProject", parts={"word/x.xml": b"x"}),
        "active_content",
    ),
    "docx with a program in it": (office(parts={"word/embeddings/oleObject1.bin": b"x"}), "active_content"),
    "docx whose types are hidden": (office("application/&#118;nd.ms-word"), "broken"),
    "docx and xlsx at once": (office(f"{MediaType.DOCX}.main+xml", f"{SHEET}.main+xml"), "several_types"),
    "docx that leads out of its folder": (office(parts={"../../etc/passwd": b"x"}), "broken"),
    "docx with a part twice": (office(parts={"Word/Document.xml": b"x"}), "broken"),
    "docx that is cut": (office()[:-30], "broken"),
    "docx behind a program": (b"MZ" + office(), "several_types"),
    "docx with something behind": (office() + b"<html>", "several_types"),
    "docx with a script as its comment": (with_comment(), "several_types"),
    "docx with a password": (encrypted(), "encrypted"),
    "a bomb": (office(parts={"word/bomb.xml": b"\0" * 8_000_000}), "expands_too_much"),
    "a bomb of parts that are one": (overlapping(), "expands_too_much"),
    "a bomb of many parts": (office(parts={f"word/{n}.xml": b"" for n in range(2100)}), "expands_too_much"),
    "odt with macros": (open_document(Basic__Standard__Module1=b"Sub"), "active_content"),
    "odt with a password": (open_document(manifest=MANIFEST), "encrypted"),
    "an opendocument drawing": (open_document("application/vnd.oasis.opendocument.graphics"), "type_not_allowed"),
}


@pytest.mark.parametrize("what", FIT)
def test_a_file_of_an_allowed_type_is_recognised(what: str) -> None:
    content, media_type = FIT[what]

    assert recognise(content) is media_type


@pytest.mark.parametrize("what", UNFIT)
def test_any_other_is_refused_and_it_is_told_why(what: str) -> None:
    content, why = UNFIT[what]

    with pytest.raises(Unfit) as refusal:
        recognise(content)

    assert refusal.value.why == why


@given(
    st.sampled_from([content for content, _ in FIT.values()]),
    st.lists(st.tuples(st.integers(0, 2**16), st.binary(max_size=6)), min_size=1, max_size=4),
)
@settings(max_examples=sample_or_full(150, 20_000), deadline=None)
def test_whatever_is_done_to_a_file_it_is_recognised_or_refused(
    content: bytes, changes: list[tuple[int, bytes]]
) -> None:
    changed = bytearray(content)
    for place, written in changes:
        at = place % (len(changed) + 1)
        changed[at : at + len(written)] = written
    try:
        assert recognise(bytes(changed)) in MediaType
    except Unfit:
        return


def test_every_type_has_the_ends_of_its_names_and_no_other_is_taken_for_it() -> None:
    assert set(EXTENSIONS) == set(MediaType)
    require_extension("Bild.JPEG", MediaType.JPEG)
    for name in ("bild.jpeg.exe", "bild.png", "bild", "jpeg"):
        with pytest.raises(Unfit, match="named_otherwise"):
            require_extension(name, MediaType.JPEG)
