"""Many rows at once keep every value as it is, and the ids are nobody else's."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from hydria.agreements.models import Account
from hydria.parties.models import Party
from hydria.platform.bulk import copy_columns, take_ids

pytestmark = pytest.mark.django_db(transaction=True)


def _columns(names: list[str]) -> dict[str, object]:
    count = len(names)
    blanks = [""] * count
    return {
        "number": [f"T{i}" for i in range(count)], "kind": ["PERSON"] * count, "name": names, "search_name": names,
        "email": blanks, "phone": blanks, "address": blanks, "language": blanks, "notes": blanks,
        "is_protected": np.zeros(count, dtype=bool),
    }  # fmt: skip


class TestCopyColumns:
    def test_keeps_every_character(self):
        names = ['Ñáñez "El Rey", S.A.', "Γιώργος\nΠαππάς", "=1+1", "\\N", "", "'; DROP TABLE x; --"]
        names[4] = " "

        with transaction.atomic():
            copy_columns(Party, _columns(names))

        assert list(Party.objects.order_by("number").values_list("name", flat=True)) == names

    def test_writes_nothing_as_null(self):
        with transaction.atomic():
            copy_columns(
                Account,
                {"number": ["1", "2"], "delivery_mode": ["PAPER"] * 2, "delivery_address": [""] * 2,
                 "language": [""] * 2, "opened_date": np.array(["2026-01-01"] * 2, dtype="datetime64[D]"),
                 "closed_date": np.array(["NaT", "2026-02-01"], dtype="datetime64[D]")},
            )  # fmt: skip

        closed = Account.objects.order_by("number").values_list("closed_date", flat=True)
        assert list(closed) == [None, datetime.date(2026, 2, 1)]

    def test_passes_the_gate_of_the_constraints(self):
        with pytest.raises(IntegrityError, match="party_has_a_name"), transaction.atomic():
            copy_columns(Party, _columns(["Ana", ""]))

        assert not Party.objects.exists()

    def test_refuses_to_run_outside_a_transaction(self):
        with pytest.raises(RuntimeError):
            copy_columns(Party, _columns(["Ana"]))


class TestTakeIds:
    def test_never_gives_an_id_twice(self):
        with transaction.atomic():
            first, second, none = (take_ids(Party, count=count) for count in (5, 3, 0))
        later = Party.objects.create(number="T1", kind="PERSON", name="Ana", search_name="ana")

        assert len(np.unique(np.concatenate([first, second]))) == 8
        assert len(none) == 0
        assert later.pk > second.max()
