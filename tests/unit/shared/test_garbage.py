"""What is left of a start when it is over."""

import gc
import weakref

from shared import garbage


class Node:
    """Knows itself, so that only the collector can clear it away."""

    def __init__(self) -> None:
        self.itself = self


def test_nothing_is_collected_during_a_start_and_its_garbage_is_cleared_away_after_it() -> None:
    garbage.put_off()
    assert not gc.isenabled()
    thrown_away = weakref.ref(Node())
    assert thrown_away() is not None

    garbage.settle()
    assert gc.isenabled()
    assert thrown_away() is None


def test_what_a_start_has_made_is_looked_through_no_more_and_what_is_made_later_is() -> None:
    garbage.put_off()
    of_the_start = Node()
    garbage.settle()
    later = Node()

    assert gc.get_freeze_count() > 0
    assert not any(each is of_the_start for each in gc.get_objects())
    assert any(each is later for each in gc.get_objects())


def test_what_a_few_requests_have_in_use_is_not_looked_through() -> None:
    garbage.settle()
    collections: list[str] = []
    gc.callbacks.append(lambda phase, _: collections.append(phase))
    in_use = [Node() for _ in range(5000)]
    gc.callbacks.pop()

    assert (len(in_use), collections) == (5000, [])
