"""A company's thresholds as plain numbers and back."""

from __future__ import annotations

import pytest

from hydria.metering.domain.policy import DEFAULT_POLICY, PolicyUnfit, to_policy, to_thresholds


class TestToPolicy:
    def test_reads_what_was_spelled(self):
        assert to_policy(to_thresholds(DEFAULT_POLICY)) == DEFAULT_POLICY

    def test_keeps_what_is_not_named(self):
        policy = to_policy({"opening_ppm_min": 900_000})

        assert policy.roll_over.opening_ppm_min == 900_000
        assert policy.high_percent == DEFAULT_POLICY.high_percent

    @pytest.mark.parametrize(
        "thresholds",
        [
            {"high_percents": 300},
            {"high_percent": -1},
            {"high_percent": "300"},
            {"high_percent": True},
            {"step_milli": 0},
            {"history_periods_min": 0},
            {"methods": ["GUESS"]},
            {"methods": ["FIXED", "FIXED"]},
        ],
    )
    def test_refuses_what_makes_no_sense(self, thresholds):
        with pytest.raises(PolicyUnfit):
            to_policy(thresholds)
