"""The documented command loads the real registers and bills the village through the whole of Hydria."""

from __future__ import annotations

import datetime
import re

import pytest

from hydria.intake._real import san_joan, santa_monica, village
from hydria.intake._real.running import UnableToFindRealData, run_real_data
from hydria.metering.models import Reading
from hydria.parties.models import Party
from hydria.platform.access import SYSTEM
from hydria.platform.models import ExternalAlias
from hydria.receivables.models import Item

pytestmark = [pytest.mark.real, pytest.mark.django_db]

NOW = datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def run(folder):
    (report,) = run_real_data(actor=SYSTEM, folder=folder, now=NOW)
    return report


class TestVillage:
    def test_is_billed_to_the_cent_and_paid_and_once_however_often_it_is_run(self, real_data_dir):
        report = run(real_data_dir / village.FOLDER)

        chain, differing = report.facts["chain"], report.oddities["invoices_differ"]
        assert chain["bills_same_to_the_cent"] + len(differing) == report.facts["bills"] == 989
        second_bills = [entry for entry in differing if entry.reason.startswith("a second bill")]
        assert (len(differing), len(second_bills)) == (41, 5)
        quantities = report.oddities["quantities_differ"]
        assert chain["bills_of_other_quantity"] == len(quantities) == 28
        assert {re.sub(r"[\d.]+|held: \w+", "N", entry.reason.rpartition("measured")[2]) for entry in quantities} == {
            ": the bill says N mN and its own reading N mN",
            ": N mN was typed and N -> N is N mN",
            ": the meter was not read that day; the bill repeats an older reading",
            ": the source goes N -> N although the dial showed N before",
            " (N): the source goes N -> N although the dial showed N before",
        }
        assert chain["runs"]["due"] == chain["runs"]["billed"] + chain["runs"]["parked"]
        assert chain["runs"]["lines_minor"] == chain["runs"]["invoices_minor"] == chain["runs"]["items_minor"]
        assert chain["runs"]["second_engine_differences"] == 0
        assert chain["payments_taken_minor"] == report.facts["paid_minor"]
        assert {entry.reason for entry in report.oddities["payments_refused"]} == {"amount_not_positive"}

        items = Item.objects.count()
        again = run(real_data_dir / village.FOLDER)
        assert (again.facts["chain"], Item.objects.count()) == (chain, items)


class TestSantaMonica:
    def test_has_every_customer_under_the_number_that_the_city_gave(self, real_data_dir):
        report = run(real_data_dir / santa_monica.FOLDER)

        aliases = ExternalAlias.objects.filter(scheme="santa-monica", object_kind="parties.party")
        assert aliases.count() == Party.objects.count() == report.facts["customers"]
        assert report.oddities["findings of santa-monica-usage"]


class TestSanJoan:
    def test_keeps_each_reading_once(self, real_data_dir):
        report = run(real_data_dir / san_joan.FOLDER)

        assert Reading.objects.count() == report.facts["rows"] - report.facts["dup_user_date"]

    def test_puts_every_exchange_into_the_queue_and_takes_none_for_a_roll_over(self, real_data_dir):
        report = run(real_data_dir / san_joan.FOLDER)

        told = {entry.subject for entry in report.oddities["incident suspected_exchange"]}
        documented = {f"{user}, {day}" for user, day, _was, _now in report.facts["drops_list"]}
        assert told == documented
        assert len(told) == 23
        findings = report.facts["queue"]["findings"]
        assert "rolled_over" not in findings
        assert "reading_missing" not in findings
        assert report.facts["queue"]["measured_m3"] == report.facts["billed_m3"] == 14802
        assert run(real_data_dir / san_joan.FOLDER).facts["queue"] == report.facts["queue"]


class TestFolder:
    def test_without_a_known_set_is_refused(self, tmp_path):
        with pytest.raises(UnableToFindRealData):
            run(tmp_path)
