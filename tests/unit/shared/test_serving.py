"""What a process does before it serves."""

import gc

from shared.serving import keep_what_is_loaded


def test_what_is_loaded_when_serving_begins_is_not_looked_through_again() -> None:
    loaded = [object()]
    assert any(each is loaded for each in gc.get_objects())

    keep_what_is_loaded()
    try:
        made_since = [object()]
        looked_through = gc.get_objects()
    finally:
        gc.unfreeze()

    assert not any(each is loaded for each in looked_through)
    assert any(each is made_since for each in looked_through)
