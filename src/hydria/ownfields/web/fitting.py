"""
Put own fields where the fields of the product are: into lists as columns and filters, into forms, onto pages.

Nothing here knows a single field: what the company has added is asked for with each request.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hydria.ownfields import queries
from hydria.ownfields.domain.kinds import MICRO, OwnKind, Subject, Value, find_fault
from hydria.ownfields.queries import OwnFieldCard
from hydria.platform.web.formats import get_formats, read_micro
from hydria.platform.web.forms import DateField, DeskForm
from hydria.platform.web.listing import Column, Filter, Kind

PREFIX = "own_"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """What an own field holds, in words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCard:
    """What the own fields of one thing hold, and where they are filled in; "" for who may not."""

    lines: tuple[OwnLine, ...]
    edit_href: str


def label_of(field: OwnFieldCard) -> str:
    """Return what a field is called in the reader's language."""
    return field.label_in((get_language() or "en").split("-")[0])


def spell(field: OwnFieldCard, value: Value | None) -> str:
    """Return a value in words; "" for none."""
    if value is None:
        return ""
    names = dict(field.options)
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case int():
            return str(format_decimal(Decimal(value) / MICRO, format="#,##0.######", locale=get_formats().locale))
        case datetime.date():
            return get_formats().date(value)
        case tuple() | list():
            return ", ".join(names.get(code, code) for code in value)
    return names.get(value, value) if field.kind is OwnKind.CHOICE else str(value)


def make_card(*, subject: Subject, object_id: int, may_edit: bool) -> OwnCard | None:
    """Return what the own fields of a thing hold; None where the company has added none."""
    fields = queries.list_fields(subject=subject, on_date=None)
    if not fields:
        return None
    values, today = queries.get_values(subject=subject, object_id=object_id), timezone.localdate()
    shown = [field for field in fields if field.code in values or not _is_retired(field, today)]
    return OwnCard(
        lines=tuple(OwnLine(label=label_of(field), text=spell(field, values.get(field.code))) for field in shown),
        edit_href=reverse("own_values", args=[subject, object_id]) if may_edit else "",
    )


def _is_retired(field: OwnFieldCard, today: datetime.date) -> bool:
    return field.retired_date is not None and field.retired_date <= today


# Lists


def columns_and_filters(subject: Subject, path: str = "pk") -> tuple[tuple[Column, ...], tuple[Filter, ...]]:
    """Return the columns and filters of a subject's own fields, for rows that lead to it by a path."""
    fields = queries.list_fields(subject=subject)
    columns = tuple(_column(field, path) for field in fields)
    return columns, tuple(item for field in fields for item in _filters(field, path))


def _column(field: OwnFieldCard, path: str) -> Column:
    name = f"{PREFIX}{field.code.lower()}"
    kind = {OwnKind.WHOLE: Kind.COUNT, OwnKind.DECIMAL: Kind.QUANTITY, OwnKind.DATE: Kind.DATE}.get(
        field.kind, Kind.TEXT
    )

    def value(row: Any) -> Any:
        held = getattr(row, f"part_{name}", None)
        if held is None or kind is Kind.DATE:
            return held
        if kind is Kind.COUNT:
            return held // MICRO
        return round(held / 1000) if kind is Kind.QUANTITY else spell(field, held)

    return Column(
        name=name,
        label=label_of(field),
        value=value,
        kind=kind,
        part=lambda: queries.own_value_of(field, path),
        is_extra=True,
    )


def _filters(field: OwnFieldCard, path: str) -> list[Filter]:
    name, label = f"{PREFIX}{field.code.lower()}", label_of(field)

    def where(lookup: str) -> Any:
        return lambda wanted: queries.own_field_is(field, path, **{lookup: wanted})

    match field.kind:
        case OwnKind.TEXT:
            return [Filter(name=name, label=label, lookup=where("icontains"))]
        case OwnKind.WHOLE | OwnKind.DECIMAL:
            return [
                Filter(name=f"{name}_least", label=_("%s, at least") % label, lookup=where("gte"), kind="number"),
                Filter(name=f"{name}_most", label=_("%s, at most") % label, lookup=where("lte"), kind="number"),
            ]
        case OwnKind.DATE:
            return [
                Filter(name=f"{name}_since", label=_("%s from") % label, lookup=where("gte"), kind="date"),
                Filter(name=f"{name}_until", label=_("%s to") % label, lookup=where("lte"), kind="date"),
            ]
        case OwnKind.YES_NO:
            return [
                Filter(
                    name=name,
                    label=label,
                    lookup=lambda answer: queries.own_field_is(field, path, exact=answer == "yes"),
                    kind="choice",
                    choices=lambda: [("yes", _("Yes")), ("no", _("No"))],
                )
            ]
    lookup = where("exact") if field.kind is OwnKind.CHOICE else _containing(field, path)
    return [Filter(name=name, label=label, lookup=lookup, kind="choice", choices=lambda: list(field.options))]


def _containing(field: OwnFieldCard, path: str) -> Any:
    return lambda code: queries.own_field_is(field, path, contains=[code])


# Forms


class NumberField(forms.Field):
    """A number as the reader's country writes it; cleaned to millionths."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
    default_error_messages = {"invalid": gettext_lazy("Enter a number.")}

    def to_python(self, value: object) -> int | None:
        """Return millionths."""
        typed = str(value or "").strip()
        if not typed:
            return None
        try:
            return read_micro(typed)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def prepare_value(self, value: object) -> object:
        """Spell millionths; keep what was typed."""
        if not isinstance(value, int):
            return value
        locale = get_formats().locale
        return str(format_decimal(Decimal(value) / MICRO, format="#,##0.######", locale=locale))


def make_fields(subject: Subject, *, on_date: datetime.date) -> dict[str, forms.Field]:
    """Return a form field for each own field that is asked for on a day, by `own_` and the code."""
    return {PREFIX + field.code: _form_field(field) for field in queries.list_fields(subject=subject, on_date=on_date)}


def _form_field(field: OwnFieldCard) -> forms.Field:
    hint = field.hints.get((get_language() or "en").split("-")[0], "")
    given: dict[str, Any] = {"label": label_of(field), "required": field.is_required, "help_text": hint}
    if field.kind is OwnKind.TEXT:
        made: forms.Field = forms.CharField(max_length=500, **given)
    elif field.kind in (OwnKind.WHOLE, OwnKind.DECIMAL):
        made = NumberField(**given)
    elif field.kind is OwnKind.DATE:
        made = DateField(**given)
    elif field.kind is OwnKind.MULTIPLE:
        made = forms.MultipleChoiceField(choices=field.options, widget=forms.CheckboxSelectMultiple, **given)
    else:
        options = [("yes", _("Yes")), ("no", _("No"))] if field.kind is OwnKind.YES_NO else list(field.options)
        made = forms.ChoiceField(choices=[("", "–"), *options], **given)
    made.validators.append(_validator(field))
    return made


def _validator(field: OwnFieldCard) -> Any:
    def validate(value: Any) -> None:
        if value in (None, "", []) or field.kind is OwnKind.YES_NO:
            return
        if fault := find_fault(tuple(value) if isinstance(value, list) else value, field.rule):
            words = {
                "not_whole": _("Enter a whole number."),
                "below_least": _("This is below the least that is allowed."),
                "above_most": _("This is above the most that is allowed."),
                "pattern_missed": _("This is not written as it should be."),
            }
            raise forms.ValidationError(words.get(fault, _("This does not fit the field.")), code=fault)

    return validate


def to_values(cleaned: Mapping[str, Any]) -> dict[str, Value | None]:
    """Return what a form with own fields took, by code; None for what was left empty."""
    return {name.removeprefix(PREFIX): _to_value(value) for name, value in cleaned.items() if name.startswith(PREFIX)}


def _to_value(value: Any) -> Value | None:
    if value in (None, "", []):
        return None
    if value in ("yes", "no"):
        return bool(value == "yes")
    return tuple(value) if isinstance(value, list) else value


class OwnValuesForm(DeskForm):
    """The own fields of one thing, and why they change."""

    def __init__(self, *args: Any, subject: Subject, object_id: int, on_date: datetime.date, **kwargs: Any) -> None:
        held = queries.get_values(subject=subject, object_id=object_id)
        initial = {
            PREFIX + code: {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            for code, value in held.items()
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.fields = {**make_fields(subject, on_date=on_date)}
        self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=200)
        self.dress()
