"""Reads of tariffs: versions compiled and ready to rate, and the lists that the desk shows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.models import Tariff, TariffVersion, TariffVersionState

ROUNDING_LABEL = "rounding"
"""The charge that takes what the rounding of a total adds; it follows the charges of the text."""


class UnableToFindTariffVersion(UnableTo):
    """There is no such version of a tariff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCard:
    """One charge of a version, by its place in the text."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRow:
    """A tariff in the list of tariffs."""

    code: str
    title: str
    currency: str
    version_count: int
    published_sequence: int | None
    published_at: datetime.datetime | None


def get_version(*, version_id: int) -> VersionCard:
    """
    Return a version ready to rate.

    :raises UnableToFindTariffVersion: with code `tariff_version_unknown`.
    """
    version = TariffVersion.objects.select_related("tariff").filter(id=version_id).first()
    if version is None:
        raise UnableToFindTariffVersion("tariff_version_unknown", _("There is no such tariff."), version_id=version_id)
    return VersionCard(
        id=version.pk,
        code=version.tariff.code,
        sequence=version.sequence,
        version_hash=version.version_hash,
        compiled=_compiled(version.text, version.tariff.code),
        charges=tuple(
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
        ),
    )


@lru_cache(maxsize=64)
def _compiled(text: str, name: str) -> CompiledTariff:
    """Compile a text once per process; the text itself is the key, so a cached tariff cannot be out of date."""
    return compile_tariff(text, name=name)


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
            title=version.tariff.title,
            currency=version.tariff.currency,
            sequence=version.sequence,
            state=version.state,
            version_hash=version.version_hash,
            text=version.text,
            from_date=version.from_date,
        )
        for version in versions.order_by("tariff__code", "-sequence")
    ]


def list_tariffs(*, actor: Actor) -> list[TariffRow]:
    """
    Return the tariffs by code with the version in force.

    :raises UnableToPermit: if the actor may not see tariffs.
    """
    actor.require(Permission.TARIFF_VIEW)
    published = {
        version.tariff_id: version for version in TariffVersion.objects.filter(state=TariffVersionState.PUBLISHED)
    }
    return [
        TariffRow(
            code=tariff.code,
            title=tariff.title,
            currency=tariff.currency,
            version_count=tariff.version_count,
            published_sequence=published[tariff.pk].sequence if tariff.pk in published else None,
            published_at=published[tariff.pk].published_at if tariff.pk in published else None,
        )
        for tariff in Tariff.objects.annotate(version_count=Count("versions")).order_by("code")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRow:
    """A charge in the table of a tariff."""

    label: str
    name: str
    route: str
    rank: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version in the history of a tariff."""

    sequence: int
    state: str
    state_label: str
    version_hash: str
    published_by: str
    published_at: datetime.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffPage:
    """A tariff with its versions, newest first, and the text and charges of the one in force."""

    code: str
    title: str
    currency: str
    source: str
    text: str
    charges: tuple[ChargeRow, ...]
    versions: tuple[VersionRow, ...]


def get_tariff_page(*, actor: Actor, code: str, language: str) -> TariffPage:
    """
    Return a tariff as its page shows it; without a version in force, the newest one is shown.

    :raises UnableToPermit: if the actor may not see tariffs.
    :raises UnableToFindTariffVersion: with code `tariff_unknown`.
    """
    actor.require(Permission.TARIFF_VIEW)
    versions = list(TariffVersion.objects.filter(tariff__code=code).select_related("tariff").order_by("-sequence"))
    if not versions:
        raise UnableToFindTariffVersion("tariff_unknown", _("There is no such tariff."), tariff=code)
    shown = next((version for version in versions if version.state == TariffVersionState.PUBLISHED), versions[0])
    card = get_version(version_id=shown.pk)
    return TariffPage(
        code=code,
        title=shown.tariff.title,
        currency=shown.tariff.currency,
        source=card.compiled.form.source,
        text=shown.text,
        charges=tuple(
            ChargeRow(
                label=charge.label,
                name=charge.name_in(language),
                route=charge.route,
                rank=charge.rank,
                source=charge.source,
            )
            for charge in card.charges
        ),
        versions=tuple(
            VersionRow(
                sequence=version.sequence,
                state=version.state,
                state_label=str(version.get_state_display()),
                version_hash=version.version_hash,
                published_by=version.published_by,
                published_at=version.published_at,
            )
            for version in versions
        ),
    )
