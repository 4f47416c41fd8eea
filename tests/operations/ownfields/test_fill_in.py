"""Own fields: added without touching the program, filled in, and judged by the database whoever writes them."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from hydria.ownfields import queries
from hydria.ownfields.domain.kinds import MICRO, OwnKind, Subject
from hydria.ownfields.models import OwnField, OwnValue
from hydria.ownfields.operations import (
    UnableToSaveOwnField,
    UnableToSaveOwnValues,
    save_field,
    save_values,
)
from hydria.platform.access import SYSTEM
from hydria.platform.models import AuditEntry

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 2, 1)
A, B = ("A", "Pump"), ("B", "Tank")


def add(kind: OwnKind, code: str = "FIELD", **more: object) -> OwnField:
    return save_field(actor=SYSTEM, subject=Subject.PREMISE, code=code, kind=kind, labels={"en": code}, **more)


def fill(**values: object) -> None:
    save_values(
        actor=SYSTEM, subject=Subject.PREMISE, object_id=7, values=values, on_date=TODAY, reason="Survey of 2026"
    )


class TestSaveField:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"code": "gate key"}, "code_invalid"),
            ({"labels": {"en": " "}}, "label_missing"),
            ({"kind": OwnKind.CHOICE}, "options_missing"),
            ({"kind": OwnKind.CHOICE, "options": [A, A]}, "option_invalid"),
            ({"pattern": "["}, "pattern_invalid"),
            ({"pattern": "(?P<n>x)(?P=n)"}, "pattern_invalid"),
            ({"low_micro": 2, "high_micro": 1}, "bounds_reversed"),
        ],
    )
    def test_refuses_what_makes_no_field(self, change, code):
        asked = {"subject": Subject.PREMISE, "code": "GATE", "kind": OwnKind.TEXT, "labels": {"en": "Gate"}}

        with pytest.raises(UnableToSaveOwnField) as refusal:
            save_field(actor=SYSTEM, **{**asked, **change})

        assert refusal.value.code == code

    def test_never_changes_what_a_field_holds(self):
        field = add(OwnKind.TEXT)

        with pytest.raises(UnableToSaveOwnField) as refusal:
            add(OwnKind.DATE)
        with pytest.raises(IntegrityError), transaction.atomic():
            OwnField.objects.filter(pk=field.pk).update(kind="DATE")

        assert refusal.value.code == "kind_differs"

    @pytest.mark.parametrize(("kind", "value"), [(OwnKind.CHOICE, "B"), (OwnKind.MULTIPLE, ("A", "B"))])
    def test_keeps_options_that_are_in_use(self, kind, value):
        add(kind, options=[A, B])
        fill(FIELD=value)

        with pytest.raises(UnableToSaveOwnField) as refusal:
            add(kind, options=[A])

        assert refusal.value.code == "option_in_use"


class TestSaveValues:
    @pytest.mark.parametrize(
        ("kind", "more", "value"),
        [
            (OwnKind.TEXT, {"pattern": "[A-Z]{2}[0-9]+"}, "AB12"),
            (OwnKind.WHOLE, {"low_micro": MICRO, "high_micro": 9 * MICRO}, 3 * MICRO),
            (OwnKind.DECIMAL, {}, -12_345_678),
            (OwnKind.DATE, {}, datetime.date(2024, 2, 29)),
            (OwnKind.YES_NO, {}, False),
            (OwnKind.CHOICE, {"options": [A, B]}, "B"),
            (OwnKind.MULTIPLE, {"options": [A, B]}, ("A", "B")),
        ],
    )
    def test_keeps_a_value_of_each_kind_and_empties_it(self, kind, more, value):
        add(kind, **more)

        fill(FIELD=value)
        kept = queries.get_values(subject=Subject.PREMISE, object_id=7)
        fill(FIELD=None)

        assert kept == {"FIELD": value}
        assert not OwnValue.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "more", "value", "code"),
        [
            (OwnKind.TEXT, {"pattern": "[A-Z]+"}, "ab", "pattern_missed"),
            (OwnKind.TEXT, {}, "x" * 501, "too_long"),
            (OwnKind.WHOLE, {}, MICRO // 2, "not_whole"),
            (OwnKind.DECIMAL, {"low_micro": 0}, -1, "below_least"),
            (OwnKind.DECIMAL, {"high_micro": 0}, 1, "above_most"),
            (OwnKind.CHOICE, {"options": [A]}, "B", "option_unknown"),
            (OwnKind.MULTIPLE, {"options": [A]}, ("A", "B"), "option_unknown"),
            (OwnKind.TEXT, {"is_required": True}, None, "value_missing"),
            (OwnKind.TEXT, {"retired_date": TODAY}, "x", "field_unknown"),
        ],
    )
    def test_refuses_what_does_not_fit(self, kind, more, value, code):
        add(kind, **more)

        with pytest.raises(UnableToSaveOwnValues) as refusal:
            fill(FIELD=value)

        assert refusal.value.code == code

    def test_is_audited_with_its_reason_and_writes_nothing_twice(self):
        add(OwnKind.TEXT)

        fill(FIELD="x")
        fill(FIELD="x")

        entries = AuditEntry.objects.filter(table_name="ownfields_ownvalue")
        assert [entry.reason for entry in entries] == ["Survey of 2026"]


class TestDatabase:
    @pytest.mark.parametrize(
        ("kind", "more", "columns"),
        [
            (OwnKind.TEXT, {"pattern": "[A-Z]+"}, {"text": "ab"}),
            (OwnKind.TEXT, {}, {"text": "a", "truth": True}),
            (OwnKind.TEXT, {}, {"day": TODAY}),
            (OwnKind.WHOLE, {}, {"number_micro": 1}),
            (OwnKind.DECIMAL, {"high_micro": 5}, {"number_micro": 6}),
            (OwnKind.CHOICE, {"options": [A]}, {"text": "B"}),
            (OwnKind.MULTIPLE, {"options": [A]}, {"codes": ["A", "B"]}),
            (OwnKind.MULTIPLE, {"options": [A]}, {"codes": []}),
            (OwnKind.DATE, {}, {}),
        ],
    )
    def test_refuses_a_value_that_does_not_fit_whoever_writes_it(self, kind, more, columns):
        field = add(kind, **more)

        with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
            OwnValue.objects.create(field=field, object_id=1, **columns)
