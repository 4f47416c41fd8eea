"""Places of the desk are added by many hands; each needs a key of its own."""

from __future__ import annotations

from collections import Counter

from hydria.desk.web.navigation import PLACES


class TestPlaces:
    def test_gives_each_key_to_one_place(self) -> None:
        keys = Counter(place.key for _, places in PLACES for place in places)

        assert not [key for key, count in keys.items() if key and count > 1]
