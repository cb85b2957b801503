"""Links between consultations: seen by whoever sees both ends."""

from typing import Any

import pytest

from tests.attack.support import AF, CONSULTATIONS, UMEA, sql
from tests.exchange import NOBODY, Exchange
from tests.service.given_consultations import HANDLER, claimed


def link(exchange: Exchange, name: str, one: Any, other: Any, kind: str = "related") -> Any:
    to = other if isinstance(other, str) else other["consultationId"]
    path = f"{CONSULTATIONS}/{one['consultationId']}/links"
    return exchange.send(name, "POST", path, {"to": to, "kind": kind})


def linked(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """Relation and number of the other end."""
    answer = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/links")
    assert answer.status_code == 200, answer.text
    return [(each["relation"], each["number"]) for each in answer.json()["consultations"]]


@pytest.mark.parametrize("name", ["umea", HANDLER])
@pytest.mark.parametrize(
    ("kind", "from_the_other_end"),
    [("related", "related"), ("duplicate_of", "has_duplicate"), ("follows", "followed_by")],
)
def test_either_side_links_and_both_read_it_from_both_ends(
    exchange: Exchange, name: str, kind: str, from_the_other_end: str
) -> None:
    one, other = exchange.open(), exchange.open()

    assert link(exchange, name, one, other, kind).status_code == 201

    for side in ("umea", HANDLER):
        assert linked(exchange, side, one) == [(kind, other["number"])]
        assert linked(exchange, side, other) == [(from_the_other_end, one["number"])]


def test_the_same_link_twice_is_one_and_what_is_related_has_no_direction(exchange: Exchange) -> None:
    one, other = exchange.open(), exchange.open()

    made = [link(exchange, "umea", *ends).status_code for ends in ((one, other), (one, other), (other, one))]

    assert made == [201, 200, 200]
    assert linked(exchange, "umea", one) == [("related", other["number"])]


def test_rounds_are_links(exchange: Exchange) -> None:
    first = claimed(exchange, "umea")
    path = f"{CONSULTATIONS}/{first['consultationId']}"
    assert exchange.send(HANDLER, "POST", f"{path}/answers", {"text": "svar"}, version=2).status_code == 200
    second = exchange.send("umea", "POST", f"{path}/rounds", {"question": "Och sedan?"}, version=3).json()

    for side in ("umea", HANDLER):
        assert linked(exchange, side, first) == [("next_round", second["number"])]
        assert linked(exchange, side, second) == [("previous_round", first["number"])]


def test_what_the_answering_side_links_across_organisations_neither_of_them_sees(exchange: Exchange) -> None:
    one, other = exchange.open("umea"), exchange.open("malmo")

    assert link(exchange, HANDLER, one, other, "duplicate_of").status_code == 201

    assert linked(exchange, HANDLER, one) == [("duplicate_of", other["number"])]
    assert linked(exchange, "umea", one) == linked(exchange, "malmo", other) == []


def test_another_organisation_s_is_refused_as_what_does_not_exist(exchange: Exchange) -> None:
    own, others, hidden = exchange.open("umea"), exchange.open("malmo"), exchange.open("umea")
    path = f"{CONSULTATIONS}/{hidden['consultationId']}/violence-marks"
    assert exchange.send("umea-violence", "POST", path, version=1).status_code == 200

    refused = [link(exchange, "umea", own, to) for to in (others, hidden, NOBODY)]
    from_others = [link(exchange, "umea", one, own) for one in (others, hidden, {"consultationId": NOBODY})]

    assert {(each.status_code, str(each.json()["errors"])) for each in refused} == {
        (422, "[{'field': 'to', 'reason': 'unknown'}]")
    }
    assert {each.status_code for each in from_others} == {404}
    assert linked(exchange, "umea", own) == []


def test_a_link_to_what_is_hidden_since_is_not_shown_to_whoever_lacks_the_scope(exchange: Exchange) -> None:
    one, other = exchange.open(), exchange.open()
    assert link(exchange, "umea", one, other).status_code == 201
    path = f"{CONSULTATIONS}/{other['consultationId']}/violence-marks"
    assert exchange.send("umea-violence", "POST", path, version=1).status_code == 200

    assert linked(exchange, "umea", one) == linked(exchange, HANDLER, one) == []
    assert linked(exchange, "af-violence", one) == [("related", other["number"])]


def test_a_consultation_is_not_linked_to_itself(exchange: Exchange) -> None:
    one = exchange.open()

    refused = link(exchange, "umea", one, one)

    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "to", "reason": "itself"}])


def test_a_link_takes_the_scope_to_work_with_it(exchange: Exchange) -> None:
    one, other = exchange.open(), exchange.open()
    path = f"{CONSULTATIONS}/{one['consultationId']}/links"
    body = {"to": other["consultationId"], "kind": "related"}

    refused = exchange.send("umea-protected", "POST", path, body)

    assert (refused.status_code, refused.json()["requiredScope"]) == (403, "samrad:consultations.manage")


def removed(exchange: Exchange, name: str, one: Any, other: Any, kind: str = "related") -> Any:
    to = other if isinstance(other, str) else other["consultationId"]
    path = f"{CONSULTATIONS}/{one['consultationId']}/links/removals"
    return exchange.send(name, "POST", path, {"to": to, "kind": kind})


@pytest.mark.parametrize("name", ["umea", HANDLER])
@pytest.mark.parametrize("kind", ["related", "duplicate_of"])
def test_a_link_is_removed_by_the_side_that_made_it_and_the_trail_keeps_both_acts(
    exchange: Exchange, name: str, kind: str
) -> None:
    one, other = exchange.open(), exchange.open()
    theirs = HANDLER if name == "umea" else "umea"
    link(exchange, name, one, other, kind)

    by_the_other_side = removed(exchange, theirs, one, other, kind)
    done = removed(exchange, name, one, other, kind)
    again = removed(exchange, name, one, other, kind)

    assert [each.status_code for each in (by_the_other_side, done, again)] == [404, 200, 404]
    assert linked(exchange, "umea", one) == linked(exchange, "umea", other) == []
    entries = exchange.send("umea", "GET", f"/consultation/v1/audit-entries?objectId={one['consultationId']}").json()
    told = [each["event"] for each in entries["entries"]]
    assert [told.count(event) for event in ("consultation.linked", "consultation.unlinked")] == [1, 1]
    assert link(exchange, theirs, one, other, kind).status_code == 201


def test_what_has_no_direction_is_removed_from_either_end_and_the_rest_from_where_it_was_made(
    exchange: Exchange,
) -> None:
    one, other = exchange.open(), exchange.open()
    for kind in ("related", "follows"):
        link(exchange, "umea", one, other, kind)

    found = [removed(exchange, "umea", other, one, kind).status_code for kind in ("related", "follows")]

    assert found == [200, 404]
    assert linked(exchange, "umea", one) == [("follows", other["number"])]


def test_a_link_to_what_is_hidden_since_is_not_there_to_be_removed(exchange: Exchange) -> None:
    one, other = exchange.open(), exchange.open()
    link(exchange, "umea", one, other)
    path = f"{CONSULTATIONS}/{other['consultationId']}/violence-marks"
    assert exchange.send("umea-violence", "POST", path, version=1).status_code == 200

    hidden, nowhere = (removed(exchange, "umea", one, to) for to in (other, NOBODY))

    assert (hidden.status_code, hidden.json()["code"]) == (nowhere.status_code, nowhere.json()["code"])
    assert hidden.status_code == 404


def test_the_database_lets_nobody_remove_or_change_what_the_other_side_has_linked(exchange: Exchange) -> None:
    one, other = exchange.open(), exchange.open()
    link(exchange, "umea", one, other)
    as_af = f"SET app.org = '{AF}'"
    chosen = f"consultation_id IN ('{one['consultationId']}', '{other['consultationId']}')"

    assert sql(exchange, f"SELECT 1 FROM consultation_link WHERE {chosen}", role="consultation_runtime", first=as_af)
    gone = sql(
        exchange,
        f"DELETE FROM consultation_link WHERE {chosen} RETURNING 1",
        role="consultation_runtime",
        first=as_af,
    )
    assert gone == []
    with pytest.raises(Exception, match="append only"):
        sql(exchange, f"UPDATE consultation_link SET kind = 'follows' WHERE {chosen}")


def test_the_database_keeps_a_link_with_an_end_that_is_not_there_from_being_written(exchange: Exchange) -> None:
    one, others = exchange.open("umea"), exchange.open("malmo")
    insert = f"""
        INSERT INTO consultation_link VALUES ('{UMEA}', '{one["consultationId"]}', '{UMEA}',
            '{others["consultationId"]}', 'related', '{AF}', now(), '{UMEA}', 'x', 'x')
    """
    with pytest.raises(Exception, match="row-level security"):
        sql(exchange, insert, role="consultation_runtime", first=f"SET app.org = '{UMEA}'")
