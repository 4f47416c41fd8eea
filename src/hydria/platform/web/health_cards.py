"""What was measured of the deployment and of its series, in words."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from hydria.platform.domain import health
from hydria.platform.domain.health import Verdict, Vitals
from hydria.platform.models import NumberSeries
from hydria.platform.web.formats import get_formats, spell_instant

NEARLY_USED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCard:
    """One thing that was looked at."""

    label: str
    code: str
    verdict: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCard:
    """A range of a series; `unused` is how many of its numbers nobody will ever get, and `why`."""

    code: str
    first: str
    next: str
    last: str
    left: str
    expires: str
    state: str
    state_label: str
    why: str


def sign_cards(vitals: Vitals) -> list[SignCard]:
    """Return the signs, the worst first."""
    count = _count
    signs = [
        (
            _("Database"),
            Verdict.GOOD,
            _("PostgreSQL %(version)s, %(size)s, %(count)s connections")
            % {
                "version": vitals.database_version.split()[0],
                "size": filesizeformat(vitals.database_bytes),
                "count": count(vitals.connection_count),
            },
        ),
        (
            _("Tables"),
            health.judge_migrations(vitals),
            _("%(count)s migrations wait for hydria migrate") % {"count": count(vitals.unapplied_count)}
            if vitals.unapplied_count
            else _("as this version wants them"),
        ),
        (
            _("Workers"),
            health.judge_worker(vitals),
            _("%(count)s known, last sign %(when)s")
            % {"count": count(vitals.worker_count), "when": _when(vitals.worker_seen_at)},
        ),
        (
            _("Queue"),
            health.judge_queue(vitals),
            _("%(waiting)s jobs wait, %(failed)s failed; the oldest since %(when)s")
            % {
                "waiting": count(vitals.waiting_count),
                "failed": count(vitals.failed_count),
                "when": _when(vitals.oldest_waiting_at),
            },
        ),
        (
            _("Disk"),
            health.judge_disk(vitals),
            _("%(free)s of %(total)s free")
            % {"free": filesizeformat(vitals.disk_free_bytes), "total": filesizeformat(vitals.disk_total_bytes)},
        ),
        (_("Archive for restoring"), health.judge_backup(vitals), _archive(vitals)),
        (
            _("Last verification"),
            health.judge_verification(vitals),
            _("%(when)s; %(count)s invariants broken")
            % {"when": _when(vitals.verified_at), "count": count(vitals.broken_count)}
            if vitals.verified_at
            else _("never"),
        ),
        (_("Audit sealed"), Verdict.GOOD if vitals.sealed_at else Verdict.WATCH, _when(vitals.sealed_at)),
    ]
    worst = [Verdict.BAD, Verdict.WATCH, Verdict.GOOD]
    cards = [
        SignCard(label=label, code=_TONES[verdict], verdict=_word(verdict), told=told) for label, verdict, told in signs
    ]
    return sorted(cards, key=lambda card: worst.index(next(v for v in worst if _TONES[v] == card.code)))


_TONES = {Verdict.GOOD: "ACTIVE", Verdict.WATCH: "WARN", Verdict.BAD: "BLOCK"}


def _word(verdict: Verdict) -> str:
    return {Verdict.GOOD: _("well"), Verdict.WATCH: _("look at it"), Verdict.BAD: _("act now")}[verdict]


def _archive(vitals: Vitals) -> str:
    if not vitals.is_archiving:
        return _("PostgreSQL archives nothing; backups made otherwise are not seen from here")
    words = {"last": _when(vitals.archived_at), "failed": _when(vitals.archiving_failed_at)}
    return _("last piece archived %(last)s, last failure %(failed)s") % words


def _when(instant: datetime.datetime | None) -> str:
    return spell_instant(instant) if instant else _("never")


def _count(number: int) -> str:
    return get_formats().quantity(number * 1000)


def series_card(series: NumberSeries, *, today: datetime.date) -> SeriesCard:
    """Return the card of a range as it stands on a day."""
    spell = "{}{:0{}d}".format
    left = None if series.last_number is None else series.last_number - series.next_number + 1
    is_expired = series.expires_date is not None and series.expires_date <= today
    code, label, why = "ACTIVE", _("in use"), _("without gaps: a number is given with the document or not at all")
    if left == 0:
        code, label, why = "CLOSED", _("used up"), _("every number was given out")
    elif is_expired:
        code, label, why = "BLOCK", _("expired"), _("what is left was never given out, because the range had expired")
    elif left is not None and left <= NEARLY_USED:
        code, label = "WARN", _("nearly used up")
    return SeriesCard(
        code=series.code,
        first=spell(series.prefix, series.first_number, series.digits),
        next="" if left == 0 or is_expired else spell(series.prefix, series.next_number, series.digits),
        last=_("no end") if series.last_number is None else spell(series.prefix, series.last_number, series.digits),
        left="" if left is None else _count(left),
        expires=get_formats().date(series.expires_date) if series.expires_date else "",
        state=code,
        state_label=label,
        why=why,
    )
