import datetime

import pytest

from desk_factories import at_the_desk
from hydria.platform import health, jobs, numbering
from hydria.platform.models import AuditEntry, Company, NumberSeries, Office, User

pytestmark = pytest.mark.django_db


class TestHealth:
    def test_is_told_with_the_worst_first(self):
        client = at_the_desk("administrator")
        jobs.defer("billing.price_chunk", key="x", run_id=1, chunk_id=1)

        page = client.get("/health/").text

        assert "PostgreSQL" in page
        assert page.index("act now") < page.index("look at it") < page.index("well</span>")

    def test_tells_how_the_last_verification_ended(self):
        client = at_the_desk("administrator")
        health.record_verification(broken_count=2, checked_count=60)

        assert "2 invariants broken" in client.get("/health/").text
        assert AuditEntry.objects.filter(after__kind="VERIFIED", action="REFUSED").exists()


class TestNumberSeries:
    def test_says_what_is_left_and_what_never_will_be_given_out(self):
        client = at_the_desk("administrator")
        numbering.open_range(code="invoice", prefix="B01-", last_number=1_000)
        numbering.open_range(code="invoice", prefix="A01-", last_number=50, expires_date=datetime.date(2025, 1, 1))
        NumberSeries.objects.filter(prefix="B01-").update(next_number=951)

        page = client.get("/health/numbers/").text

        assert "nearly used up" in page
        assert "B01-00000951" in page
        assert "the range had expired" in page


class TestOffices:
    def test_are_opened_and_renamed(self):
        client = at_the_desk("administrator")
        client.post("/offices/new/", {"code": "N", "name": "North"})
        office = Office.objects.get()

        client.post(f"/offices/{office.pk}/", {"code": "N", "name": "Old town"})
        again = client.post("/offices/new/", {"code": "n", "name": "Another"})

        assert "Old town" in client.get("/offices/").text
        assert again.status_code == 422
        assert "Another office has this code" in again.text

    def test_are_counted_with_their_users(self):
        client = at_the_desk("administrator")
        User.objects.update(office=Office.objects.create(code="N", name="North"))

        assert client.get("/offices/").status_code == 200


class TestUnusedDesks:
    def test_close_after_the_minutes_of_the_company(self):
        client = at_the_desk("administrator")

        refused = client.post("/health/unused-desks/", {"idle_minutes": 4, "reason": "hurry"})
        client.post("/health/unused-desks/", {"idle_minutes": 15, "reason": "counter in the hall"})

        assert refused.status_code == 422
        assert Company.objects.get().idle_minutes == 15
        entry = AuditEntry.objects.filter(table_name="platform_company").latest("id")
        assert (entry.after["idle_minutes"], entry.reason) == (15, "counter in the hall")
