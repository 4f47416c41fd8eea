"""Reads of tariffs: versions compiled and ready to rate, and the cards that the desk shows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff, try_compile
from hydria.tariffs.domain.states import Act, VersionState, may
from hydria.tariffs.models import Tariff, TariffVersion, VersionEvent

ROUNDING_LABEL = "rounding"
"""The charge that takes what the rounding of a total adds; it follows the charges of the text."""
ROUNDING_TEXTS = {"en": "Rounding", "es": "Redondeo", "el": "Στρογγυλοποίηση"}
DEFAULT_ROUTE = "revenue"


class UnableToFindTariffVersion(UnableTo):
    """There is no such tariff, or no such version of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCard:
    """One charge of a version, by its place in the text; `id` is 0 until the version is published."""

    id: int
    position: int
    label: str
    texts: dict[str, str]
    route: str
    rank: int
    is_tax: bool
    is_memo: bool
    source: str

    def name_in(self, language: str) -> str:
        """Return the name that the customer reads; the label where the text has none."""
        return self.texts.get(language) or self.texts.get("en") or next(iter(self.texts.values()), self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCard:
    """
    A version with its compiled text and its charges.

    charges  in the order of the text; one more, labeled `rounding`, where the text rounds totals
    """

    id: int
    code: str
    sequence: int
    version_hash: str
    compiled: CompiledTariff
    charges: tuple[ChargeCard, ...]


def get_version(*, version_id: int) -> VersionCard:
    """
    Return a version ready to rate; a draft as well, if its text is right.

    :raises UnableToFindTariffVersion: with code `tariff_version_unknown`.
    :raises UnableToCompileTariff: if the text of a draft cannot price.
    """
    version = _found(version_id)
    compiled = _compiled(version.text, version.tariff.code)
    stored = tuple(
        ChargeCard(
            id=charge.pk,
            position=charge.position,
            label=charge.label,
            texts=charge.texts,
            route=charge.route,
            rank=charge.rank,
            is_tax=charge.is_tax,
            is_memo=charge.is_memo,
            source=charge.source,
        )
        for charge in version.charges.order_by("position")
    )
    return VersionCard(
        id=version.pk,
        code=version.tariff.code,
        sequence=version.sequence,
        version_hash=version.version_hash or compiled.version_hash,
        compiled=compiled,
        charges=stored or charges_of(compiled),
    )


def find_version_in_force(*, code: str, on_date: datetime.date) -> int | None:
    """Return the version of a tariff that is in force on a day, None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version_id FROM tariffs_versioninforce WHERE tariff_code = %s AND in_force_during @> %s::date",
            [code, on_date],
        )
        found = cursor.fetchone()
    return None if found is None else int(found[0])


def list_asked_inputs(*, code: str, on_date: datetime.date) -> frozenset[str] | None:
    """Return the inputs that a tariff asks for on a day, None where no version of it is in force."""
    version_id = find_version_in_force(code=code, on_date=on_date)
    if version_id is None:
        return None
    return frozenset(declared.name for declared in get_version(version_id=version_id).compiled.inputs)


def charges_of(compiled: CompiledTariff) -> tuple[ChargeCard, ...]:
    """Return the charges of a text as they would be published."""
    charges = [
        ChargeCard(
            id=0,
            position=position,
            label=charge.label,
            texts=dict(charge.text),
            route=charge.ledger or DEFAULT_ROUTE,
            rank=charge.rank,
            is_tax=bool(charge.tax),
            is_memo=charge.is_memo,
            source=charge.source[:300],
        )
        for position, charge in enumerate(compiled.charges)
    ]
    if compiled.form.total_rounding is not None:
        rounding = ChargeCard(
            id=0,
            position=len(charges),
            label=ROUNDING_LABEL,
            texts=ROUNDING_TEXTS,
            route=compiled.form.rounding_ledger or DEFAULT_ROUTE,
            rank=max((charge.rank for charge in charges), default=100),
            is_tax=False,
            is_memo=False,
            source="",
        )
        charges.append(rounding)
    return tuple(charges)


@lru_cache(maxsize=64)
def _compiled(text: str, name: str) -> CompiledTariff:
    """Compile a text once per process; the text itself is the key, so a cached tariff cannot be out of date."""
    return compile_tariff(text, name=name)


def _found(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.select_related("tariff").filter(id=version_id).first()
    if version is None:
        raise UnableToFindTariffVersion("tariff_version_unknown", _("There is no such tariff."), version_id=version_id)
    return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a version would stand among the published ones: `until_date` is where the next one starts, if any."""

    tariff_id: int
    until_date: datetime.date | None


def get_place(*, version_id: int, from_date: datetime.date) -> Place:
    """
    Return where a version would stand if it were published from a day.

    :raises UnableToFindTariffVersion: with code `tariff_version_unknown`.
    """
    version = _found(version_id)
    later = TariffVersion.objects.filter(
        tariff=version.tariff_id, state=VersionState.PUBLISHED, from_date__gt=from_date
    ).exclude(id=version_id)
    return Place(
        tariff_id=version.tariff_id,
        until_date=later.order_by("from_date").values_list("from_date", flat=True).first(),
    )


# The list and the page of a tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """
    A version in a list.

    until_date  first day that it no longer prices, None for open end or where it is not published
    """

    id: int
    code: str
    title: str
    sequence: int
    state: str
    state_label: str
    from_date: datetime.date | None
    until_date: datetime.date | None
    written_by: str
    version_hash: str
    happened_at: datetime.datetime
    actor: str

    def is_in_force(self, today: datetime.date) -> bool:
        """Tell whether it prices what is supplied today."""
        return (
            self.state == VersionState.PUBLISHED
            and self.from_date is not None
            and self.from_date <= today
            and (self.until_date is None or today < self.until_date)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRow:
    """
    A tariff in the list of tariffs.

    in_force  the version that prices today, if any
    others    versions on their way and those that start later
    """

    code: str
    title: str
    currency: str
    in_force: VersionRow | None
    others: tuple[VersionRow, ...]


def list_tariffs(*, actor: Actor, today: datetime.date) -> list[TariffRow]:
    """
    Return the tariffs by code, each with the version in force and those to come.

    :raises UnableToPermit: if the actor may not see tariffs.
    """
    actor.require(Permission.TARIFF_VIEW)
    rows: dict[str, list[VersionRow]] = {}
    for row in _version_rows(TariffVersion.objects.exclude(state=VersionState.WITHDRAWN)):
        rows.setdefault(row.code, []).append(row)
    found = []
    for tariff in Tariff.objects.order_by("code"):
        versions = rows.get(tariff.code, [])
        is_past = {row.id for row in versions if row.until_date is not None and row.until_date <= today}
        in_force = next((row for row in versions if row.is_in_force(today)), None)
        found.append(
            TariffRow(
                code=tariff.code,
                title=_title(tariff),
                currency=tariff.currency,
                in_force=in_force,
                others=tuple(row for row in versions if row is not in_force and row.id not in is_past),
            )
        )
    return found


def _version_rows(versions: Any) -> list[VersionRow]:
    """Return versions, newest first, with the end of each that is published and what was done to it last."""
    chosen = list(versions.select_related("tariff").order_by("tariff__code", "-sequence"))
    ids = [version.pk for version in chosen]
    events = VersionEvent.objects.filter(version__in=ids).order_by("version_id", "-id").distinct("version_id")
    last = {event.version_id: event for event in events.defer("text")}
    starts: dict[int, list[datetime.date]] = {}
    published = TariffVersion.objects.filter(state=VersionState.PUBLISHED, tariff__in={v.tariff_id for v in chosen})
    for tariff_id, from_date in published.values_list("tariff_id", "from_date").order_by("from_date"):
        assert from_date is not None  # by constraint `published_version_says_when_and_what`
        starts.setdefault(tariff_id, []).append(from_date)
    return [
        VersionRow(
            id=version.pk,
            code=version.tariff.code,
            title=_title(version.tariff),
            sequence=version.sequence,
            state=version.state,
            state_label=str(version.get_state_display()),
            from_date=version.from_date,
            until_date=_end_of(version, starts.get(version.tariff_id, ())),
            written_by=version.written_by,
            version_hash=version.version_hash,
            happened_at=last[version.pk].happened_at if version.pk in last else version.recorded_at,
            actor=last[version.pk].actor if version.pk in last else version.written_by,
        )
        for version in chosen
    ]


def _title(tariff: Tariff) -> str:
    """Return the title in the reader's language, where the text has it."""
    return str(tariff.titles.get((get_language() or "en").split("-")[0]) or tariff.title)


def _end_of(version: TariffVersion, starts: Iterable[datetime.date]) -> datetime.date | None:
    if version.state != VersionState.PUBLISHED or version.from_date is None:
        return None
    return next((start for start in starts if start > version.from_date), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffPage:
    """
    A tariff with its versions, newest first.

    shown  the version in force, else the newest that is published, else the newest
    """

    code: str
    title: str
    currency: str
    shown: VersionRow
    versions: tuple[VersionRow, ...]


def get_tariff_page(*, actor: Actor, code: str, today: datetime.date) -> TariffPage:
    """
    Return a tariff as its page shows it.

    :raises UnableToPermit: if the actor may not see tariffs.
    :raises UnableToFindTariffVersion: with code `tariff_unknown`.
    """
    actor.require(Permission.TARIFF_VIEW)
    rows = _version_rows(TariffVersion.objects.filter(tariff__code=code))
    if not rows:
        raise UnableToFindTariffVersion("tariff_unknown", _("There is no such tariff."), tariff=code)
    published = (row for row in rows if row.state == VersionState.PUBLISHED)
    shown = next((row for row in rows if row.is_in_force(today)), None) or next(published, rows[0])
    tariff = Tariff.objects.get(code=code)
    return TariffPage(code=code, title=_title(tariff), currency=tariff.currency, shown=shown, versions=tuple(rows))


# One version


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """One thing that was done to a version."""

    act: str
    label: str
    actor: str
    happened_at: datetime.datetime
    reason: str
    text_hash: str
    from_date: datetime.date | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """
    A version as its page shows it, with the acts that the reader may do to it now.

    compiled   None where the text of a draft is not right
    acts       codes of `domain.states.Act`, by permission, state and who has written
    is_own     the reader has written one of its texts, so somebody else decides on it
    before_id  the version that it would follow: published before it, or the one numbered before it
    """

    row: VersionRow
    currency: str
    text: str
    text_hash: str
    compiled: CompiledTariff | None
    charges: tuple[ChargeCard, ...]
    events: tuple[EventCard, ...]
    acts: frozenset[str]
    is_own: bool
    before_id: int | None


_PERMISSION_OF = {
    Act.WRITTEN: Permission.TARIFF_EDIT,
    Act.CHECKED: Permission.TARIFF_EDIT,
    Act.SIMULATED: Permission.TARIFF_SIMULATE,
    Act.WITHDRAWN: Permission.TARIFF_EDIT,
    Act.REFUSED: Permission.TARIFF_APPROVE,
    Act.APPROVED: Permission.TARIFF_APPROVE,
    Act.PUBLISHED: Permission.TARIFF_PUBLISH,
}
_DECISIONS = (Act.APPROVED, Act.PUBLISHED)


def get_version_page(*, actor: Actor, version_id: int) -> VersionPage:
    """
    Return a version as its page shows it.

    :raises UnableToPermit: if the actor may not see tariffs.
    :raises UnableToFindTariffVersion: with code `tariff_version_unknown`.
    """
    actor.require(Permission.TARIFF_VIEW)
    version = _found(version_id)
    (row,) = _version_rows(TariffVersion.objects.filter(id=version_id))
    compiled, _issues = try_compile(version.text, name=version.tariff.code)
    events = list(version.events.order_by("-id"))
    is_own = any(event.act == Act.WRITTEN and _is_by(event, actor) for event in events)
    return VersionPage(
        row=row,
        currency=version.tariff.currency or (compiled.form.currency if compiled else ""),
        text=version.text,
        text_hash=version.text_hash,
        compiled=compiled,
        charges=charges_of(compiled) if compiled else (),
        events=tuple(
            EventCard(
                act=event.act,
                label=str(event.get_act_display()),
                actor=event.actor,
                happened_at=event.happened_at,
                reason=event.reason,
                text_hash=event.text_hash,
                from_date=event.from_date,
                data=event.data,
            )
            for event in events
        ),
        acts=_acts(actor, version, is_own=is_own),
        is_own=is_own,
        before_id=_before(version),
    )


def _is_by(event: VersionEvent, actor: Actor) -> bool:
    return (actor.user_id is not None and event.actor_user_id == actor.user_id) or event.actor == actor.name


def _acts(actor: Actor, version: TariffVersion, *, is_own: bool) -> frozenset[str]:
    state = VersionState(version.state)
    return frozenset(
        str(act)
        for act, permission in _PERMISSION_OF.items()
        if actor.may(permission)
        and may(act, state=state)
        and not (is_own and act in _DECISIONS)
        and not (act is Act.WITHDRAWN and state is VersionState.PUBLISHED)
    )


def _before(version: TariffVersion) -> int | None:
    others = TariffVersion.objects.filter(tariff=version.tariff_id)
    published = others.filter(state=VersionState.PUBLISHED).exclude(id=version.pk)
    if version.state == VersionState.PUBLISHED:
        published = published.filter(from_date__lt=version.from_date)
    found = (
        published.order_by("-from_date").first()
        or others.filter(sequence__lt=version.sequence).order_by("-sequence").first()
    )
    return found.pk if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A version that waits for somebody: which act it waits for, and whether the reader may do it."""

    row: VersionRow
    act: str
    is_mine: bool
    is_own: bool


_NEXT_ACT = {
    VersionState.DRAFT: Act.CHECKED,
    VersionState.CHECKED: Act.SIMULATED,
    VersionState.SIMULATED: Act.APPROVED,
    VersionState.APPROVED: Act.PUBLISHED,
}


def list_waiting(*, actor: Actor) -> list[WaitingRow]:
    """
    Return the versions on their way, those first that wait for the reader.

    :raises UnableToPermit: if the actor may not see tariffs.
    """
    actor.require(Permission.TARIFF_VIEW)
    versions = TariffVersion.objects.filter(state__in=list(_NEXT_ACT))
    by_id = {version.pk: version for version in versions}
    written = VersionEvent.objects.filter(version__in=list(by_id), act=Act.WRITTEN).defer("text")
    own = {event.version_id for event in written if _is_by(event, actor)}
    waiting = []
    for row in _version_rows(versions):
        act = _NEXT_ACT[VersionState(row.state)]
        is_mine = str(act) in _acts(actor, by_id[row.id], is_own=row.id in own)
        waiting.append(WaitingRow(row=row, act=str(act), is_mine=is_mine, is_own=row.id in own))
    return sorted(waiting, key=lambda entry: not entry.is_mine)


# Where a new tariff starts


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryRow:
    """A tariff of the gallery."""

    name: str
    title: str
    country: str
    currency: str
    source: str


def list_gallery() -> tuple[GalleryRow, ...]:
    """Return the real tariffs that ship with Hydria, as starting points."""
    return tuple(
        GalleryRow(
            name=name,
            title=next(iter(tariff.form.title.values()), name),
            country=tariff.form.country,
            currency=tariff.form.currency,
            source=tariff.form.source,
        )
        for name, tariff in ((name, _compiled(text, name)) for name, text in _gallery().items())
    )


def get_gallery_text(*, name: str) -> str:
    """
    Return the text of a tariff of the gallery.

    :raises UnableToFindTariffVersion: with code `tariff_unknown`.
    """
    text = _gallery().get(name)
    if text is None:
        raise UnableToFindTariffVersion("tariff_unknown", _("There is no such tariff."), tariff=name)
    return text


@lru_cache(maxsize=1)
def _gallery() -> dict[str, str]:
    folder = resources.files("hydria.tariffs").joinpath("gallery")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): file.read_text(encoding="utf-8") for file in files}


# For simulations


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedVersion:
    """A version whose text has been checked, so that it can price; `from_date` is None until it is published."""

    version_id: int
    code: str
    title: str
    currency: str
    sequence: int
    state: str
    version_hash: str
    text: str
    from_date: datetime.date | None


def list_checked_versions(*, actor: Actor) -> list[CheckedVersion]:
    """
    Return the versions that can price, published or not, by code and newest first.

    :raises UnableToPermit: if the actor may not see tariffs.
    """
    actor.require(Permission.TARIFF_VIEW)
    versions = TariffVersion.objects.filter(version_hash__gt="").select_related("tariff")
    return [
        CheckedVersion(
            version_id=version.pk,
            code=version.tariff.code,
            title=_title(version.tariff),
            currency=version.tariff.currency,
            sequence=version.sequence,
            state=version.state,
            version_hash=version.version_hash,
            text=version.text,
            from_date=version.from_date,
        )
        for version in versions.order_by("tariff__code", "-sequence")
    ]
