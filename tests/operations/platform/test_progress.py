"""Long work says how far it has come, also from inside a transaction."""

from __future__ import annotations

import pytest
from django.db import transaction

from hydria.platform import progress
from hydria.platform.access import SYSTEM
from money_factories import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class TestAside:
    def test_is_seen_though_the_transaction_is_rolled_back(self):
        progress.announce(key="k", title="t", total_count=1, unit="", link="", actor=SYSTEM, requested_at=NOW)
        progress.advance(key="k", done_count=0, at=NOW)

        with progress.aside(key="k") as tell, transaction.atomic():
            tell(30, 100, "halfway")
            transaction.set_rollback(True)

        found = progress.find_progress(key="k")
        assert (found.done_count, found.total_count, found.message) == (30, 100, "halfway")

    def test_writes_seldom_however_often_it_is_told(self):
        progress.announce(key="k", title="t", total_count=1, unit="", link="", actor=SYSTEM, requested_at=NOW)

        with progress.aside(key="k") as tell:
            for done_count in range(1_000):
                tell(done_count, 1_000, "")

        assert progress.find_progress(key="k").done_count == 0
