"""What in a FAQ text may lead to somebody, which texts are plain, and what a confirmation is of."""

import string
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.consultation.consultations.forms.codes import DecisionType
from services.consultation.faq.domain import EntryText, QuestionAndAnswer, gives_entries, is_plain, is_second_person
from services.consultation.faq.identifying import Known, Lead, leads_in
from shared.luhn import luhn_remainder
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(18)

KNOWN = Known(
    references=("EB-2026-17", "S26-7K3M-9QXD", "7"),
    persons=("hl-1", "maria-berg", "Anna Lindgren", "Handläggare Arbetsförmedlingen"),
    organisations=("Umeå kommun",),
)
TEXT = EntryText(
    DecisionType.PROGRAMME_PLACEMENT,
    QuestionAndAnswer("Vad betyder en anvisning?", "Att en plats är beslutad."),
    QuestionAndAnswer("What is a placement?", "A place has been decided."),
)
ZEROS = "0٠०０𝟎߀๐"
"""Of ASCII, Arabic, Devanagari, full width, mathematical bold, N'Ko and Thai."""
GAPS = st.sampled_from(["", " ", "-", "\u2011", "\u00a0", "\u200b", "\u00ad", ".", "/", " - ", "\n", ",", "_", "·"])


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Ten digits of a number or a coordination number, or twelve with the century, with a right check digit."""
    month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28)) + draw(st.sampled_from([0, 60]))
    nine = f"{draw(st.integers(0, 99)):02}{month:02}{day:02}{draw(st.integers(0, 999)):03}"
    check = next(digit for digit in string.digits if luhn_remainder(nine + digit) == 0)
    return draw(st.sampled_from(["", "19", "20"])) + nine + check


@settings(max_examples=sample_or_full(40, 2_000))
@given(identity_numbers(), st.sampled_from(ZEROS), GAPS, st.integers(1, 11), st.booleans())
def test_an_identity_number_is_found_in_whatever_script_and_however_it_is_set_apart(
    number: str, zero: str, gap: str, place: int, everywhere: bool
) -> None:
    digits = [chr(ord(zero) + int(each)) for each in number]
    written = gap.join(digits) if everywhere else "".join(digits[:place]) + gap + "".join(digits[place:])

    assert Lead.PERSON_NUMBER in leads_in(f"Beslutet gäller {written} från mars.")


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("Nummer 900101-1234 har fel kontrollsiffra men rätt form.", Lead.PERSON_NUMBER),
        ("Ring 070-123 45 67.", Lead.PHONE_NUMBER),
        ("Ring +46 (0)90-16 10 00.", Lead.PHONE_NUMBER),
        ("Ring 0046 90 161000.", Lead.PHONE_NUMBER),
        ("Ring ０９０．１６．１０．００ i dag.", Lead.PHONE_NUMBER),
        ("Skriv till namn@example.com.", Lead.EMAIL_ADDRESS),
        ("Skriv till namn＠example.com.", Lead.EMAIL_ADDRESS),
        ("Skriv till namn (at) example.com.", Lead.EMAIL_ADDRESS),
        ("Se s25 0abc 1def.", Lead.CONSULTATION_NUMBER),
        ("Se EB 2026/17.", Lead.CASE_REFERENCE),
        ("Se dnr 4711.", Lead.CASE_REFERENCE),
        ("Se ärendenummer: A-12.", Lead.CASE_REFERENCE),
        ("Se 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed.", Lead.RECORD_ID),
        ("Som Anna  Lindgren skrev.", Lead.KNOWN_NAME),
        ("Enligt Lindgrens svar.", Lead.KNOWN_NAME),
        ("HL-1 svarade.", Lead.KNOWN_NAME),
        ("HL 1 svarade.", Lead.KNOWN_NAME),
        ("Maria Berg svarade.", Lead.KNOWN_NAME),
        ("LINDGREN svarade.", Lead.KNOWN_NAME),
        ("När Umea frågar.", Lead.KNOWN_NAME),
        ("När UMEÅ KOMMUN frågar.", Lead.KNOWN_NAME),
    ],
)
def test_what_leads_to_somebody_is_found(text: str, lead: Lead) -> None:
    assert lead in leads_in(text, KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "Enligt 9 kap. 5 § och SFS 2009:400 dras ersättningen av i högst 45 dagar.",
        "Ersättningen är 365 kr, 10 000 kr eller 1 500 000 kr, och lämnas med 0,5.",
        "Beslutet av den 2 mars 2026 gäller till och med 2026-09-01.",
        "Ring mellan 08.00-16.30, helst före kl. 9:15.",
        "Kommunen läser beslutet; <b>så</b> visas det. 1. Anvisning. 2. Avslut. 3. Efter 14 dagar.",
        "Arbetsförmedlingens handläggare beslutar.",
        "Sju (7) dagar, av 07 möjliga.",
    ],
)
def test_what_is_written_of_rules_and_decisions_is_let_through(text: str) -> None:
    assert leads_in(text, KNOWN) == []


@settings(max_examples=sample_or_full(20, 500))
@given(st.text(max_size=60), st.text(max_size=12))
def test_no_text_and_no_name_makes_it_fail(text: str, name: str) -> None:
    assert set(leads_in(text, Known([name], [name], [name]))) <= set(Lead)


@settings(max_examples=sample_or_full(20, 500))
@given(st.text(alphabet=string.ascii_letters, min_size=3, max_size=20))
def test_the_case_of_the_consultation_is_found_by_whatever_name_it_has(reference: str) -> None:
    assert Lead.CASE_REFERENCE in leads_in(f"I ärendet {reference.upper()} gäller", Known(references=(reference,)))


@pytest.mark.parametrize(
    "sign",
    [
        "\0",
        "\r",
        "\t",
        "\x1b",
        "\x1f",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u00ad",
        "\u2028",
        "\ue000",
        "\u3164",
        "\u2800",
        "\u034f",
    ],
)
def test_what_cannot_be_seen_or_turns_the_direction_is_no_plain_text(sign: str) -> None:
    assert not is_plain(f"Beslutet{sign} gäller")
    assert is_plain("Beslutet\ngäller: åäö <b>1 §</b> 😀")


@settings(max_examples=sample_or_full(25, 1_000))
@given(st.data())
def test_a_digest_is_of_every_word_and_of_where_it_stands(data: st.DataObject) -> None:
    words = st.text(alphabet="ab\n", max_size=4)
    one, other = (
        EntryText(
            data.draw(st.sampled_from(list(DecisionType))),
            QuestionAndAnswer(data.draw(words), data.draw(words)),
            QuestionAndAnswer(data.draw(words), data.draw(words)),
        )
        for _ in range(2)
    )
    assume(one != other)

    assert one.digest != other.digest


def test_without_english_it_is_another_text() -> None:
    assert replace(TEXT, en=None).digest != TEXT.digest
    assert set(replace(TEXT, en=None).fields()) == {"sv.question", "sv.answer"}


def test_nobody_is_a_second_person_of_what_she_has_written_herself() -> None:
    assert is_second_person("hl-2", ["hl-1", "hl-3"])
    assert not is_second_person("HL-3", ["hl-1", "hl-3"])


@pytest.mark.parametrize("state", ["answered", "closed"])
def test_only_of_an_answered_interpretation_of_a_decision_an_entry_is_made(state: str) -> None:
    assert gives_entries("decision_interpretation", state)
    assert not gives_entries("consultation", state)
    assert not gives_entries("decision_interpretation", "in_progress")
