"""
Writes of tariffs: write, check, simulate, approve and publish a version, each act an event (TAR-11, I13).

Whether a day from which to publish has been billed already is known to billing alone; its operation
`billing.operations.publish_tariff` asks that question and then calls `publish_approved` here.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce
from hydria.platform.transactions import acting, in_transaction
from hydria.tariffs.domain.cases import run_cases
from hydria.tariffs.domain.compile import CompiledTariff, try_compile
from hydria.tariffs.domain.document import SIZE_MAX
from hydria.tariffs.domain.reading import name_in
from hydria.tariffs.domain.states import Act, VersionState, may
from hydria.tariffs.domain.trial import try_engines
from hydria.tariffs.models import BEGINNING, Tariff, TariffVersion, VersionCharge, VersionEvent
from hydria.tariffs.queries import charges_of

RANDOM_ACCOUNTS = 500
"""Accounts invented for each check; both engines have to agree on every one."""


class UnableToWriteVersion(UnableTo):
    """The text cannot be kept as a draft."""


class UnableToCheckVersion(UnableTo):
    """The draft is not fit to go on; `data` holds every finding."""


class UnableToMoveVersion(UnableTo):
    """The version is not where this act starts from, or the actor has a part in it that excludes this one."""


class UnableToPublishVersion(UnableTo):
    """The text cannot become a version in force."""


# Writing and checking


def start_draft(*, actor: Actor, text: str, written_at: datetime.datetime, reason: str = "") -> TariffVersion:
    """
    Start a new version of the tariff that a text names, or of a new tariff; the text need not be right yet.

    :raises UnableToPermit: if the actor may not write tariffs.
    :raises UnableToWriteVersion: with code `name_missing` or `text_too_large`.
    """
    actor.require(Permission.TARIFF_EDIT)
    _require_size(text)
    code = name_in(text)
    if not code:
        raise UnableToWriteVersion("name_missing", _("Begin the text with `tariff:` and a short name."))
    with acting(actor, reason=reason or "write tariff"):
        tariff, _created = Tariff.objects.select_for_update().get_or_create(
            code=code, defaults={"title": code, "currency": ""}
        )
        version = _new_version(tariff)
        _do(Act.WRITTEN, version, actor=actor, at=written_at, reason=reason, text=text)
    return version


def save_draft(
    *,
    actor: Actor,
    version_id: int,
    text: str,
    known_hash: str,
    written_at: datetime.datetime,
    reason: str = "",
) -> TariffVersion:
    """
    Keep an edited text; whatever had been found about the text before is gone, and the version is a draft again.

    known_hash  `text_hash` of the text that was edited, so that nobody overwrites what somebody else has saved
    Guarantee: saving the text as it stands changes nothing.

    :raises UnableToPermit: if the actor may not write tariffs.
    :raises UnableToWriteVersion: with code `text_changed_meanwhile`, `name_changed` or `text_too_large`.
    :raises UnableToMoveVersion: if the version is published or withdrawn.
    """
    actor.require(Permission.TARIFF_EDIT)
    _require_size(text)
    with acting(actor, reason=reason or "write tariff"):
        version = _locked(version_id)
        if version.text == text:
            return version
        _require_move(Act.WRITTEN, version)
        if version.text_hash != known_hash:
            words = {"name": version.written_by}
            raise UnableToWriteVersion(
                "text_changed_meanwhile", _("%(name)s has saved another text meanwhile.") % words, by=version.written_by
            )
        if name_in(text) not in ("", version.tariff.code):
            raise UnableToWriteVersion(
                "name_changed", _("This is a version of %s; a tariff keeps its name.") % version.tariff.code
            )
        _do(Act.WRITTEN, version, actor=actor, at=written_at, reason=reason, text=text)
    return version


def check_draft(*, actor: Actor, version_id: int, checked_at: datetime.datetime) -> TariffVersion:
    """
    Check a draft: it compiles, its own cases come out in both engines, and both agree on invented accounts.

    Guarantee: from here on the text is fixed; checking it again changes nothing.

    :raises UnableToPermit: if the actor may not write tariffs.
    :raises UnableToCheckVersion: with code `text_invalid` (and every finding), `name_changed`, `cases_missing`,
        `cases_failed` (and every difference) or `engines_differ` (and the accounts).
    :raises UnableToMoveVersion: if the version is past this.
    """
    actor.require(Permission.TARIFF_EDIT)
    with acting(actor, reason="check tariff"):
        version = _locked(version_id)
        if version.state in (VersionState.CHECKED, VersionState.SIMULATED):
            return version
        _require_move(Act.CHECKED, version)
        compiled, case_count = _proven(version.text, code=version.tariff.code)
        _require_agreement(compiled, seed=int(version.text_hash[:8], 16))
        _name(version.tariff, compiled)
        found = {"cases": case_count, "accounts": RANDOM_ACCOUNTS}
        _do(Act.CHECKED, version, actor=actor, at=checked_at, version_hash=compiled.version_hash, data=found)
    return version


def note_simulation(*, draft_id: int, simulation_code: str, actor: Actor, at: datetime.datetime) -> TariffVersion:
    """
    Note that a checked version has been simulated on the register; every further simulation is noted as well.

    Called by the simulation when it is done, inside no transaction of its own.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToMoveVersion: if the version has not been checked, or is past this.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    with acting(actor, reason=f"simulation {simulation_code}"):
        version = _locked(draft_id)
        if version.events.filter(
            act=Act.SIMULATED, text_hash=version.text_hash, data__simulation=simulation_code
        ).exists():
            return version
        _require_move(Act.SIMULATED, version)
        _do(Act.SIMULATED, version, actor=actor, at=at, data={"simulation": simulation_code})
    return version


# Deciding


def approve_version(
    *, actor: Actor, version_id: int, approved_at: datetime.datetime, reason: str = ""
) -> TariffVersion:
    """
    Approve a simulated version; who has written any of its texts is refused. Approving twice changes nothing.

    :raises UnableToPermit: if the actor may not approve tariffs.
    :raises UnableToMoveVersion: with code `own_text`, or if the version has not been simulated.
    """
    actor.require(Permission.TARIFF_APPROVE)
    with acting(actor, reason=reason or "approve tariff"):
        version = _locked(version_id)
        if version.state == VersionState.APPROVED:
            return version
        _require_move(Act.APPROVED, version)
        _require_other_hands(version, actor)
        _do(Act.APPROVED, version, actor=actor, at=approved_at, reason=reason)
    return version


def send_back(*, actor: Actor, version_id: int, reason: str, refused_at: datetime.datetime) -> TariffVersion:
    """
    Refuse a version with a reason; it becomes a draft again.

    :raises UnableToPermit: if the actor may not approve tariffs.
    :raises UnableToMoveVersion: with code `reason_missing`, or if the version is not waiting for approval.
    """
    actor.require(Permission.TARIFF_APPROVE)
    return _end(Act.REFUSED, actor=actor, version_id=version_id, reason=reason, at=refused_at)


def withdraw_draft(*, actor: Actor, version_id: int, reason: str, withdrawn_at: datetime.datetime) -> TariffVersion:
    """
    Give a version up that has not been published; its texts and events stay.

    :raises UnableToPermit: if the actor may not write tariffs.
    :raises UnableToMoveVersion: with code `reason_missing`, or if the version is published or withdrawn.
    """
    actor.require(Permission.TARIFF_EDIT)
    return _end(Act.WITHDRAWN, actor=actor, version_id=version_id, reason=reason, at=withdrawn_at)


def _end(act: Act, *, actor: Actor, version_id: int, reason: str, at: datetime.datetime) -> TariffVersion:
    if not reason.strip():
        raise UnableToMoveVersion("reason_missing", _("Say why."))
    with acting(actor, reason=reason):
        version = _locked(version_id)
        _require_move(act, version)
        if version.state == VersionState.PUBLISHED:
            raise _misplaced(act, version)
        _do(act, version, actor=actor, at=at, reason=reason)
    return version


@in_transaction
def publish_approved(
    *, actor: Actor, version_id: int, from_date: datetime.date, published_at: datetime.datetime
) -> TariffVersion:
    """
    Publish an approved version: it prices what is supplied from a day on, until the next published version starts.

    Billing calls this when none of those days has been billed.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToMoveVersion: with code `own_text`, or if the version has not been approved.
    :raises UnableToPublishVersion: with code `date_taken` if another version starts on that day.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    version = _locked(version_id)
    _require_move(Act.PUBLISHED, version)
    _require_other_hands(version, actor)
    same_day = version.tariff.versions.filter(state=VersionState.PUBLISHED, from_date=from_date).first()
    if same_day is not None:
        raise UnableToPublishVersion(
            "date_taken", _("Version %d starts on that day.") % same_day.sequence, sequence=same_day.sequence
        )
    compiled, _case_count = _proven(version.text, code=version.tariff.code)
    _do(Act.PUBLISHED, version, actor=actor, at=published_at, from_date=from_date)
    VersionCharge.objects.bulk_create(_charges(version, compiled))
    announce(EventKind.TARIFF_PUBLISHED, version.pk, actor=actor, code=version.tariff.code, from_date=from_date)
    return version


@in_transaction
def withdraw_published(*, actor: Actor, version_id: int, reason: str, withdrawn_at: datetime.datetime) -> TariffVersion:
    """
    Take a published version out of force; the one before it goes on. Billing calls this when it has billed nothing.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToMoveVersion: if the version is not published.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    version = _locked(version_id)
    if version.state != VersionState.PUBLISHED:
        raise _misplaced(Act.WITHDRAWN, version)
    _do(Act.WITHDRAWN, version, actor=actor, at=withdrawn_at, reason=reason)
    announce(EventKind.TARIFF_WITHDRAWN, version.pk, actor=actor, code=version.tariff.code)
    return version


def publish_version(
    *,
    actor: Actor,
    text: str,
    published_at: datetime.datetime,
    from_date: datetime.date = BEGINNING,
) -> TariffVersion:
    """
    Publish a text at once, as set-up does where the utility has decided before Hydria came; persons may not.

    Whatever is published from that day or a later one is withdrawn; what was billed by it keeps pointing at it.
    Publishing the version in force again changes nothing.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToMoveVersion: with code `persons_do_not_install`.
    :raises UnableToCheckVersion: with code `text_invalid` or `cases_failed`, as for a draft.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    if actor.user_id is not None:
        raise UnableToMoveVersion(
            "persons_do_not_install", _("A person's tariff is written, checked, simulated and approved first.")
        )
    compiled, _case_count = _proven(text)
    with acting(actor, reason="install tariff"):
        tariff, _created = Tariff.objects.select_for_update().get_or_create(
            code=compiled.form.name, defaults={"title": "", "currency": ""}
        )
        replaced = list(tariff.versions.filter(state=VersionState.PUBLISHED, from_date__gte=from_date))
        for version in replaced:
            if version.from_date == from_date and version.version_hash == compiled.version_hash:
                return version
        for version in replaced:
            _do(Act.WITHDRAWN, version, actor=actor, at=published_at, reason="replaced at set-up")
        _name(tariff, compiled)
        version = _new_version(tariff)
        _do(
            Act.INSTALLED,
            version,
            actor=actor,
            at=published_at,
            text=text,
            version_hash=compiled.version_hash,
            from_date=from_date,
        )
        VersionCharge.objects.bulk_create(_charges(version, compiled))
        announce(EventKind.TARIFF_PUBLISHED, version.pk, actor=actor, code=tariff.code, from_date=from_date)
    return version


# What all of them share


def hash_of(text: str) -> str:
    """Return the name of a text, letter by letter."""
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(version_id: int) -> TariffVersion:
    version = TariffVersion.objects.select_for_update(of=("self",)).select_related("tariff").filter(id=version_id)
    found = version.first()
    if found is None:
        raise UnableToMoveVersion("version_unknown", _("There is no such version."), version_id=version_id)
    return found


def _new_version(tariff: Tariff) -> TariffVersion:
    last = tariff.versions.aggregate(last=Max("sequence"))["last"]
    return TariffVersion.objects.create(tariff=tariff, sequence=(last or 0) + 1)


def _do(
    act: Act,
    version: TariffVersion,
    *,
    actor: Actor,
    at: datetime.datetime,
    reason: str = "",
    text: str = "",
    version_hash: str = "",
    from_date: datetime.date | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Add the event; the trigger behind it moves the version."""
    VersionEvent.objects.create(
        version=version,
        act=act,
        actor=actor.name,
        actor_user_id=actor.user_id,
        happened_at=at,
        reason=reason[:300],
        text=text,
        text_hash=hash_of(text) if act in (Act.WRITTEN, Act.INSTALLED) else version.text_hash,
        version_hash=version_hash or version.version_hash,
        from_date=from_date,
        data=data or {},
    )
    version.refresh_from_db()


def _require_size(text: str) -> None:
    if len(text) > SIZE_MAX:
        raise UnableToWriteVersion("text_too_large", _("The text is too large for a tariff."), size=len(text))


def _require_move(act: Act, version: TariffVersion) -> None:
    if not may(act, state=VersionState(version.state)):
        raise _misplaced(act, version)


def _misplaced(act: Act, version: TariffVersion) -> UnableToMoveVersion:
    words = {"sequence": version.sequence, "state": version.get_state_display()}
    return UnableToMoveVersion(
        "version_elsewhere",
        _("Version %(sequence)s is “%(state)s”; this cannot be done to it now.") % words,
        act=str(act),
        state=version.state,
    )


def _require_other_hands(version: TariffVersion, actor: Actor) -> None:
    writers = version.events.filter(act=Act.WRITTEN).values_list("actor_user_id", "actor")
    if any((actor.user_id is not None and user_id == actor.user_id) or name == actor.name for user_id, name in writers):
        raise UnableToMoveVersion("own_text", _("You have written this text; somebody else has to decide on it."))


def _proven(text: str, *, code: str = "") -> tuple[CompiledTariff, int]:
    """Compile a text and run its cases in both engines; return it with the number of cases."""
    compiled, issues = try_compile(text, name=code or "tariff")
    if compiled is None:
        raise UnableToCheckVersion("text_invalid", _("The tariff text has %d findings.") % len(issues), issues=issues)
    if code and compiled.form.name != code:
        raise UnableToCheckVersion("name_changed", _("This is a version of %s; a tariff keeps its name.") % code)
    case_count, differences = run_cases(compiled)
    if differences:
        failed = sorted({difference.case for difference in differences})
        raise UnableToCheckVersion(
            "cases_failed",
            _("%d of the tariff's own cases do not come out.") % len(failed),
            cases=failed,
            differences=tuple(differences),
        )
    return compiled, case_count


def _require_agreement(compiled: CompiledTariff, *, seed: int) -> None:
    if not compiled.form.cases:
        raise UnableToCheckVersion("cases_missing", _("Add a worked bill under `cases:` first."))
    odd = [trial for trial in try_engines(compiled, count=RANDOM_ACCOUNTS, seed=seed) if not trial.agrees]
    if odd:
        raise UnableToCheckVersion(
            "engines_differ", _("The two engines disagree on %d invented accounts.") % len(odd), trials=tuple(odd)
        )


def _name(tariff: Tariff, compiled: CompiledTariff) -> None:
    """Give a tariff the title and the currency of its newest text that is right."""
    tariff.title, tariff.titles = _title(compiled), dict(compiled.form.title)
    tariff.currency = compiled.form.currency
    tariff.save(update_fields=["title", "titles", "currency"])


def _title(compiled: CompiledTariff) -> str:
    titles = compiled.form.title
    return (titles.get("en") or next(iter(titles.values()), compiled.form.name))[:200]


def _charges(version: TariffVersion, compiled: CompiledTariff) -> list[VersionCharge]:
    return [
        VersionCharge(
            version=version,
            position=card.position,
            label=card.label,
            route=card.route,
            rank=card.rank,
            is_tax=card.is_tax,
            is_memo=card.is_memo,
            texts=card.texts,
            source=card.source,
        )
        for card in charges_of(compiled)
    ]
