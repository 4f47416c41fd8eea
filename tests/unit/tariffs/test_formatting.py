from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.tariffs.domain.document import read_document, to_plain
from hydria.tariffs.domain.findings import Findings
from hydria.tariffs.domain.formatting import format_text, write_plain
from tariff_factories import tariffs

TEXT = """\
# Approved in March
currency: DOP   # pesos
tariff: "demo"
charges:
    # paid by everyone
    - shape: fixed
      charge: fee
      amount:
         2025-01-01: 5.00
         2026-01-01: 6.00  # new
    - {charge: water, shape: uniform, price: '1.50'}
notes: >
  folded
  text
# the end
"""
FORMATTED = """\
# Approved in March
tariff: demo
currency: DOP  # pesos
notes: |
  folded text

charges:
  # paid by everyone
  - charge: fee
    shape: fixed
    amount:
      2025-01-01: 5.00
      2026-01-01: 6.00  # new
  - charge: water
    shape: uniform
    price: 1.50
# the end
"""
scalars = st.text(st.characters(codec="utf-8", exclude_categories=("C",), include_characters="\n"), max_size=12)
plains = st.recursive(
    scalars,
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(scalars, part, max_size=3)),
    max_leaves=12,
)


def read(text: str) -> Any:
    findings = Findings()
    root = read_document(text, findings=findings)
    assert root is not None, text
    assert not findings.issues, text
    return root


class TestFormatText:
    def test_orders_fields_and_keeps_comments(self) -> None:
        assert format_text(TEXT, read(TEXT)) == FORMATTED

    def test_changes_nothing_the_second_time(self) -> None:
        once = format_text(TEXT, read(TEXT))

        assert format_text(once, read(once)) == once


class TestWritePlain:
    @settings(max_examples=50, deadline=None)
    @given(plain=st.dictionaries(scalars, plains, min_size=1, max_size=4))
    def test_is_read_back_as_it_was(self, plain: dict[str, Any]) -> None:
        assert to_plain(read(write_plain(plain))) == plain

    @settings(max_examples=15, deadline=None)
    @given(plain=tariffs())
    def test_writes_tariffs_in_the_canonical_layout(self, plain: dict[str, Any]) -> None:
        text = write_plain(plain)

        assert format_text(text, read(text)) == text
