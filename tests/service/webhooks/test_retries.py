"""What becomes of what could not be delivered: later, given up, sent again; and who is told."""

from datetime import timedelta

from tests.attack.support import BASE
from tests.webhooks import Hooks, Receiver, path_of


def test_what_fails_is_tried_again_later_and_holds_up_its_own_consultation_alone(
    hooks: Hooks, receiver: Receiver
) -> None:
    subscription = hooks.subscribe("umea", receiver)
    first, second = hooks.open(), hooks.open()
    receiver.respond = lambda message: (503, b"") if message.event["subject"] == first else (204, b"")
    hooks.answer(first)
    hooks.answer(second)
    hooks.work()
    assert [each.place for each in receiver.received if each.place[0] == first] == [(first, 1)]
    assert [each.place[1] for each in receiver.received if each.place[0] == second] == [1, 2, 3]
    waiting = [each for each in hooks.deliveries(subscription) if each["status"] == "waiting"]
    assert [each["attemptCount"] for each in waiting] == [1, 0, 0]

    receiver.respond = lambda _: (204, b"")
    hooks.pass_by(seconds=10)
    hooks.work()
    places = [each.place for each in receiver.received if each.place[0] == first]
    assert places == [(first, 1), (first, 1), (first, 2), (first, 3)]
    ids = {each.headers["webhook-id"] for each in receiver.received if each.place == (first, 1)}
    assert len(ids) == 1


def test_after_72_hours_it_is_given_up_kept_and_sent_again_on_request(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    begun = hooks.exchange.clock()
    hooks.answer(hooks.open())
    healthy = hooks.open()
    receiver.respond = lambda message: (204, b"") if message.event["subject"] == healthy else (500, b"")
    for hours in (1, 5, 20, 24, 24):
        hooks.work()
        hooks.pass_by(hours=hours)
        # Something arrives now and then, so that the receiver is not left alone.
        healthy = hooks.open()
    hooks.work(3)
    failed = hooks.deliveries(subscription, query="?status=failed")
    assert [each["eventType"].split(".")[1] for each in failed] == ["opened", "claimed", "answered"]
    attempts = hooks.send("umea", "GET", f"{BASE}/webhook-deliveries/{failed[0]['webhookDeliveryId']}").json()
    assert all(each["outcome"] == "refused" and each["httpStatus"] == 500 for each in attempts["attempts"])

    receiver.respond, receiver.received = (lambda _: (204, b"")), []
    one = hooks.send("umea", "POST", f"{BASE}/webhook-deliveries/{failed[0]['webhookDeliveryId']}/redeliveries")
    assert one.status_code == 202
    hooks.work()
    assert [message.headers["webhook-id"] for message in receiver.received] == [failed[0]["eventId"]]
    since = {"since": (begun - timedelta(minutes=1)).isoformat()}
    replayed = hooks.send("umea", "POST", path_of(subscription, "/replays"), since)
    assert replayed.json() == {"queued": 2, "until": None}
    hooks.work()
    assert [message.headers["webhook-id"] for message in receiver.received] == [each["eventId"] for each in failed]

    too_soon = hooks.send("umea", "POST", path_of(subscription, "/replays"), since)
    assert (too_soon.status_code, too_soon.headers["Retry-After"]) == (429, "60")


def test_all_can_be_sent_again_in_order_with_the_same_ids(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    begun = hooks.exchange.clock()
    hooks.answer(hooks.open())
    hooks.work()
    body = {"since": begun.isoformat(), "deliveredToo": True}
    assert hooks.send("umea", "POST", path_of(subscription, "/replays"), body).json()["queued"] == 3
    hooks.work()
    assert receiver.events[3:] == receiver.events[:3]
    assert [message.body for message in receiver.received[3:]] == [message.body for message in receiver.received[:3]]


def test_a_receiver_that_says_gone_is_paused_until_it_is_validated_again(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    receiver.respond = lambda _: (410, b"")
    hooks.open()
    hooks.work()
    hooks.open()
    hooks.pass_by(hours=1)
    hooks.work()
    assert hooks.send("umea", "GET", path_of(subscription)).json()["state"] == "paused"
    assert len(receiver.received) == 1
    refused = hooks.send("umea", "POST", path_of(subscription, "/samples"))
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_not_active")

    receiver.respond = lambda _: (204, b"")
    hooks.send("umea", "POST", path_of(subscription, "/validations"))
    hooks.work()
    assert len(receiver.received) == 3


def test_the_contact_is_told_once_a_day_which_receiver_fails_and_how(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    hooks.subscribe("malmo", receiver)
    receiver.respond = lambda _: (503, b"")
    hooks.open()
    told = []
    for hours in (1, 6, 12, 7, 6, 12):
        hooks.work()
        told.append(len(hooks.send("umea", "GET", f"{BASE}/webhook-notices").json()["webhookNotices"]))
        hooks.pass_by(hours=hours)

    # A moment's failure is nothing to tell of.
    assert told == [0, 1, 1, 1, 2, 2]
    notices = hooks.send("umea", "GET", f"{BASE}/webhook-notices").json()["webhookNotices"]
    assert notices[0]["webhookSubscriptionId"] == subscription["webhookSubscriptionId"]
    assert set(notices[0]["outcomes"]) == {"refused_503"}
    assert (notices[0]["waiting"], notices[0]["paused"]) == (1, False)
    assert hooks.send("malmo", "GET", f"{BASE}/webhook-notices").json()["webhookNotices"] == []


def test_a_receiver_that_takes_nothing_for_three_days_is_left_alone(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    receiver.respond = lambda _: (500, b"")
    for _ in range(4):
        hooks.open()
        hooks.work()
        hooks.pass_by(hours=25)
    state = hooks.send("umea", "GET", path_of(subscription)).json()
    assert (state["state"], state["pausedAt"] is None) == ("paused", False)
    seen = len(receiver.received)
    hooks.work()
    assert len(receiver.received) == seen
