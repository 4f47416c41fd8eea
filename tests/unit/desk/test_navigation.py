from hydria.desk.web.navigation import PLACES


class TestPlaces:
    def test_gives_each_key_to_one_place(self) -> None:
        keys = [place.key for _, places in PLACES for place in places]

        assert len(set(keys)) == len(keys), f"pressed once, these lead to the first of several places: {sorted(keys)}"
