"""The tables of docs/algorithms/consumption.md and vee.md, read from the pages and executed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hydria.metering.domain.consumption import DEFAULT_ROLL_OVER, UNKNOWN_MILLI, Turn, measure, settle
from hydria.metering.domain.estimation import DEFAULT_ESTIMATION, Method, average_per_day, estimate
from hydria.metering.domain.history import find_usual
from hydria.metering.domain.policy import DEFAULT_POLICY
from hydria.metering.domain.validation import SEVERITY_OF, FindingCode, Judged, find_slips, judge

PAGES = Path(__file__).parents[3] / "docs/algorithms"


def table_under(page: str, heading: str, *, place: int = -1) -> list[list[str]]:
    """Return the rows of a table (the last one, if not told otherwise) before the next heading, without its head."""
    text = (PAGES / page).read_text(encoding="utf-8").split(heading, 1)[1].split("\n## ", 1)[0]
    tables: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table][place][2:]


def milli(cell: str) -> int:
    return UNKNOWN_MILLI if cell == "-" else int(cell) * 1000


def measure_stretches(stretches: list[tuple[int, int, int, bool]], *, usual_milli: int = 20_000) -> tuple[int, Turn]:
    """Measure one span of (digits, opening, closing, is new) stretches, in thousandths."""
    columns = np.array([row[:3] for row in stretches], dtype=np.int64).T
    found = measure(
        span_index=np.zeros(len(stretches), dtype=np.int64),
        span_count=1,
        opening_milli=columns[1],
        closing_milli=columns[2],
        capacity_milli=10 ** columns[0] * 1000,
        multiplier=np.ones(len(stretches), dtype=np.int64),
        is_new_dial=np.array([row[3] for row in stretches]),
        usual_milli=np.array([usual_milli]),
        policy=DEFAULT_ROLL_OVER,
    )
    return int(found.known_milli[0]), Turn(int(found.span_turn[0]))


def judged(**given: int) -> Judged:
    """Return one plain span of 20 m3 with twelve periods behind it, except for what is given."""
    plain = {
        "measured_milli": 20_000,
        "turn": Turn.FORWARD,
        "is_final_missing": 0,
        "opening_milli": 0,
        "closing_milli": 20_000,
        "multiplier": 1,
        "elsewhere_milli": 0,
        "carried_milli": 0,
        "usual_milli": 20_000,
        "spread_milli": 0,
        "peers_milli": 0,
        "history_count": 12,
        "zeros_before": 0,
        "estimates_before": 0,
        "has_estimate": 1,
        "is_ignored": 0,
        "is_reread_due": 0,
        "is_work_due": 0,
    }
    masks = {name for name in plain if name.startswith(("is_", "has_"))}
    return Judged(
        **{
            name: np.array([value], dtype=bool if name in masks else np.int64)
            for name, value in (plain | given).items()
        }
    )


class TestConsumptionPage:
    @pytest.mark.parametrize("row", table_under("consumption.md", "## When the dial is lower"), ids="|".join)
    def test_tells_a_roll_over_from_another_meter(self, row):
        digits, opening, closing, is_new, usual, turn, quantity = row

        found = measure_stretches(
            [(int(digits), milli(opening), milli(closing), is_new == "yes")], usual_milli=milli(usual)
        )

        assert found == (0 if quantity == "-" else milli(quantity), Turn[turn])

    @pytest.mark.parametrize("row", table_under("consumption.md", "## When the meter was exchanged"), ids="|".join)
    def test_counts_each_dial_of_an_exchange_for_itself(self, row):
        last, removal, initial, current, quantity = map(milli, row)

        found, _turn = measure_stretches([(5, last, removal, False), (5, initial, current, True)])

        assert found == quantity

    @pytest.mark.parametrize("row", table_under("consumption.md", "## When a meter has several"), ids="|".join)
    def test_adds_up_what_every_dial_went_forward(self, row):
        main_before, main_now, further_before, further_now, quantity = map(milli, row)

        found, turn = measure_stretches([(5, main_before, main_now, False), (5, further_before, further_now, False)])

        assert (found, turn <= Turn.ROLLED_OVER) == (quantity, True)

    @pytest.mark.parametrize("row", table_under("consumption.md", "## After an estimate"), ids="|".join)
    def test_takes_off_what_was_estimated_before(self, row):
        measured, ahead_before, quantity, ahead_after = map(milli, row)

        settled = settle(measured_milli=np.array([measured]), carried_milli=np.array([ahead_before]))

        assert (settled.quantity_milli.tolist(), settled.ahead_milli.tolist()) == ([quantity], [ahead_after])


class TestValidationPage:
    def test_names_every_finding_with_its_effect(self):
        text = (PAGES / "vee.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
        told = {
            line.split("`")[1]: "BLOCK" if line.rstrip(" |").endswith("holds") else "WARN"
            for line in text.splitlines()
            if line.startswith("| `")
        }

        assert told == {code.value: SEVERITY_OF[code].value for code in FindingCode}

    @pytest.mark.parametrize("row", table_under("vee.md", "## What is usual", place=0), ids="|".join)
    def test_lets_no_single_period_move_what_is_usual(self, row):
        rates, usual, spread = row
        litres = np.array([[int(rate) for rate in rates.split(",")]])

        found = find_usual(history_milli=litres * 30, history_days=np.full(litres.shape, 30))

        assert (found.per_day_micro.tolist(), found.spread_micro.tolist()) == ([milli(usual)], [milli(spread)])

    @pytest.mark.parametrize("row", table_under("vee.md", "## What is usual"), ids="|".join)
    def test_tells_high_and_low_from_usual(self, row):
        usual, spread, count, quantity, code = row

        findings = judge(
            spans=judged(
                usual_milli=milli(usual),
                spread_milli=milli(spread),
                history_count=int(count),
                measured_milli=milli(quantity),
                closing_milli=0,
            ),
            policy=DEFAULT_POLICY,
        )

        assert [str(found) for found, mask in findings.items() if mask[0]] == ([] if code == "-" else [code])

    @pytest.mark.parametrize("row", table_under("vee.md", "## A digit too many"), ids="|".join)
    def test_finds_the_reading_without_the_digit_too_many(self, row):
        opening, typed, usual, likely = map(milli, row)

        spans = judged(opening_milli=opening, closing_milli=typed, usual_milli=usual)

        assert find_slips(spans=spans, policy=DEFAULT_POLICY).tolist() == [likely]

    @pytest.mark.parametrize("row", table_under("vee.md", "## Estimates"), ids="|".join)
    def test_estimates_as_it_says(self, row):
        measured, days_measured, days, expected = map(int, row)
        per_day = average_per_day(
            history_milli=np.array([[measured * 1000]]), history_days=np.array([[days_measured]]), periods_max=6
        )

        found = estimate(per_day_micro={Method.OWN_AVERAGE: per_day}, days=np.array([days]), policy=DEFAULT_ESTIMATION)

        assert found.quantity_milli.tolist() == [expected * 1000]
