"""Reads of own fields: which there are, and what they hold."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, DecimalField, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from hydria.ownfields.domain.kinds import MICRO, OwnKind, Rule, Subject
from hydria.ownfields.domain.kinds import Value as Held
from hydria.ownfields.models import (
    COLUMN_OF,
    OwnField,
    OwnKindWord,  # noqa: F401  # doors name fields by them
    OwnSubjectWord,  # noqa: F401
    OwnValue,
)
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFieldCard:
    """An own field; labels and hints by language, options as (code, name)."""

    id: int
    subject: Subject
    code: str
    kind: OwnKind
    labels: dict[str, str]
    hints: dict[str, str]
    options: tuple[tuple[str, str], ...]
    is_required: bool
    rule: Rule
    position: int
    retired_date: datetime.date | None

    def label_in(self, language: str) -> str:
        """Return what it is called in a language, or in any that it has a name in."""
        return self.labels.get(language) or next(iter(self.labels.values()), self.code)


def list_all_fields(*, actor: Actor) -> QuerySet[OwnField]:
    """
    Return every own field, retired ones too.

    :raises UnableToPermit: if the actor may not manage settings.
    """
    actor.require(Permission.SETTING_MANAGE)
    return OwnField.objects.all()


def list_fields(*, subject: str, on_date: datetime.date | None = None) -> list[OwnFieldCard]:
    """
    Return the own fields of a subject in their order.

    on_date  leaves out those that nobody is asked for any more on this day; None keeps them
    """
    found = OwnField.objects.filter(subject=subject).order_by("position", "code")
    if on_date is not None:
        found = found.filter(Q(retired_date=None) | Q(retired_date__gt=on_date))
    return [field_card(field) for field in found]


def field_card(field: OwnField) -> OwnFieldCard:
    """Return the card of a field."""
    return OwnFieldCard(
        id=field.pk,
        subject=Subject(field.subject),
        code=field.code,
        kind=OwnKind(field.kind),
        labels=dict(field.labels),
        hints=dict(field.hints),
        options=tuple((option["code"], option["name"]) for option in field.options),
        is_required=field.is_required,
        rule=field.rule,
        position=field.position,
        retired_date=field.retired_date,
    )


def get_values(*, subject: str, object_id: int) -> dict[str, Held]:
    """Return what the own fields of one thing hold, by code; a field without a value is left out."""
    found = OwnValue.objects.filter(field__subject=subject, object_id=object_id).select_related("field")
    return {value.field.code: _value_of(value) for value in found}


class _Together(Aggregate):
    """The values of one thing as one object, by the code of the field."""

    function = "jsonb_object_agg"
    output_field = JSONField()


def own_fields_of(subject: str, path: str) -> Coalesce:
    """
    Return, as a part of a query of rows that lead to a thing by this path, what all its own fields hold, by code.

    Numbers are exact, days ISO 8601, several options a list; a field without a value is left out.
    """
    whole = Cast("number_micro", DecimalField(max_digits=30, decimal_places=6))
    number = Func(whole / Value(Decimal(MICRO)), function="trim_scale", output_field=DecimalField())
    held = Coalesce(
        *(_as_json(column) for column in ("text", "day", "truth", "codes")),
        Func(number, function="to_jsonb", output_field=JSONField()),
    )
    found = OwnValue.objects.filter(field__subject=subject, object_id=OuterRef(path)).order_by()
    together = found.values("object_id").annotate(own=_Together(F("field__code"), held)).values("own")
    return Coalesce(Subquery(together, output_field=JSONField()), Value({}, JSONField()))


def _as_json(column: str) -> Func:
    return Func(F(column), function="to_jsonb", output_field=JSONField())


def own_value_of(field: OwnFieldCard, path: str) -> Subquery:
    """Return, as a part of a query of rows that lead to a thing by this path, what an own field of it holds."""
    found = OwnValue.objects.filter(field=field.id, object_id=OuterRef(path))
    return Subquery(found.values(COLUMN_OF[field.kind])[:1])


def own_field_is(field: OwnFieldCard, path: str, **condition: Any) -> Q:
    """
    Return the condition that an own field of a thing, reached by a path, holds something.

    condition  one lookup of the value: `exact`, `gte`, `lte`, `icontains`, `contains`
    """
    (lookup, wanted), *_none = condition.items()
    found = OwnValue.objects.filter(field=field.id, **{f"{COLUMN_OF[field.kind]}__{lookup}": wanted})
    return Q(**{f"{path}__in": found.values("object_id")})


def list_options_in_use(*, field_id: int) -> set[str]:
    """Return the codes of a field's options that some value names."""
    values = OwnValue.objects.filter(field=field_id)
    single = set(values.filter(text__isnull=False).values_list("text", flat=True).distinct())
    several = values.filter(codes__isnull=False).annotate(code=F("codes")).values_list("code", flat=True)
    return single | {code for codes in several.distinct() for code in codes}


def _value_of(value: OwnValue) -> Held:
    held = getattr(value, COLUMN_OF[OwnKind(value.field.kind)])
    return tuple(held) if isinstance(held, list) else held
