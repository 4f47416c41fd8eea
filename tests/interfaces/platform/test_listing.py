import csv
import io
import re

import pytest
from openpyxl import load_workbook

from billing_factories import confirmed, consume, household, month, village
from desk_factories import at_the_desk
from hydria.platform.models import Role, User

pytestmark = pytest.mark.django_db
COUNT = 120


def many_users() -> None:
    role = Role.objects.get(code="cashier")
    users = User.objects.bulk_create(
        User(username=f"u{number:03}", full_name="Ana" if number % 2 else "=cmd|' /C calc'!A0", password="x")
        for number in range(COUNT)
    )
    for user in users:
        user.roles.add(role)


def usernames(page: str) -> list[str]:
    return re.findall(r'<a href="/users/\d+/">([^<]+)</a>', page)


def walk(client, address: str, rel: str) -> list[str]:
    seen = []
    while address:
        page = client.get(address).text
        seen.append(usernames(page))
        found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    return seen


class TestList:
    @pytest.mark.parametrize("order", ["username", "-username", "full_name", "-full_name"])
    def test_shows_every_row_once_over_its_pages(self, order: str):
        client = at_the_desk("administrator")
        many_users()

        pages = walk(client, f"/users/?sort={order}", "next")

        shown = [name for page in pages for name in page]
        assert [len(page) for page in pages] == [50, 50, COUNT + 1 - 100]
        assert sorted(shown) == sorted(User.objects.values_list("username", flat=True))

    def test_goes_back_the_way_it_came(self):
        client = at_the_desk("administrator")
        many_users()
        first = client.get("/users/").text
        onward = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")

        back = walk(client, onward, "prev")

        assert back[1] == usernames(first)

    def test_counts_the_whole_selection(self):
        client = at_the_desk("administrator")
        many_users()

        assert f"{COUNT // 2} rows" in client.get("/users/", {"name": "ana"}).text

    def test_says_so_when_a_filter_was_not_understood(self):
        answer = at_the_desk("administrator").get("/audit/", {"since": "yesterday", "action": "EXPLODE"})

        assert answer.status_code == 200
        assert "Not understood, so not used: yesterday" in answer.text
        assert "Not understood, so not used: EXPLODE" in answer.text

    @pytest.mark.parametrize(
        "query", ["after=%%%", "before=bm9wZQ", "sort=password", "after=WyJ4IiwgIngiXQ", "row=abc"]
    )
    def test_survives_an_address_edited_by_hand(self, query: str):
        client = at_the_desk("administrator")

        assert client.get(f"/users/?{query}").status_code == 200
        assert client.get(f"/audit/?{query}").status_code == 200

    def test_answers_a_filter_with_the_list_alone(self):
        client = at_the_desk("administrator")

        answer = client.get("/users/", headers={"HX-Request": "true", "HX-Target": "list-users"})

        assert "<html" not in answer.text
        assert "HX-Target" in answer.headers["Vary"]


class TestTotalsApart:
    def test_come_after_the_page_for_the_same_filters(self):
        client = at_the_desk("billing_manager")
        cycle = village()
        agreements = [household(), household()]
        period = month(cycle)
        for agreement in agreements:
            consume(agreement, period, 15)
        confirmed(period)

        page = client.get("/billing/invoices/").text
        totals = client.get(re.search(r'hx-get="([^"]*part=totals)"', page)[1].replace("&amp;", "&")).text

        assert "2 rows" not in page
        assert "2 rows" in totals
        assert "636.00" in totals


class TestExport:
    def test_writes_exactly_the_filtered_rows_and_no_formula(self):
        client = at_the_desk("administrator")
        many_users()

        answer = client.get("/users/", {"export": "csv", "name": "cmd"})

        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert len(rows) == 1 + COUNT // 2
        assert {row[1] for row in rows[1:]} == {"'=cmd|' /C calc'!A0"}

    def test_writes_a_workbook_without_formulas(self):
        client = at_the_desk("administrator")
        many_users()

        answer = client.get("/users/", {"export": "xlsx"})

        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        assert sheet.max_row == COUNT + 2
        assert all(cell.data_type != "f" for row in sheet for cell in row)
