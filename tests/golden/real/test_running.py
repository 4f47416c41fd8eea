"""The documented command loads the real registers and bills the village through the whole of Hydria."""

from __future__ import annotations

import datetime

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
        assert (len(differing), len(second_bills)) == (18 + 5, 5)
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


class TestFolder:
    def test_without_a_known_set_is_refused(self, tmp_path):
        with pytest.raises(UnableToFindRealData):
            run(tmp_path)
