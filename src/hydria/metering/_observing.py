"""Keep the list of what readers note about a dial: the usual entries of a new company, and its own (MET-05)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from hydria.kernel.errors import UnableTo
from hydria.metering._deciding import SET_ASIDE
from hydria.metering.models import FollowUp, Observation, ReadingEffect
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import acting

KEEP, ESTIMATE, IGNORE = ReadingEffect.KEEP, ReadingEffect.ESTIMATE, ReadingEffect.IGNORE
NONE, REREAD, WORK_ORDER = FollowUp.NONE, FollowUp.REREAD, FollowUp.WORK_ORDER

USUAL = (
    ("SIN_ACCESO", ESTIMATE, REREAD, "No access", "Sin acceso", "Χωρίς πρόσβαση"),
    ("PERRO", ESTIMATE, REREAD, "Dog", "Perro bravo", "Σκύλος"),
    ("ILEGIBLE", ESTIMATE, REREAD, "Cannot be read", "Ilegible", "Δυσανάγνωστος"),
    ("PARADO", KEEP, WORK_ORDER, "Stands still", "Parado", "Σταματημένος"),
    ("ROTO", ESTIMATE, WORK_ORDER, "Broken", "Roto", "Χαλασμένος"),
    ("VIDRIO_ROTO", KEEP, WORK_ORDER, "Broken glass", "Vidrio roto", "Σπασμένο τζάμι"),
    ("FUGA", KEEP, WORK_ORDER, "Leaks", "Fuga", "Διαρροή"),
    ("INVERTIDO", IGNORE, WORK_ORDER, "Installed backward", "Instalado al revés", "Τοποθετημένος ανάποδα"),
    ("OTRO_MEDIDOR", IGNORE, WORK_ORDER, "Another meter hangs here", "Hay otro medidor", "Υπάρχει άλλος υδρομετρητής"),
    ("SIN_MEDIDOR", ESTIMATE, WORK_ORDER, "Meter missing", "Falta el medidor", "Λείπει ο υδρομετρητής"),
    ("DESHABITADO", KEEP, NONE, "Nobody lives here", "Deshabitado", "Ακατοίκητο"),
    ("CONEXION_ILEGAL", KEEP, WORK_ORDER, "Unauthorized connection", "Conexión ilegal", "Παράνομη σύνδεση"),
)
"""Code, what it does to the value, what follows, and its name in English, Spanish and Greek."""


class UnableToSetObservation(UnableTo):
    """The observation cannot be set as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObservation:
    """
    An entry of the list.

    names                  by language; at least one
    from_date, until_date  when readers may choose it, half-open; None for no end
    """

    code: str
    names: Mapping[str, str]
    effect: str
    follow_up: str = FollowUp.NONE
    from_date: datetime.date | None = None
    until_date: datetime.date | None = None


def add_usual_observations(*, actor: Actor) -> None:
    """
    Give a new company the usual list; what it has already stays as it is.

    :raises UnableToPermit: if the actor may not manage settings.
    """
    actor.require(Permission.SETTING_MANAGE)
    with acting(actor, reason="usual observations"):
        Observation.objects.bulk_create(
            [
                Observation(
                    code=code, names={"en": en, "es": es, "el": el}, effect=effect, follow_up=follow_up,
                    valid_during=(None, None),
                )
                for code, effect, follow_up, en, es, el in USUAL
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def set_observation(*, actor: Actor, observation: NewObservation, reason: str) -> Observation:
    """
    Add an entry to the list, or change the one that has its code; consumptions computed already stay as they are.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetObservation: with code `reason_missing`, `code_unfit`, `name_missing`, `effect_unfit` or
        `dates_unfit`.
    """
    actor.require(Permission.SETTING_MANAGE)
    names = {language: name.strip() for language, name in observation.names.items() if name.strip()}
    first, end = observation.from_date, observation.until_date
    if not reason.strip():
        raise UnableToSetObservation("reason_missing", gettext("Say why the list is changed."))
    if not re.fullmatch(r"[A-Z0-9_]{1,20}", observation.code) or observation.code == SET_ASIDE:
        raise UnableToSetObservation("code_unfit", gettext("A code has up to 20 capital letters, digits and _."))
    if not names:
        raise UnableToSetObservation("name_missing", gettext("Name the observation in at least one language."))
    if observation.effect not in ReadingEffect.values or observation.follow_up not in FollowUp.values:
        raise UnableToSetObservation("effect_unfit", gettext("Choose what it does and what follows."))
    if first is not None and end is not None and end <= first:
        raise UnableToSetObservation("dates_unfit", gettext("The end lies before the beginning."))
    with acting(actor, reason=reason):
        saved, _created = Observation.objects.update_or_create(
            code=observation.code,
            defaults={
                "names": names,
                "effect": observation.effect,
                "follow_up": observation.follow_up,
                "valid_during": (first, end),
            },
        )
        return saved


def list_observations() -> QuerySet[Observation]:
    """Return the whole list."""
    return Observation.objects.order_by("code")


def name_observations(*, language: str, on_date: datetime.date | None = None) -> dict[str, str]:
    """Return the name of each observation by code, in a language; only those that may be chosen on a day, if told."""
    rows = list_observations()
    if on_date is not None:
        rows = rows.filter(valid_during__contains=on_date)
    languages = (language, "en", *(code for code, _name in settings.LANGUAGES))
    return {row.code: next((row.names[name] for name in languages if name in row.names), row.code) for row in rows}
