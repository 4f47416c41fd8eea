from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

import billing_factories as given
from hydria.agreements.models import Account, AccountParty, AccountRole
from hydria.parties.models import Party
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.models import Payment, TillSession
from hydria.payments.operations import create_till, open_receipt_series, open_session, take_payment
from hydria.payments.queries import list_tills
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Company, Role, User
from money_factories import NOW, TODAY, chart_of_accounts, household_with_two_overdue_invoices, post_invoice

pytestmark = pytest.mark.django_db

CASHIER = (
    Permission.REGISTER_VIEW,
    Permission.RECEIVABLE_VIEW,
    Permission.PAYMENT_VIEW,
    Permission.PAYMENT_TAKE,
)


def log_in(client, *permissions, username="maria"):
    role = Role.objects.create(code=username, name=username, permissions=[str(item) for item in permissions])
    user = User.objects.create_user(username, "a-long-password", full_name=username.title())
    user.roles.add(role)
    client.force_login(user)
    return user


@pytest.fixture
def household():
    Company.objects.create(id=1, name="Aguas", currency="DOP", country="DO", language="en", timezone="UTC")
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    create_till(actor=SYSTEM, code="T1", name="Till 1")
    account, items = household_with_two_overdue_invoices()
    party = Party.objects.create(number="P-1", kind="PERSON", name="Peña, José", search_name="pena, jose")
    AccountParty.objects.create(
        account=account, party=party, role=AccountRole.HOLDER, valid_during=(datetime.date(2020, 1, 1), None)
    )
    return account, items


@pytest.fixture
def till(client, household):
    """Return a client whose cashier has a till open."""
    log_in(client, *CASHIER)
    till_id = client.get(reverse("till_open")).context["form"].fields["till_id"].choices[0][0]
    client.post(reverse("till_open"), {"till_id": till_id, "float_minor": "10.00"})
    return client


def money(**fields):
    return {"key": "form-1", "amount_minor": "120.00", **fields}


class TestShowTill:
    def test_asks_to_open_a_till_first(self, client, household):
        log_in(client, *CASHIER)

        assert client.get(reverse("till"), follow=True).redirect_chain[-1][0] == reverse("till_open")

    @pytest.mark.parametrize("typed", ["{number}", "(96){number}", "]C196{number}", "Pena", "jose"])
    def test_leads_straight_to_the_account_that_is_meant(self, till, household, typed):
        account, _items = household

        response = till.get(reverse("till"), {"q": typed.format(number=account.number)})

        assert response.url == reverse("till_account", args=[account.pk])

    @pytest.mark.parametrize("scanned", ["{code}", "(96){code}", "]C196{code}", "]C141577099980000188020{code}"])
    def test_leads_from_a_scanned_invoice_to_its_account(self, client, scanned):
        cycle, home = given.village(), given.household()
        month = given.month(cycle)
        given.consume(home, month, 12)
        given.confirmed(month)
        create_till(actor=SYSTEM, code="T1", name="Till 1")
        user = log_in(client, *CASHIER)
        open_session(actor=user.to_actor(), till_id=list_tills().get().pk, opened_at=NOW)

        response = client.get(reverse("till"), {"q": scanned.format(code="F-00000001")})

        assert response.url == reverse("till_account", args=[home.account_id])

    def test_puts_the_cursor_on_those_found_so_that_their_keys_work(self, till, household):
        account, _items = household
        Account.objects.create(number=account.number[:-1] + "X", opened_date=datetime.date(2020, 1, 1))

        page = till.get(reverse("till"), {"q": account.number[:-1]}).content.decode()

        assert f'data-key="1" data-key-label="{account.number}" autofocus' in page
        assert 'spellcheck="false" autofocus' not in page

    def test_says_when_nobody_is_found(self, till):
        assert "Nobody found" in till.get(reverse("till"), {"q": "zzz"}).content.decode()


class TestTakePayment:
    def test_shows_the_debts_in_few_queries(self, till, household, django_assert_max_num_queries):
        account, _items = household

        with django_assert_max_num_queries(14):
            page = till.get(reverse("till_account", args=[account.pk])).content.decode()

        assert "50.00" in page
        assert "70.00" in page

    def test_takes_the_exact_sum_in_cash_at_enter(self, till, household):
        account, _items = household

        response = till.post(reverse("till_account", args=[account.pk]), money())

        payment = Payment.objects.get()
        assert response.url == f"{reverse('payment', args=[payment.pk])}?change=0"
        assert list(payment.tenders.values_list("kind", "amount_minor")) == [("CASH", 12_000)]
        assert payment.session.cashier.username == "maria"

    def test_shows_the_change(self, till, household):
        account, _items = household

        response = till.post(reverse("till_account", args=[account.pk]), money(cash_minor="150.00"), follow=True)

        assert "Give back" in response.content.decode()
        assert "30.00" in response.content.decode()

    def test_pays_once_when_the_form_is_sent_twice(self, till, household):
        account, _items = household
        till.post(reverse("till_account", args=[account.pk]), money())
        till.post(reverse("till_account", args=[account.pk]), money())

        assert Payment.objects.count() == 1

    def test_keeps_what_was_typed_when_it_is_refused(self, till, household):
        account, (first, _second) = household

        response = till.post(
            reverse("till_account", args=[account.pk]),
            money(card_minor="200.00", card_reference="AUTH-7", documents=[first]),
        )

        page = response.content.decode()
        assert response.status_code == 422
        assert "Change is given from cash only" in page
        assert "AUTH-7" in page
        assert "checked" in page

    def test_names_the_receipt_when_a_debt_was_just_paid(self, till, household):
        account, (first, second) = household
        form = money(item_ids=[first, second])
        take_payment(
            actor=SYSTEM,
            account_id=account.pk,
            tenders=[Tendered(kind=TenderKind.CASH, amount_minor=5_000)],
            key="other",
            received_at=NOW,
            effective_date=TODAY,
            item_ids=[first],
        )

        response = till.post(reverse("till_account", args=[account.pk]), form)

        assert response.status_code == 422
        assert Payment.objects.count() == 1

    def test_shows_an_invoice_in_one_row_opened_out_to_its_charges(self, till, household):
        account, _items = household
        parts = [
            post_invoice(account.pk, amount_minor, rank=rank, source_id=901)
            for rank, amount_minor in ((10, 300), (20, 400))
        ]

        page = till.get(reverse("till_account", args=[account.pk])).content.decode()

        assert page.count("F-000901") == 1
        assert reverse("invoice", args=[901]) in page
        assert "7.00" in page
        assert all(f'value="{part}" data-part-of="{parts[0]}"' in page for part in parts)

    def test_pays_a_chosen_invoice_with_all_its_charges(self, till, household):
        account, _items = household
        parts = [
            post_invoice(account.pk, amount_minor, rank=rank, source_id=902)
            for rank, amount_minor in ((10, 300), (20, 400))
        ]

        response = till.post(
            reverse("till_account", args=[account.pk]), money(amount_minor="7.00", documents=[parts[0]]), follow=True
        )

        (paid,) = response.context["payment"].paid
        assert (paid.document_code, paid.amount_minor) == ("F-000902", 700)

    def test_shows_how_to_write_what_can_be_read_in_two_ways(self, till, household):
        account, _items = household

        page = till.post(reverse("till_account", args=[account.pk]), money(cash_minor="200,50")).content.decode()

        assert "“200,50” can be read in two ways. If you mean 200.50, write it so." in page
        assert not Payment.objects.exists()

    def test_blames_the_field_that_falls_short(self, till, household):
        account, _items = household

        response = till.post(reverse("till_account", args=[account.pk]), money(cash_minor="100.00"))

        assert list(response.context["form"].errors) == ["cash_minor"]

    @pytest.mark.parametrize("amount", ["-1", "abc", "1.234", "0", ""])
    def test_refuses_what_is_no_amount(self, till, household, amount):
        account, _items = household

        response = till.post(reverse("till_account", args=[account.pk]), money(amount_minor=amount))

        assert response.status_code == 422
        assert not Payment.objects.exists()


class TestCloseSession:
    def test_tells_the_difference_after_the_count(self, till, household):
        account, _items = household
        till.post(reverse("till_account", args=[account.pk]), money())

        blind = till.get(reverse("till_close")).content.decode()
        page = till.post(reverse("till_close"), {"counted_minor": "129.50"}, follow=True).content.decode()

        assert "130.00" not in blind
        assert "130.00" in page
        assert "−0.50" in page
        assert TillSession.objects.get().closed_at

    def test_lets_a_supervisor_close_for_a_colleague_who_has_left(self, till):
        log_in(till, *CASHIER, Permission.PAYMENT_REVERSE, username="ana")
        session = TillSession.objects.get()
        address = reverse("till_session_close", args=[session.pk])

        tills = till.get(reverse("tills")).content.decode()
        offered = till.get(reverse("till_session", args=[session.pk])).content.decode()
        page = till.post(address, {"counted_minor": "10.00"}, follow=True).content.decode()
        again = till.get(address)

        assert "Maria" in tills
        assert address in offered
        assert address not in page
        assert again.url == reverse("till_session", args=[session.pk])
        assert TillSession.objects.get().counted_minor == 1_000

    def test_lets_no_other_cashier_do_so(self, till):
        log_in(till, *CASHIER, username="eva")
        session = TillSession.objects.get()

        offered = till.get(reverse("till_session", args=[session.pk])).content.decode()
        refused = till.post(reverse("till_session_close", args=[session.pk]), {"counted_minor": "10.00"})

        assert reverse("till_session_close", args=[session.pk]) not in offered
        assert refused.status_code == 422
        assert TillSession.objects.get().closed_at is None


class TestTills:
    def test_makes_a_till_once(self, client, household):
        log_in(client, Permission.PAYMENT_VIEW, Permission.SETTING_MANAGE)
        till = {"code": "T2", "name": "Market"}

        page = client.post(reverse("till_new"), till, follow=True).content.decode()
        again = client.post(reverse("till_new"), till)

        assert "Market" in page
        assert again.status_code == 422
        assert list_tills().count() == 2


class TestPayment:
    @pytest.fixture
    def payment(self, household):
        account, _items = household
        return take_payment(
            actor=SYSTEM,
            account_id=account.pk,
            tenders=[Tendered(kind=TenderKind.CASH, amount_minor=5_000)],
            key="one",
            received_at=NOW,
            effective_date=TODAY,
        )

    def test_is_given_back_with_a_reason(self, client, payment):
        log_in(client, *CASHIER, Permission.PAYMENT_REVERSE)
        address = reverse("payment_reverse", args=[payment.pk])

        assert client.post(address, {"reason": ""}).status_code == 422
        page = client.post(address, {"reason": "Wrong account"}, follow=True).content.decode()

        assert "Wrong account" in page
        assert Payment.objects.count() == 2

    def test_prints_its_receipt(self, client, payment):
        log_in(client, *CASHIER)

        response = client.get(reverse("receipt", args=[payment.pk]))

        assert response.content.startswith(b"%PDF")

    def test_prints_the_statement(self, client, payment):
        log_in(client, *CASHIER)

        response = client.get(reverse("statement_pdf", args=[payment.account_id]))

        assert response.content.startswith(b"%PDF")

    def test_shows_the_statement(self, client, payment):
        log_in(client, *CASHIER)

        page = client.get(
            reverse("statement", args=[payment.account_id]), {"since": "2026-01-01", "until": "2026-12-31"}
        ).content.decode()

        assert payment.receipt_code in page
        assert "70.00" in page


PAGES = {
    "till": (Permission.PAYMENT_TAKE, False),
    "till_open": (Permission.PAYMENT_TAKE, False),
    "till_close": (Permission.PAYMENT_TAKE, False),
    "till_account": (Permission.PAYMENT_TAKE, True),
    "till_session": (Permission.PAYMENT_VIEW, True),
    "till_session_close": (Permission.PAYMENT_TAKE, True),
    "tills": (Permission.PAYMENT_VIEW, False),
    "till_new": (Permission.SETTING_MANAGE, False),
    "payments": (Permission.PAYMENT_VIEW, False),
    "payment_batch": (Permission.PAYMENT_VIEW, True),
    "takings": (Permission.PAYMENT_VIEW, False),
    "payment": (Permission.PAYMENT_VIEW, True),
    "receipt": (Permission.PAYMENT_VIEW, True),
    "payment_reverse": (Permission.PAYMENT_REVERSE, True),
    "statement": (Permission.RECEIVABLE_VIEW, True),
    "statement_pdf": (Permission.RECEIVABLE_VIEW, True),
}


class TestPermissions:
    @pytest.mark.parametrize("name", PAGES)
    def test_every_page_is_closed_to_those_without_its_permission(self, client, name):
        permission, has_id = PAGES[name]
        log_in(client, *(item for item in Permission if item is not permission))

        assert client.get(reverse(name, args=[1] if has_id else [])).status_code == 403

    @pytest.mark.parametrize("name", PAGES)
    def test_every_page_asks_strangers_to_log_in(self, client, name):
        address = reverse(name, args=[1] if PAGES[name][1] else [])

        assert client.get(address).url.startswith(reverse("login"))

    @pytest.mark.parametrize("name", [name for name, (_permission, has_id) in PAGES.items() if has_id])
    def test_what_is_not_there_is_not_found(self, till, name):
        till.logout()
        log_in(till, *Permission, username="ana")

        response = till.get(reverse(name, args=[424_242]), follow=True)

        assert response.status_code == 404 or response.redirect_chain or name == "payment_batch"
