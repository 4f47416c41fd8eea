"""A company is opened with all that the first customer needs."""

from __future__ import annotations

import pytest

from hydria.desk.operations import open_company
from hydria.ledger.models import LedgerAccount
from hydria.platform.access import SYSTEM, Actor, UnableToPermit
from hydria.platform.models import Company, NumberSeries, Role
from hydria.platform.operations import UnableToSetUpCompany

pytestmark = pytest.mark.django_db(transaction=True)


def open_it(*, name: str = "Acueducto", currency: str = "DOP", actor: Actor = SYSTEM) -> None:
    open_company(actor=actor, name=name, currency=currency, country="DO", language="es")


class TestOpenCompany:
    def test_brings_roles_chart_and_numbers(self):
        open_it()

        assert Role.objects.filter(code="cashier").exists()
        assert LedgerAccount.objects.filter(route="receivable").exists()
        assert set(NumberSeries.objects.values_list("code", flat=True)) >= {"invoice", "receipt"}

    def test_changes_the_name_and_adds_nothing_when_repeated(self):
        open_it()
        counts = [model.objects.count() for model in (Role, LedgerAccount, NumberSeries)]

        open_it(name="Acueducto del Sur")

        assert Company.objects.get().name == "Acueducto del Sur"
        assert [model.objects.count() for model in (Role, LedgerAccount, NumberSeries)] == counts

    def test_never_changes_the_currency(self):
        open_it()

        with pytest.raises(UnableToSetUpCompany) as refusal:
            open_it(currency="EUR")

        assert refusal.value.code == "currency_in_use"

    def test_is_refused_to_those_who_may_not_manage_settings(self):
        with pytest.raises(UnableToPermit):
            open_it(actor=Actor(name="clerk", permissions=frozenset()))
