import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.customers.domain.contracts import FieldUnknown, Kind, check_text, lay_out
from hydria.kernel.filetypes import sniff

TEXT = """# Contract of {{holder_name}}
## Service
- At **{{supply_address}}**
- Meter {{ meter_serial }}

First line
goes on here.

Second paragraph."""


def spelled(text, values):
    return [(str(block.kind), "".join(run.text for run in block.runs)) for block in lay_out(text, values)]


class TestLayOut:
    def test_knows_headings_items_and_paragraphs(self):
        values = {"holder_name": "Ana", "supply_address": "Calle 1", "meter_serial": "H7"}

        assert spelled(TEXT, values) == [
            ("heading", "Contract of Ana"),
            ("subheading", "Service"),
            ("item", "At Calle 1"),
            ("item", "Meter H7"),
            ("paragraph", "First line goes on here."),
            ("paragraph", "Second paragraph."),
        ]

    def test_sets_what_is_between_stars_in_bold(self):
        (block,) = lay_out("Pay **before** the due date", {})

        assert [(run.text, run.is_bold) for run in block.runs] == [
            ("Pay ", False),
            ("before", True),
            (" the due date", False),
        ]

    @given(name=st.text(max_size=30))
    def test_never_reads_a_mark_in_what_is_filled_in(self, name):
        (block,) = lay_out("Of {{holder_name}}.", {"holder_name": name})

        assert block.kind is Kind.PARAGRAPH
        assert [(run.text, run.is_bold) for run in block.runs] == [(f"Of {name}.", False)]

    @given(text=st.text(max_size=200))
    def test_lays_out_whatever_is_written(self, text):
        assert all(block.runs is not None for block in lay_out(text, {}))


class TestCheckText:
    def test_refuses_a_name_that_no_contract_knows(self):
        with pytest.raises(FieldUnknown) as refused:
            check_text("{{holder_name}} {{shoe_size}}")

        assert refused.value.args == ("shoe_size",)


class TestSniff:
    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (b"%PDF-1.7", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
            (b"<html><script>", None),
            (b"RIFF\x00\x00\x00\x00WAVE", None),
            (b"MZ\x90\x00", None),
            (b"", None),
        ],
    )
    def test_tells_a_file_by_its_content(self, content, media_type):
        assert sniff(content) == media_type
