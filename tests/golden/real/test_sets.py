"""Real data sets come out as their descriptions say, and every oddity in them is named."""

from __future__ import annotations

import re

import pytest

from hydria.intake._real import new_york, san_joan, santa_monica, village

pytestmark = pytest.mark.real


def documented_facts(real_data_dir, folder: str) -> dict[str, str]:
    """Return the facts that a data set's description lists."""
    text = (real_data_dir / folder / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^- (\w+): (.+)$", text, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def village_report(real_data_dir):
    return village.check(real_data_dir / village.FOLDER)


@pytest.fixture(scope="module")
def new_york_report(real_data_dir):
    return new_york.check(real_data_dir / new_york.FOLDER)


@pytest.fixture(scope="module")
def santa_monica_report(real_data_dir):
    return santa_monica.check(real_data_dir / santa_monica.FOLDER)


@pytest.fixture(scope="module")
def san_joan_report(real_data_dir):
    return san_joan.check(real_data_dir / san_joan.FOLDER)


class TestVillage:
    def test_has_every_documented_fact(self, village_report, real_data_dir):
        documented = documented_facts(real_data_dir, village.FOLDER)
        money = {"billed_total": "billed_minor", "paid_total": "paid_minor", "max_payment": "max_payment_minor"}

        ours = {name: village_report.facts[name] for name in documented if name in village_report.facts}
        assert ours == {name: int(documented[name]) for name in ours}
        assert len(ours) == 21
        for name, minor in money.items():
            assert village_report.facts[minor] == round(float(documented[name]) * 100)

    def test_bills_to_the_cent_what_the_tariff_explains_and_names_the_rest(self, village_report):
        unexplained = village_report.oddities["bills_not_explained"]

        assert village_report.facts["bills"] - len(unexplained) == village_report.facts["bill_eq_tariff_of_billed_m3"]
        assert len(unexplained) == 18
        assert all(entry.reason for entry in unexplained)

    def test_names_the_slips_that_the_description_tells_of(self, village_report):
        told = {
            name: " ".join(f"{entry.subject} {entry.reason}" for entry in entries)
            for name, entries in village_report.oddities.items()
        }

        assert "327 -> 3325" in told["digits_too_many"]
        assert "MTR-9-005" in told["meter_of_two_households"]
        assert "341868.00" in told["payments_enormous"]
        assert len(village_report.oddities["chain_broken"]) == 17
        assert len(village_report.oddities["payments_early"]) == 22


class TestNewYork:
    def test_finds_the_documented_kinds_and_rates(self, new_york_report):
        assert new_york_report.facts["kind"] == {"metered": 18176, "minimum": 3962, "other": 1434, "zero": 467}
        assert new_york_report.facts["metered_by_rate"] == {
            "3.39": 1054, "3.58": 2997, "3.7": 2981, "3.81": 7757, "3.9": 1926, "3.99": 1461,
        }  # fmt: skip
        assert new_york_report.facts["min_by_rate"] == {"0.44": 9, "0.46": 249, "0.49": 3704}

    def test_has_every_documented_sum(self, new_york_report):
        expected = {
            "rows": 24039, "developments": 70, "hcf": 5892391, "charges_minor": 52324543_76, "other_minor": 17014_10,
            "zero_consumption": 1298, "days_gt_100": 192, "max_days": 3318, "max_hcf": 434200,
            "current_eq_ws_plus_other": 24039, "total_col_is_double": 24039, "minimum_but_large_use": 13,
        }  # fmt: skip

        assert {name: new_york_report.facts[name] for name in expected} == expected

    def test_rates_straddling_periods_by_their_days_and_names_the_rest(self, new_york_report):
        straddling, unexplained = new_york_report.oddities["straddling"], new_york_report.oddities["unexplained"]

        assert len(straddling) + len(unexplained) == 1434
        assert len(straddling) > 1200
        assert all(entry.reason for entry in (*straddling, *unexplained))


class TestSantaMonica:
    def test_bills_the_single_families_to_the_cent(self, santa_monica_report):
        assert (santa_monica_report.facts["single_family_rows"], santa_monica_report.facts["single_family_minor"]) == (
            65009,
            7_355_079_97,
        )

    def test_has_every_documented_fact(self, santa_monica_report, real_data_dir):
        documented = documented_facts(real_data_dir, santa_monica.FOLDER)

        ours = {name: santa_monica_report.facts[name] for name in documented if name in santa_monica_report.facts}
        assert ours == {name: int(documented[name]) for name in ours}
        assert len(ours) == 10

    def test_names_duplicates_outliers_and_customers_without_a_number(self, santa_monica_report):
        counts = {name: len(entries) for name, entries in santa_monica_report.oddities.items()}

        assert counts["repeated_rows"] == 2435
        assert counts["several_rows_a_month"] == 7826
        assert counts["outliers"] == 9
        assert counts["class_changed"] == 648
        assert counts["rate_code_missing"] == 469
        assert counts["customer_without_number"] == 34

    def test_bills_every_row_or_says_why_not(self, santa_monica_report):
        assert (
            santa_monica_report.facts["billed_rows"] + len(santa_monica_report.oddities["no_price"])
            == santa_monica_report.facts["rows"]
        )


class TestSanJoan:
    def test_takes_every_drop_for_an_exchange_and_none_for_a_roll_over(self, san_joan_report):
        assert (san_joan_report.facts["suspected_exchanges"], san_joan_report.facts["roll_overs"]) == (23, 0)
        assert san_joan_report.facts["billed_m3"] == 14802

    def test_has_every_documented_fact(self, san_joan_report):
        expected = {
            "rows": 929, "users": 11, "first": "1993-02-10", "last": "2017-06-14", "drops": 23, "users_with_drop": 11,
            "zero_steps": 167, "dup_user_date": 47, "period_days_median": 91.0, "period_days_max": 98,
            "period_days_lt60": 60, "sum_positive_steps_m3": 14802,
        }  # fmt: skip

        assert {name: san_joan_report.facts[name] for name in expected} == expected
