from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.spelling import to_search_text

LETTERS = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True)
)
PAIRS = {"ου": "ou", "αυ": "av", "ευ": "ev", "γγ": "ng", "γκ": "gk", "μπ": "b", "ντ": "nt", "τσ": "ts"}
FOREIGN = {"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"}


class TestToSearchText:
    @pytest.mark.parametrize(("written", "searched"), [*LETTERS.items(), *PAIRS.items(), *FOREIGN.items()])
    def test_spells_every_letter_in_latin_script(self, written: str, searched: str) -> None:
        assert to_search_text(f"1{written}1") == f"1{searched}1"

    @pytest.mark.parametrize(
        ("parts", "searched"),
        [
            (("Ñáñez  de\tla Ó", "Pérez"), "nanez de la o perez"),
            (("Γεώργιος Μπότσαρης",), "georgios botsaris"),
            (("ΕΥΑΓΓΕΛΟΣ",), "evangelos"),
            (("  ", ""), ""),
            (("Łódź-Straße 12",), "lodz-strasse 12"),
        ],
    )
    def test_leaves_out_accents_case_and_spare_spaces(self, parts: tuple[str, ...], searched: str) -> None:
        assert to_search_text(*parts) == searched

    @given(text=st.text(max_size=20))
    def test_changes_nothing_the_second_time(self, text: str) -> None:
        once = to_search_text(text)

        assert to_search_text(once) == once
