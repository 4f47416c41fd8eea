"""Numbers are gapless and unique, also when ranges end, expire or two writers want them."""

from __future__ import annotations

import datetime
import threading

import pytest
from django.db import connection, transaction

from hydria.platform.models import NumberSeries
from hydria.platform.numbering import UnableToTakeNumbers, open_range, take_numbers

TODAY = datetime.date(2026, 3, 1)

pytestmark = pytest.mark.django_db(transaction=True)


def _take(count: int) -> list[tuple[str, int, int]]:
    with transaction.atomic():
        blocks = take_numbers(code="invoice", count=count, on_date=TODAY)
    return [(block.prefix, block.first_number, block.count) for block in blocks]


class TestTakeNumbers:
    def test_goes_on_where_it_stopped(self):
        open_range(code="invoice", prefix="A")

        assert (_take(2), _take(3)) == ([("A", 1, 2)], [("A", 3, 3)])

    def test_runs_on_into_the_next_range(self):
        open_range(code="invoice", prefix="A", first_number=1, last_number=3)
        open_range(code="invoice", prefix="B", first_number=100)

        assert _take(5) == [("A", 1, 3), ("B", 100, 2)]

    def test_passes_an_expired_range_by(self):
        open_range(code="invoice", prefix="A", expires_date=TODAY)
        open_range(code="invoice", prefix="B", first_number=50, expires_date=TODAY + datetime.timedelta(days=1))

        assert _take(1) == [("B", 50, 1)]

    def test_takes_nothing_when_there_are_too_few(self):
        open_range(code="invoice", prefix="A", first_number=1, last_number=3)

        with pytest.raises(UnableToTakeNumbers) as refusal:
            _take(4)

        assert refusal.value.data["missing_count"] == 1
        assert NumberSeries.objects.get().next_number == 1

    def test_gives_numbers_back_when_the_work_fails(self):
        open_range(code="invoice", prefix="A")

        with pytest.raises(ZeroDivisionError), transaction.atomic():
            take_numbers(code="invoice", count=5, on_date=TODAY)
            _ = 1 / 0

        assert _take(1) == [("A", 1, 1)]

    def test_serves_two_writers_one_after_the_other(self):
        open_range(code="invoice", prefix="A")
        taken: list[int] = []

        def work() -> None:
            for _ in range(20):
                taken.extend(first for _prefix, first, _count in _take(1))
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(taken) == list(range(1, 41))
