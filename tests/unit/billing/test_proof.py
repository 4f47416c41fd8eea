"""A run is proved when every equation holds, and each that does not is named."""

from __future__ import annotations

import dataclasses

import pytest

from hydria.billing.domain.proof import RunProof

PROVED = RunProof(
    due=6,
    billed=3,
    excluded=2,
    parked=1,
    quantity_read=10,
    quantity_billed=8,
    quantity_explained=2,
    lines_minor=500,
    invoices_minor=500,
    items_minor=500,
    journal_minor=500,
    second_engine_checked=3,
    second_engine_differences=0,
    replay_differences=0,
    hash="ab",
)


class TestRunProof:
    @pytest.mark.parametrize("written", [{}, {"items_minor": None}, {"journal_minor": None}], ids=str)
    def test_finds_no_fault_where_everything_is_equal(self, written):
        assert dataclasses.replace(PROVED, **written).faults == ()

    @pytest.mark.parametrize(
        ("change", "faults"),
        [
            ({"due": 7}, ("due_is_not_accounted_for",)),
            ({"billed": 4}, ("due_is_not_accounted_for",)),
            ({"excluded": 1}, ("due_is_not_accounted_for",)),
            ({"parked": 0}, ("due_is_not_accounted_for",)),
            ({"quantity_read": 11}, ("quantity_is_lost",)),
            ({"quantity_billed": 7}, ("quantity_is_lost",)),
            ({"quantity_explained": 3}, ("quantity_is_lost",)),
            ({"lines_minor": 501}, ("invoices_differ_from_lines",)),
            (
                {"invoices_minor": 499},
                ("invoices_differ_from_lines", "items_differ_from_invoices", "journal_differs_from_invoices"),
            ),
            ({"items_minor": 0}, ("items_differ_from_invoices",)),
            ({"journal_minor": 0}, ("journal_differs_from_invoices",)),
            ({"second_engine_differences": 1}, ("second_engine_differs",)),
            ({"replay_differences": 1}, ("replay_differs",)),
        ],
        ids=str,
    )
    def test_names_each_equation_that_does_not_hold(self, change, faults):
        assert dataclasses.replace(PROVED, **change).faults == faults

    def test_gives_its_figures_by_name(self):
        figures = PROVED.to_json()

        assert figures["quantity_billed"] == 8
        assert set(figures) == {field.name for field in dataclasses.fields(RunProof)}
