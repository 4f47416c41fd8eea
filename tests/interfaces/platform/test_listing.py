import csv
import io
import re

import pytest
from django.test import Client
from openpyxl import load_workbook

from billing_factories import confirmed, consume, household, month, village
from desk_factories import at_the_desk
from hydria.platform.models import Role, SavedView, User

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


def headings(page: str) -> list[str]:
    head = re.search(r"<thead>(.*?)</thead>", page, re.DOTALL)[1]
    return [re.sub(r"<[^>]+>|[↑↓]", "", cell).strip() for cell in re.findall(r"<th.*?</th>", head, re.DOTALL)]


class TestShape:
    def test_shows_the_chosen_columns_in_their_order_and_exports_them(self):
        client = at_the_desk("administrator")
        address = "/users/?column=full_name&column=username"

        page, file = client.get(address).text, client.get(f"{address}&export=csv").getvalue().decode()

        assert headings(page) == ["Name", "Log-in name"]
        assert file.splitlines() == ["\ufeffName,Log-in name", "Administrator,administrator"]

    def test_shows_all_columns_when_none_of_those_asked_for_exists(self):
        client = at_the_desk("administrator")

        assert len(headings(client.get("/users/?column=x").text)) == 6

    def test_sums_each_group_and_opens_its_rows(self):
        client = at_the_desk("agent")
        cycle, home = village(), household()
        for number, quantity_m3 in ((1, 10), (2, 15)):
            period = month(cycle, number)
            consume(home, period, quantity_m3)
            confirmed(period)

        page = client.get("/billing/invoices/?group=issued").text
        first = re.search(r'href="(\?group=issued&amp;within=[^"]+)"', page)[1].replace("&amp;", "&")
        opened = client.get(f"/billing/invoices/{first}").text
        file = client.get("/billing/invoices/?group=issued&export=csv").getvalue().decode()

        assert headings(page) == ["Issued", "Rows", "Tax", "Total"]
        assert page.count("group=issued&amp;within=2026-") == 2
        assert len(re.findall(r"/billing/invoices/\d+/", opened)) == 1
        assert len(file.splitlines()) == 3

    @pytest.mark.parametrize("within", ["x", "-", "2026-99-99", "%00"])
    def test_survives_groups_that_are_none(self, within):
        client = at_the_desk("agent")

        assert client.get(f"/billing/invoices/?group=issued&within={within}").status_code in (200, 400)

    def test_keeps_the_rest_of_the_address_when_a_filter_changes(self):
        client = at_the_desk("administrator")

        page = client.get("/users/?column=username&sort=-username&name=x").text

        assert '<input type="hidden" name="column" value="username">' in page
        assert '<input type="hidden" name="sort" value="-username">' in page


class TestViews:
    def save(self, client, **changes):
        typed = {"listing": "users", "name": "Mine", "address": "/users/", "query": "?sort=-username"}
        return client.post("/views/save/", {**typed, **changes})

    def test_leads_back_to_the_list_and_stands_in_its_menu(self):
        client = at_the_desk("administrator")

        answer = self.save(client)

        assert answer.headers["Location"] == "/users/?sort=-username"
        assert 'href="/users/?sort=-username">Mine' in client.get("/users/").text

    def test_is_seen_by_colleagues_only_when_shared(self):
        client = at_the_desk("administrator")
        self.save(client, name="Private")
        self.save(client, name="Common", is_shared="on")
        colleague = Client()
        admin = User.objects.get()
        other = User.objects.create_user("other", "x" * 12, full_name="Other")
        other.roles.set(admin.roles.all())
        colleague.force_login(other, backend="django.contrib.auth.backends.ModelBackend")

        page = colleague.get("/users/").text

        assert "Common" in page
        assert "Private" not in page

    def test_of_others_is_not_theirs_to_forget(self):
        client = at_the_desk("administrator")
        self.save(client, is_shared="on")
        view = SavedView.objects.get()
        other = User.objects.create_user("other", "x" * 12, full_name="Other")
        colleague = Client()
        colleague.force_login(other, backend="django.contrib.auth.backends.ModelBackend")

        colleague.post(f"/views/{view.pk}/drop/", {"address": "/users/"})
        kept = SavedView.objects.exists()
        client.post(f"/views/{view.pk}/drop/", {"address": "/users/"})

        assert (kept, SavedView.objects.exists()) == (True, False)

    @pytest.mark.parametrize("address", ["https://example.org/", "//example.org", "javascript:alert(1)"])
    def test_leads_nowhere_else(self, address):
        client = at_the_desk("administrator")

        assert self.save(client, address=address).headers["Location"].startswith("/")
        assert not self.save(client, address=address).headers["Location"].startswith("//")

    def test_needs_a_name(self):
        client = at_the_desk("administrator")

        self.save(client, name=" ")

        assert not SavedView.objects.exists()
