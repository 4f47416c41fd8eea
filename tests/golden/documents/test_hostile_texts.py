"""No name that a customer has, or invents, stops a document or is taken for the document's own language."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from hydria.billing.documents import invoice
from hydria.billing.documents.card import InvoiceCard
from hydria.billing.documents.sample import sample_card
from hydria.platform.documents import compiler

NOW = datetime.datetime(2026, 11, 3, 12, tzinfo=datetime.UTC)


def named(name: str) -> InvoiceCard:
    card = sample_card()
    return dataclasses.replace(card, customer=dataclasses.replace(card.customer, name=name))


class TestName:
    @pytest.mark.parametrize(
        "name",
        [
            '*Ana* #read("/etc/passwd") $x$ \\ `c` <label> @cite // "}]',
            "Ana 💧 王小明 علي שלום",
            "a\x01b\ufeffc\ue000d\uffffe\U0010fffff\u202eg\u2028h\ni",
            "W" * 200,
        ],
        ids=["markup", "other scripts", "signs without a glyph", "long"],
    )
    def test_is_printed_beside_every_other_invoice(self, name: str):
        (pdf,) = invoice.render_invoices(cards=[named("Ana"), named(name), named("Luis")], created_at=NOW)

        assert pdf.startswith(b"%PDF")

    def test_keeps_what_the_fonts_can_draw(self):
        spelled = compiler._drawable({"name": ["Ana Pen\u0303a Ωμέγα 王", 7, None]})

        assert spelled == {"name": ["Ana Peña Ωμέγα ?", 7, None]}
