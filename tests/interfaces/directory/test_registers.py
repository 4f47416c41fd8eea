"""The registers as lists: each finds its rows by what is true of them, and each row leads to its page."""

from __future__ import annotations

import datetime
import io
import re

import pytest
from openpyxl import load_workbook

from billing_factories import account, agree, confirmed, consume, household, month, point, village
from desk_factories import at_the_desk
from hydria.agreements.models import AccountParty, AccountRole
from hydria.agreements.operations import suspend_service
from hydria.metering.models import Meter
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db
LISTS = ("accounts", "people", "premises", "points", "meters", "debtors", "balances")


def cells(page: str) -> list[list[str]]:
    """Return the rows that a list shows, as text."""
    found = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL) if found else []
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows
    ]


def shown(client, address: str) -> list[str]:
    return [row[0] for row in cells(client.get(address).text)]


class TestEveryRegister:
    @pytest.mark.parametrize("name", LISTS)
    def test_shows_all_its_columns_and_exports_them(self, name: str):
        client = at_the_desk("administrator")
        cycle, home = village(), household()
        consume(home, month(cycle), 10)
        page = client.get(f"/{name}/").text
        every = "&".join(f"column={column}" for column in re.findall(r'name="column" value="(\w+)"', page))

        wide = client.get(f"/{name}/?{every}")
        file = client.get(f"/{name}/?{every}&export=xlsx")

        assert wide.status_code == 200
        heads = every.count("column=")
        sheet = load_workbook(io.BytesIO(b"".join(file.streaming_content))).active
        assert sheet.max_column == heads

    @pytest.mark.parametrize("name", LISTS)
    def test_survives_every_group_and_filter(self, name: str):
        client = at_the_desk("administrator")
        village()
        household()
        page = client.get(f"/{name}/").text
        groups = re.findall(r'<select[^>]*name="group".*?</select>', page, re.DOTALL)
        for group in re.findall(r'value="(\w+)"', groups[0]) if groups else []:
            assert client.get(f"/{name}/?group={group}").status_code == 200
        for filter_name in re.findall(r'id="filter-(\w+)"', page):
            choices = re.findall(rf'id="filter-{filter_name}".*?</select>', page, re.DOTALL)
            values = re.findall(r'<option value="([^"]+)"', choices[0]) if choices else ["7", "x", "2026-01-01"]
            for value in values:
                assert client.get(f"/{name}/?{filter_name}={value}").status_code == 200


class TestPeople:
    def test_are_found_by_the_role_they_have(self):
        client = at_the_desk("agent")
        village()
        home = household()
        payer = account()
        party = payer.parties.get().party
        AccountParty.objects.create(
            account=home.account, party=party, role=AccountRole.PAYER, valid_during=(datetime.date(2024, 1, 1), None)
        )

        assert shown(client, "/people/?role=PAYER") == [party.number]
        assert len(shown(client, "/people/?role=HOLDER")) == 2
        assert shown(client, "/people/?role=GUARANTOR") == []

    def test_are_found_by_parts_of_their_names_without_accents(self):
        client = at_the_desk("agent")
        village()
        household()

        assert len(shown(client, "/people/?name=perez ana")) == 1

    def test_have_a_page_with_every_account_and_one_balance_over_those_they_hold(self):
        client = at_the_desk("agent")
        cycle, home = village(), household()
        party = home.account.parties.get().party
        second = agree(account=home.account, service_point_id=point().pk)
        period = month(cycle)
        consume(home, period, 15)
        consume(second, period, 15)
        confirmed(period)

        household()
        page = client.get(f"/people/{party.pk}/").text

        assert page.count("636.00") == 4  # balance, owed, overdue, and the one account
        assert client.get("/people/").text.count("636.00") == 1
        assert f'href="/accounts/{home.account_id}/"' in page

    def test_show_no_balance_to_who_may_not_see_it(self):
        client = at_the_desk("reading_supervisor")
        village()
        party = household().account.parties.get().party

        assert "Balance" not in client.get(f"/people/{party.pk}/").text
        assert "Balance" not in client.get("/people/").text


class TestPoints:
    def test_are_found_by_how_they_stand(self):
        client = at_the_desk("agent")
        village()
        supplied, held = household(), household()
        empty = point()
        suspend_service(
            actor=SYSTEM, agreement_id=held.pk, reason="travels", from_date=datetime.date(2024, 1, 1), is_billed=False
        )

        assert shown(client, "/points/?supply=ACTIVE") == [supplied.service_point.number]
        assert shown(client, "/points/?supply=SUSPENDED") == [held.service_point.number]
        assert shown(client, "/points/?supply=NEVER") == [empty.number]
        assert shown(client, "/points/?supply=ENDED") == []

    def test_have_a_page_with_their_customers_and_meters(self):
        client = at_the_desk("agent")
        village()
        home = household()

        page = client.get(f"/points/{home.service_point_id}/").text

        assert "Supplied" in page
        assert home.number in page
        assert Meter.objects.get().serial in page
        assert f'href="/premises/{home.service_point.premise_id}/"' in page

    def test_stand_on_the_page_of_their_premise(self):
        client = at_the_desk("agent")
        village()
        place = point()

        assert f'href="/points/{place.pk}/"' in client.get(f"/premises/{place.premise_id}/").text


class TestMeters:
    def test_are_found_by_where_they_are_and_how_old_they_are(self):
        client = at_the_desk("agent")
        village()
        point()
        installed = Meter.objects.get()
        Meter.objects.create(serial="OLD", manufactured_date=datetime.date(2001, 1, 1))

        assert shown(client, "/meters/?state=INSTALLED") == [installed.serial]
        assert shown(client, "/meters/?state=STORED") == ["OLD"]
        assert shown(client, "/meters/?age=20") == ["OLD"]
        assert shown(client, "/meters/?age=99999999999999") == []


class TestDebtors:
    def test_are_summed_up_by_account_and_found_by_what_they_owe(self):
        client = at_the_desk("agent")
        cycle = village()
        homes = [household(), household()]
        period = month(cycle)
        for home, quantity_m3 in zip(homes, (10, 15), strict=True):
            consume(home, period, quantity_m3)
        confirmed(period)

        rows = cells(client.get("/debtors/").text)
        totals = client.get("/debtors/?part=totals").text

        assert [(row[0], row[2], row[5]) for row in rows] == [
            (homes[1].account.number, "318.00", "1"),
            (homes[0].account.number, "218.00", "1"),
        ]
        assert "536.00" in totals
        assert shown(client, "/debtors/?owed=300") == [homes[1].account.number]
        assert shown(client, "/debtors/?invoices=2") == []
        assert len(shown(client, "/debtors/?sector=S&category=household")) == 2

    def test_group_by_sector_with_subtotals(self):
        client = at_the_desk("agent")
        cycle, home = village(), household()
        period = month(cycle)
        consume(home, period, 15)
        confirmed(period)

        assert cells(client.get("/debtors/?group=sector").text)[0][:3] == ["Sector", "1", "318.00"]


class TestBalances:
    def test_carry_what_was_owed_before_over_a_time_to_what_is_owed_after(self):
        client = at_the_desk("agent")
        cycle, home = village(), household()
        for number in (1, 2):
            period = month(cycle, number)
            consume(home, period, 15)
            confirmed(period)
        issued = datetime.date(2026, 3, 3)
        address = f"/balances/?since={issued}&until=2026-03-31"

        (row,) = cells(client.get(address).text)
        totals = client.get(f"{address}&part=totals").text

        assert row[2:6] == ["318.00", "318.00", "0.00", "636.00"]
        assert "Opening <strong>318.00</strong>" in totals
        assert "Closing <strong>636.00</strong>" in totals

    def test_leave_out_who_did_not_move_when_asked(self):
        client = at_the_desk("agent")
        village()
        household()

        assert shown(client, "/balances/?moving=yes") == []
        assert len(shown(client, "/balances/")) == 1
