"""Writes of own fields: the administrator adds them, whoever may edit the register fills them in (CUS-22)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.ownfields import queries
from hydria.ownfields.domain.kinds import LISTS, NUMBERS, OwnKind, Subject, Value, find_fault
from hydria.ownfields.models import COLUMN_OF, OwnField, OwnValue
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import acting

COLUMNS = tuple(dict.fromkeys(COLUMN_OF.values()))


class UnableToSaveOwnField(UnableTo):
    """The field cannot be added or changed as asked."""


class UnableToSaveOwnValues(UnableTo):
    """A value does not fit its field; `data` has the code of the field."""


def save_field(
    *,
    actor: Actor,
    subject: Subject,
    code: str,
    kind: OwnKind,
    labels: Mapping[str, str],
    hints: Mapping[str, str] | None = None,
    options: Sequence[tuple[str, str]] = (),
    is_required: bool = False,
    pattern: str = "",
    low_micro: int | None = None,
    high_micro: int | None = None,
    position: int = 100,
    retired_date: datetime.date | None = None,
) -> OwnField:
    """
    Add an own field to a subject, or change the one with this code; values that it has stay.

    options    code and name of each value of a list
    low_micro  least number in millionths, as `high_micro` the greatest

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSaveOwnField: with code `code_invalid`, `label_missing`, `kind_differs`, `options_missing`,
        `option_invalid`, `option_in_use`, `pattern_invalid` or `bounds_reversed`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,29}", code):
        raise UnableToSaveOwnField(
            "code_invalid", _("A code has capital letters, digits and _ only, such as GATE_KEY.")
        )
    labels = {language: label.strip() for language, label in labels.items() if label.strip()}
    if not labels:
        raise UnableToSaveOwnField("label_missing", _("Give the field a name in one language at least."))
    _check_rule(kind, options=options, pattern=pattern, low_micro=low_micro, high_micro=high_micro)
    with acting(actor, reason="save own field"):
        known = OwnField.objects.select_for_update().filter(subject=subject, code=code).first()
        if known is not None and known.kind != kind:
            raise UnableToSaveOwnField("kind_differs", _("What the field holds cannot change: add another field."))
        if known is not None and kind in LISTS:
            lost = queries.list_options_in_use(field_id=known.pk) - {option for option, _name in options}
            if lost:
                sentence = _("Some values name “%s”, so it stays in the list.") % min(lost)
                raise UnableToSaveOwnField("option_in_use", sentence, options=sorted(lost))
        saved, _created = OwnField.objects.update_or_create(
            subject=subject,
            code=code,
            defaults={
                "kind": kind,
                "labels": labels,
                "hints": {language: hint.strip() for language, hint in (hints or {}).items() if hint.strip()},
                "options": [{"code": option, "name": name} for option, name in options] if kind in LISTS else [],
                "is_required": is_required,
                "pattern": pattern if kind is OwnKind.TEXT else "",
                "low_micro": low_micro if kind in NUMBERS else None,
                "high_micro": high_micro if kind in NUMBERS else None,
                "position": position,
                "retired_date": retired_date,
            },
        )
    return saved


def _check_rule(
    kind: OwnKind,
    *,
    options: Sequence[tuple[str, str]],
    pattern: str,
    low_micro: int | None,
    high_micro: int | None,
) -> None:
    if kind in LISTS and not options:
        raise UnableToSaveOwnField("options_missing", _("A list needs its values."))
    codes = [code for code, _name in options]
    if len(set(codes)) < len(codes) or not all(re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", code) for code in codes):
        raise UnableToSaveOwnField("option_invalid", _("Each value of a list has a plain code of its own and a name."))
    try:
        # Both judge values by it: the form in Python, the trigger in PostgreSQL.
        re.compile(pattern)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~ %s", [f"^(?:{pattern})$"])
    except (re.error, DataError) as error:
        raise UnableToSaveOwnField("pattern_invalid", _("This pattern is no regular expression.")) from error
    if low_micro is not None and high_micro is not None and low_micro > high_micro:
        raise UnableToSaveOwnField("bounds_reversed", _("The least number is above the greatest."))


def save_values(
    *,
    actor: Actor,
    subject: Subject,
    object_id: int,
    values: Mapping[str, Value | None],
    on_date: datetime.date,
    reason: str,
) -> None:
    """
    Fill own fields of one thing in; None empties one, and fields that are not named stay as they are.

    on_date  the day: fields that are retired by then are not filled in any more

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveOwnValues: with code `field_unknown`, `value_missing` (a field that is required is emptied),
        `reason_missing`, `not_whole`, `below_least`, `above_most`, `too_long`, `pattern_missed` or `option_unknown`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToSaveOwnValues("reason_missing", _("Say why this is changed."))
    fields = {field.code: field for field in queries.list_fields(subject=subject, on_date=on_date)}
    for code, value in values.items():
        field = fields.get(code)
        if field is None:
            raise UnableToSaveOwnValues("field_unknown", _("There is no field “%s” to fill in.") % code, field=code)
        if value is None and field.is_required:
            raise UnableToSaveOwnValues("value_missing", _("The field “%s” is required.") % code, field=code)
        if value is not None and (fault := find_fault(value, field.rule)):
            raise UnableToSaveOwnValues(fault, _sentence_of(fault) % {"field": code}, field=code)
    with acting(actor, reason=reason):
        for code, value in values.items():
            field = fields[code]
            held = OwnValue.objects.filter(field=field.id, object_id=object_id)
            if value is None:
                held.delete()
                continue
            filled: dict[str, object] = {**dict.fromkeys(COLUMNS), COLUMN_OF[field.kind]: value}
            if field.kind is OwnKind.MULTIPLE:
                filled["codes"] = list(value) if isinstance(value, tuple) else [value]
            OwnValue.objects.update_or_create(field_id=field.id, object_id=object_id, defaults=filled)


def _sentence_of(fault: str) -> str:
    return {
        "not_whole": _("“%(field)s” is a whole number."),
        "below_least": _("“%(field)s” is below the least that is allowed."),
        "above_most": _("“%(field)s” is above the most that is allowed."),
        "too_long": _("“%(field)s” is too long."),
        "pattern_missed": _("“%(field)s” is not written as it should be."),
        "option_unknown": _("“%(field)s” names something that is not in its list."),
    }[fault]
