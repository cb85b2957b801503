"""Disclosure set by set, through the gateway: every requested set has its decision, and what is refused is nowhere."""

from typing import Any

import httpx
import pytest

from tests.attack.support import sql
from tests.exchange import NOBODY, Exchange
from tests.folding import fold_all
from tests.reading import whole_trail
from tests.service.given_consultations import claimed
from tests.service.test_consultations import BASE, read

REFUSED = "MARKÖR-I-DET-SOM-NEKAS"
ASKED = ["programme", "action_plan", "daily_notes"]


def asked(exchange: Exchange, *sets: str, name: str = "umea", **form: Any) -> dict[str, Any]:
    """A request for the sets, claimed by a handler."""
    details = {"type": "information_request", "informationSets": list(sets), **form}
    return claimed(exchange, name, type="information_request", details=details)


def answer(exchange: Exchange, receipt: dict[str, Any], *decided: dict[str, Any], version: int = 2) -> httpx.Response:
    path = f"{BASE}/{receipt['consultationId']}/answers"
    body = {"text": "Se besluten.", "disclosures": list(decided)}
    return exchange.send("af-workbench", "POST", path, body, version=version)


def disclose(code: str, content: str = "Innehållet.") -> dict[str, Any]:
    return {"informationSet": code, "decision": "disclose", "content": content}


def refuse(code: str, reason: str = "secrecy", **more: Any) -> dict[str, Any]:
    return {"informationSet": code, "decision": "refuse", "reason": reason, **more}


@pytest.mark.requirement(13)
def test_a_partial_disclosure_lists_every_requested_set_with_its_own_decision_and_legal_basis(
    exchange: Exchange,
) -> None:
    receipt = asked(exchange, *ASKED)
    partly = {
        "informationSet": "action_plan",
        "decision": "partly",
        "reason": "not_needed",
        "explanation": "Bara den del som rör försörjningen.",
        "content": "Praktik till den 1 mars.",
        "legalBasis": "sfs-2009-400-12-2",
    }

    done = answer(exchange, receipt, disclose("programme", "Garantin."), partly, refuse("daily_notes"))

    assert done.status_code == 200, done.text
    told = {each["informationSet"]: each for each in read(exchange, "umea", receipt)["informationSets"]}
    assert {code: each["decision"] for code, each in told.items()} == {
        "programme": "disclose",
        "action_plan": "partly",
        "daily_notes": "refuse",
    }
    assert {code: each["legalBasis"] for code, each in told.items()} == {
        "programme": "sfs-2008-975-5",
        "action_plan": "sfs-2009-400-12-2",
        "daily_notes": "sfs-2009-400-assessment",
    }
    assert (told["programme"]["content"], told["programme"]["appeal"]) == ("Garantin.", None)
    assert told["action_plan"]["explanation"] == "Bara den del som rör försörjningen."
    assert (told["daily_notes"]["content"], told["daily_notes"]["reason"]) == (None, "secrecy")
    assert all(told[code]["appeal"]["sv"] and told[code]["appeal"]["en"] for code in ("action_plan", "daily_notes"))


@pytest.mark.requirement(13)
def test_content_of_a_refused_set_is_refused_itself_and_found_nowhere_by_the_asker(exchange: Exchange) -> None:
    receipt = asked(exchange, *ASKED)
    with_content = refuse("daily_notes", content=REFUSED)

    contradictory = answer(exchange, receipt, disclose("programme"), disclose("action_plan"), with_content)

    assert (contradictory.status_code, contradictory.json()["code"]) == (422, "disclosures_do_not_match")
    assert contradictory.json()["contradictory"] == ["daily_notes"]
    assert REFUSED not in contradictory.text
    assert read(exchange, "umea", receipt)["state"] == "in_progress"
    answered = answer(exchange, receipt, disclose("programme"), disclose("action_plan"), refuse("daily_notes"))
    assert answered.status_code == 200, answered.text
    for path in ("", "/events", "/meetings"):
        assert REFUSED not in exchange.send("umea", "GET", f"{BASE}/{receipt['consultationId']}{path}").text
    assert REFUSED not in str(list(whole_trail(exchange, "umea")))


def test_before_there_is_an_answer_the_sets_are_listed_without_decisions(exchange: Exchange) -> None:
    receipt = asked(exchange, "daily_notes", "programme")

    told = read(exchange, "umea", receipt)["informationSets"]

    assert [(each["informationSet"], each["decision"], each["content"]) for each in told] == [
        ("daily_notes", None, None),
        ("programme", None, None),
    ]


@pytest.mark.parametrize(
    ("consent", "basis"), [({}, "secrecy_assessment"), ({"consentRegisteredOn": "2026-01-02"}, "consent")]
)
def test_a_set_that_no_statute_opens_rests_on_consent_or_on_an_assessment(
    exchange: Exchange, consent: dict[str, str], basis: str
) -> None:
    receipt = asked(exchange, "action_plan", "programme", **consent)

    told = {each["informationSet"]: each["basis"] for each in read(exchange, "umea", receipt)["informationSets"]}

    assert told == {"action_plan": basis, "programme": "statute"}


@pytest.mark.parametrize(
    ("decided", "members"),
    [
        ([], {"missing": ["programme", "action_plan"]}),
        ([disclose("programme")], {"missing": ["action_plan"]}),
        ([disclose("programme"), disclose("action_plan"), disclose("category")], {"notAskedFor": ["category"]}),
        ([disclose("programme"), refuse("programme"), disclose("action_plan")], {"repeated": ["programme"]}),
        (
            [{"informationSet": "programme", "decision": "disclose"}, disclose("action_plan")],
            {"contradictory": ["programme"]},
        ),
        ([{**disclose("programme"), "reason": "secrecy"}, disclose("action_plan")], {"contradictory": ["programme"]}),
        (
            [{"informationSet": "programme", "decision": "refuse"}, disclose("action_plan")],
            {"contradictory": ["programme"]},
        ),
        ([{**disclose("programme"), "decision": "partly"}, disclose("action_plan")], {"contradictory": ["programme"]}),
    ],
    ids=[
        "none",
        "one missing",
        "one too many",
        "twice",
        "no content",
        "needless reason",
        "no reason",
        "part, no reason",
    ],
)
def test_decisions_that_do_not_match_what_was_asked_are_refused_and_nothing_is_kept(
    exchange: Exchange, decided: list[dict[str, Any]], members: dict[str, list[str]]
) -> None:
    receipt = asked(exchange, "programme", "action_plan")

    refused = answer(exchange, receipt, *decided)

    assert (refused.status_code, refused.json()["code"]) == (422, "disclosures_do_not_match")
    found = {name: sorted(refused.json()[name]) for name in members}
    assert found == {name: sorted(codes) for name, codes in members.items()}
    whole = read(exchange, "umea", receipt)
    assert (whole["state"], whole["version"]) == ("in_progress", 2)
    assert {each["decision"] for each in whole["informationSets"]} == {None}


def test_a_letter_needs_the_same_decisions_as_any_answer(exchange: Exchange) -> None:
    receipt = asked(exchange, "programme")
    path = f"{BASE}/{receipt['consultationId']}"
    assert exchange.send("af-workbench", "POST", f"{path}/letters", version=2).status_code == 200

    bare = exchange.send("af-workbench", "POST", f"{path}/dispatches", {"text": "Brev."}, version=3)
    body = {"text": "Brev.", "disclosures": [disclose("programme", "Garantin.")]}
    whole = exchange.send("af-workbench", "POST", f"{path}/dispatches", body, version=3)

    assert (bare.status_code, bare.json()["missing"]) == (422, ["programme"])
    assert (whole.status_code, whole.json()["state"]) == (200, "answered")


def test_a_question_in_words_alone_is_answered_in_words_alone(exchange: Exchange) -> None:
    receipt = claimed(exchange)

    needless = answer(exchange, receipt, disclose("programme"))
    answered = answer(exchange, receipt)

    assert (needless.status_code, needless.json()["notAskedFor"]) == (422, ["programme"])
    assert answered.status_code == 200
    assert read(exchange, "umea", receipt)["informationSets"] == []


@pytest.mark.requirement(3)
def test_the_catalogue_tells_of_each_set_whether_a_look_up_tells_it_and_on_what_it_rests(exchange: Exchange) -> None:
    told = exchange.http.get(f"{exchange.base_url}/consultation/v1/information-sets").json()["informationSets"]

    known = {each["code"]: each for each in told}
    assert (known["programme"]["inRegisters"], known["programme"]["basisWithoutConsent"]) == (True, "statute")
    assert (known["action_plan"]["inRegisters"], known["action_plan"]["defaultChannel"]) == (False, "sdk")
    assert known["disability_codes"]["sensitivity"] == "special"
    bases = {each["legalBasis"] for each in told}
    listed = exchange.http.get(f"{exchange.base_url}/agreements/v1/legal-bases").json()["items"]
    assert bases <= {each["legalBasisId"] for each in listed}


def test_what_was_disclosed_is_sealed_at_rest_and_another_organisation_finds_nothing(exchange: Exchange) -> None:
    receipt = asked(exchange, "programme")
    answer(exchange, receipt, disclose("programme", "HEMLIG-I-VILA"))

    foreign = exchange.send("malmo", "GET", f"{BASE}/{receipt['consultationId']}")

    assert foreign.status_code == exchange.send("malmo", "GET", f"{BASE}/{NOBODY}").status_code == 404
    rows = sql(
        exchange,
        "SELECT d::text AS row, d.content FROM disclosure d WHERE consultation_id::text = $1",
        receipt["consultationId"],
    )
    assert len(rows) == 1
    assert b"HEMLIG-I-VILA".hex() not in rows[0]["row"]


@pytest.mark.requirement(3)
def test_the_report_on_demand_lists_each_set_with_how_often_it_was_asked_and_what_could_have_been_a_look_up(
    exchange: Exchange,
) -> None:
    def demand() -> dict[str, dict[str, Any]]:
        fold_all(exchange)
        told = exchange.send("af-workbench", "GET", "/consultation/v1/demand")
        assert told.status_code == 200, told.text
        return {each["code"]: each for each in told.json()["sets"]}

    nothing = {"asked": 0, "answered": 0}
    before = demand()
    for sets in (["programme", "disability_codes"], ["programme"]):
        receipt = asked(exchange, *sets)
        assert answer(exchange, receipt, *map(disclose, sets)).status_code == 200
    after = demand()

    for code, more in (("programme", 2), ("disability_codes", 1)):
        was = before.get(code, nothing)
        assert (after[code]["asked"], after[code]["answered"]) == (was["asked"] + more, was["answered"] + more)
        assert after[code]["medianMinutes"] is not None
    assert (after["programme"]["lookupShare"], after["disability_codes"]["lookupShare"]) == (1.0, 0.0)
