"""Every threshold at its edge: what lies on it passes, what lies beyond it is found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hydria.kernel.issues import Severity
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Turn
from hydria.metering.domain.policy import DEFAULT_POLICY, Policy
from hydria.metering.domain.validation import SEVERITY_OF, FindingCode, Judged, find_slips, is_held, judge

PLAIN = {
    "measured_milli": 20_000,
    "turn": Turn.FORWARD,
    "is_final_missing": False,
    "opening_milli": 0,
    "closing_milli": 0,
    "multiplier": 1,
    "elsewhere_milli": 0,
    "carried_milli": 0,
    "usual_milli": 20_000,
    "spread_milli": 0,
    "peers_milli": 0,
    "history_count": 3,
    "zeros_before": 0,
    "estimates_before": 0,
    "has_estimate": True,
    "is_ignored": False,
    "is_reread_due": False,
    "is_work_due": False,
}
NEW = {"history_count": 2, "usual_milli": 0, "peers_milli": 20_000}
UNREAD = {"turn": Turn.NOT_READ, "measured_milli": 0, "closing_milli": UNKNOWN_MILLI}
STRICT = dataclasses.replace(DEFAULT_POLICY, high_milli_min=0)


def spans_of(*rows: dict) -> Judged:
    """Return plain spans of 20 m3, except for what each row gives."""
    filled = [PLAIN | row for row in rows]
    return Judged(**{name: np.array([row[name] for row in filled]) for name in PLAIN})


def codes_of(row: dict, *, policy: Policy = STRICT) -> set[str]:
    return {str(code) for code, mask in judge(spans=spans_of(row), policy=policy).items() if mask[0]}


def _spell(case: dict[str, object] | set[str]) -> str:
    """Name a case the same in every process: sets have no order of their own."""
    return str(sorted(case)) if isinstance(case, set) else str(case)


class TestJudge:
    @pytest.mark.parametrize(
        ("row", "codes"),
        [
            ({}, set()),
            # against its own history
            ({"measured_milli": 60_000}, set()),
            ({"measured_milli": 60_001}, {"consumption_high"}),
            ({"measured_milli": 60_001, "history_count": 2}, set()),
            ({"measured_milli": 60_001, "spread_milli": 8_000}, {"consumption_high"}),
            ({"measured_milli": 60_000, "usual_milli": 10_000, "spread_milli": 10_000}, set()),
            ({"measured_milli": 60_001, "usual_milli": 10_000, "spread_milli": 10_000}, {"consumption_high"}),
            ({"measured_milli": 4_000}, set()),
            ({"measured_milli": 3_999}, {"consumption_low"}),
            ({"measured_milli": 1}, {"consumption_low"}),
            ({"measured_milli": 3_999, "history_count": 2}, set()),
            ({"measured_milli": 3_999, "spread_milli": 3_200}, {"consumption_low"}),
            ({"measured_milli": 3_999, "spread_milli": 3_201}, set()),
            # nothing used
            ({"measured_milli": 0}, {"consumption_zero"}),
            ({"measured_milli": 0, "usual_milli": 0}, set()),
            ({"measured_milli": 0, "usual_milli": 1}, {"consumption_zero"}),
            ({"measured_milli": 0, "zeros_before": 1}, {"consumption_zero"}),
            ({"measured_milli": 0, "zeros_before": 2}, {"meter_stopped"}),
            ({"measured_milli": 5_000, "carried_milli": 5_000}, set()),
            # against its peers
            (NEW | {"measured_milli": 100_000}, set()),
            (NEW | {"measured_milli": 100_001}, {"consumption_above_peers"}),
            (NEW | {"measured_milli": 1_000}, set()),
            (NEW | {"measured_milli": 999}, {"consumption_below_peers"}),
            (NEW | {"measured_milli": 1}, {"consumption_below_peers"}),
            (NEW | {"measured_milli": 0}, set()),
            (NEW | {"measured_milli": 100_001, "peers_milli": 0}, set()),
            (NEW | {"measured_milli": 6, "peers_milli": 1}, {"consumption_above_peers"}),
            (NEW | {"measured_milli": 100_001, "history_count": 3, "usual_milli": 100_000}, set()),
            (NEW | {"measured_milli": 999, "history_count": 3, "usual_milli": 999}, set()),
            # what was estimated before is taken off first
            ({"measured_milli": 65_000, "carried_milli": 5_000}, set()),
            ({"measured_milli": 65_001, "carried_milli": 5_000}, {"consumption_high"}),
            ({"measured_milli": 4_999, "carried_milli": 5_000}, {"estimate_exceeds_reading"}),
            # how the dial got there
            ({"turn": Turn.ROLLED_OVER}, {"rolled_over"}),
            ({"turn": Turn.ROLLED_OVER, "measured_milli": 60_001}, {"rolled_over", "consumption_high"}),
            ({"turn": Turn.ROLLED_OVER, "measured_milli": 0}, {"rolled_over", "consumption_zero"}),
            ({"turn": Turn.BACKWARD, "measured_milli": 0}, {"reading_backward"}),
            ({"turn": Turn.BACKWARD, "measured_milli": 0, "carried_milli": 9}, {"reading_backward"}),
            ({"turn": Turn.EXCHANGED_UNSEEN, "measured_milli": 70_000}, {"suspected_exchange"}),
            (NEW | {"turn": Turn.EXCHANGED_UNSEEN, "measured_milli": 999}, {"suspected_exchange"}),
            (NEW | {"turn": Turn.EXCHANGED_UNSEEN, "measured_milli": 100_001}, {"suspected_exchange"}),
            # not read
            (UNREAD, {"reading_missing"}),
            (UNREAD | {"estimates_before": 2}, {"reading_missing"}),
            (UNREAD | {"estimates_before": 3}, {"reading_missing", "estimated_too_often"}),
            (UNREAD | {"has_estimate": False}, {"reading_missing", "history_missing"}),
            (UNREAD | {"is_final_missing": True}, {"final_reading_missing"}),
            ({"estimates_before": 3, "has_estimate": False}, set()),
            # what the reader noted
            ({"is_ignored": True}, {"reading_ignored"}),
            ({"is_reread_due": True}, {"reread_due"}),
            ({"is_work_due": True}, {"work_due"}),
        ],
        ids=_spell,
    )
    def test_finds_exactly_what_is_odd(self, row, codes):
        assert codes_of(row) == codes

    @pytest.mark.parametrize(
        ("row", "codes"),
        [
            ({"usual_milli": 5_000, "measured_milli": 30_000}, set()),
            ({"usual_milli": 5_000, "measured_milli": 30_001}, {"consumption_high"}),
            (NEW | {"peers_milli": 5_000, "measured_milli": 30_000}, set()),
            (NEW | {"peers_milli": 5_000, "measured_milli": 30_001}, {"consumption_above_peers"}),
        ],
        ids=_spell,
    )
    def test_calls_nothing_high_that_is_little(self, row, codes):
        assert codes_of(row, policy=DEFAULT_POLICY) == codes

    def test_says_slip_in_place_of_high_and_of_above_peers(self):
        typed = {"opening_milli": 22_000, "closing_milli": 231_000, "measured_milli": 209_000}

        assert codes_of(typed | {"usual_milli": 10_000}) == {"typing_slip"}
        assert codes_of(NEW | typed | {"peers_milli": 10_000}) == {"typing_slip"}
        assert codes_of(typed | {"usual_milli": 100_000}) == set()

    def test_judges_every_span_for_itself(self):
        rows = [{}, {"measured_milli": 60_001}, UNREAD, {"measured_milli": 0}]

        together = judge(spans=spans_of(*rows), policy=STRICT)

        assert [{str(code) for code, mask in together.items() if mask[place]} for place in range(4)] == [
            codes_of(row) for row in rows
        ]


class TestFindSlips:
    @pytest.mark.parametrize(
        ("row", "likely_milli"),
        [
            # 332 is nearest to the usual 6 among 325, 335, 335 and 332
            ({"opening_milli": 327_000, "closing_milli": 3_325_000, "usual_milli": 6_000}, 332_000),
            # what stands behind the point stays
            ({"opening_milli": 22_000, "closing_milli": 231_250, "usual_milli": 10_000}, 31_250),
            # 9 x 10 units are left when the 1 goes
            ({"opening_milli": 0, "closing_milli": 19_000, "usual_milli": 90_000, "multiplier": 10}, 9_000),
            # another dial's 5 belong to the quantity, so 15 is nearer than 25
            ({"opening_milli": 0, "closing_milli": 125_000, "usual_milli": 20_000, "elsewhere_milli": 5_000}, 15_000),
            # and the 10 that an estimate has counted do not, so 25 is
            ({"opening_milli": 0, "closing_milli": 125_000, "usual_milli": 15_000, "carried_milli": 10_000}, 25_000),
            # exactly the opening, and exactly as much as is not high yet
            ({"opening_milli": 5_000, "closing_milli": 95_000, "usual_milli": 1}, 5_000),
            ({"opening_milli": 0, "closing_milli": 99_000, "usual_milli": 3_000}, 9_000),
            ({"opening_milli": 0, "closing_milli": 99_000, "usual_milli": 2_999}, UNKNOWN_MILLI),
            # never backward
            ({"opening_milli": 10_000, "closing_milli": 95_000, "usual_milli": 20_000}, UNKNOWN_MILLI),
            # a digit in any place, up to the ninth
            ({"opening_milli": 0, "closing_milli": 923_456_781_000, "usual_milli": 23_456_781_000}, 23_456_781_000),
            ({"opening_milli": 0, "closing_milli": 8_000, "usual_milli": 20_000}, 0),
            # peers where there is no history
            ({"opening_milli": 0, "closing_milli": 231_000, "usual_milli": 0, "peers_milli": 30_000}, 31_000),
            ({"opening_milli": 0, "closing_milli": 231_000, "usual_milli": 20_000, "peers_milli": 30_000}, 21_000),
        ],
        ids=str,
    )
    def test_leaves_out_the_digit_that_comes_nearest(self, row, likely_milli):
        assert find_slips(spans=spans_of(row), policy=DEFAULT_POLICY).tolist() == [likely_milli]

    def test_takes_the_last_digit_of_two_that_come_equally_near(self):
        spans = spans_of({"opening_milli": 0, "closing_milli": 24_000, "usual_milli": 3_000})

        assert find_slips(spans=spans, policy=DEFAULT_POLICY).tolist() == [2_000]


class TestIsHeld:
    @pytest.mark.parametrize("code", FindingCode)
    def test_holds_what_blocks_and_lets_marks_pass(self, code):
        findings = {each: np.array([False, each is code]) for each in FindingCode}

        assert is_held(findings).tolist() == [False, SEVERITY_OF[code] is Severity.BLOCK]
