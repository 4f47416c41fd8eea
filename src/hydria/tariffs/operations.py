"""Writes of tariffs: publish a text as the version in force (TAR-01, TAR-11)."""

from __future__ import annotations

import datetime

from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import acting
from hydria.tariffs.domain.cases import run_cases
from hydria.tariffs.domain.compile import CompiledTariff, try_compile
from hydria.tariffs.models import Tariff, TariffVersion, TariffVersionState, VersionCharge
from hydria.tariffs.queries import ROUNDING_LABEL

DEFAULT_ROUTE = "revenue"


class UnableToPublishVersion(UnableTo):
    """The text cannot become the version in force."""


def publish_version(*, actor: Actor, text: str, published_at: datetime.datetime) -> TariffVersion:
    """
    Publish a tariff text: from now on agreements with its code are rated by it.

    The prices are dated inside the text, so publishing does not say when they count. The version before it is
    withdrawn; what was billed by it keeps pointing at it. Publishing the version in force again changes nothing.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToPublishVersion: with code `text_invalid` (and every finding) or `cases_failed` (and every case
        whose worked example does not come out).
    """
    actor.require(Permission.TARIFF_PUBLISH)
    compiled = _compile(text)
    with acting(actor, reason="publish tariff"):
        form = compiled.form
        tariff, _created = Tariff.objects.select_for_update().get_or_create(
            code=form.name, defaults={"title": _title(compiled), "currency": form.currency}
        )
        version = tariff.versions.filter(version_hash=compiled.version_hash).first()
        if version is not None and version.state == TariffVersionState.PUBLISHED:
            return version
        tariff.versions.filter(state=TariffVersionState.PUBLISHED).update(state=TariffVersionState.WITHDRAWN)
        if version is None:
            version = TariffVersion(
                tariff=tariff,
                sequence=tariff.versions.count() + 1,
                text=text,
                version_hash=compiled.version_hash,
                written_by=actor.name,
            )
        version.state, version.published_by, version.published_at = (
            TariffVersionState.PUBLISHED,
            actor.name,
            published_at,
        )
        version.save()
        if not version.charges.exists():
            VersionCharge.objects.bulk_create(_charges(version, compiled))
    return version


def _compile(text: str) -> CompiledTariff:
    compiled, issues = try_compile(text, name="tariff")
    if compiled is None:
        raise UnableToPublishVersion("text_invalid", _("The tariff text has %d findings.") % len(issues), issues=issues)
    _case_count, differences = run_cases(compiled)
    if differences:
        failed = sorted({difference.case for difference in differences})
        raise UnableToPublishVersion(
            "cases_failed", _("%d of the tariff's own cases do not come out.") % len(failed), cases=failed
        )
    return compiled


def _title(compiled: CompiledTariff) -> str:
    titles = compiled.form.title
    return (titles.get("en") or next(iter(titles.values()), compiled.form.name))[:200]


def _charges(version: TariffVersion, compiled: CompiledTariff) -> list[VersionCharge]:
    charges = [
        VersionCharge(
            version=version,
            position=position,
            label=charge.label,
            route=charge.ledger or DEFAULT_ROUTE,
            rank=charge.rank,
            is_tax=bool(charge.tax),
            is_memo=charge.is_memo,
            texts=dict(charge.text),
            source=charge.source[:300],
        )
        for position, charge in enumerate(compiled.charges)
    ]
    if compiled.form.total_rounding is not None:
        charges.append(
            VersionCharge(
                version=version,
                position=len(charges),
                label=ROUNDING_LABEL,
                route=compiled.form.rounding_ledger or DEFAULT_ROUTE,
                rank=max((charge.rank for charge in charges), default=100),
                texts={"en": "Rounding", "es": "Redondeo", "el": "Στρογγυλοποίηση"},
            )
        )
    return charges
