"""
The second factor of a log-in: an authenticator app and recovery codes (ADM-01).

The key of the app is kept enciphered, recovery codes as hashes. Wrong answers are counted whether or not the answer is
refused, so they are written before the refusal is raised.
"""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.audit import record_access
from hydria.platform.ciphers import UnableToDecipher, decipher, encipher
from hydria.platform.domain import second_factor as rules
from hydria.platform.domain.origins import Origin
from hydria.platform.models import AccessKind, RecoveryCode, SecondFactor, User
from hydria.platform.sessions import drop_sessions
from hydria.platform.transactions import acting, in_transaction

PURPOSE = "hydria second factor"


class UnableToProve(UnableTo):
    """The answer proves nothing, or none is heard at the moment."""


class UnableToEnroll(UnableTo):
    """The app cannot be set up now."""


class UnableToResetFactor(UnableTo):
    """The second factor of a user cannot be taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorCard:
    """How a user's second factor stands."""

    confirmed_at: datetime.datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """What an app needs to know: the key in letters, and the address that the picture says."""

    key: str
    address: str


def get_factor(*, user_id: int) -> FactorCard | None:
    """Return the second factor that a user has set up, or None."""
    factor = SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).first()
    if factor is None:
        return None
    left = RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=True).count()
    return FactorCard(confirmed_at=factor.confirmed_at, recovery_codes_left=left)


def begin_enrollment(*, actor: Actor) -> None:
    """
    Make a key for the actor's app; it counts for nothing until a code of it was shown.

    :raises UnableToEnroll: with code `not_a_person`, or `already_enrolled` (take the old one away first).
    """
    if actor.user_id is None:
        raise UnableToEnroll("not_a_person", gettext("There is no such user."))
    with acting(actor, reason="begin second factor"):
        factor = SecondFactor.objects.select_for_update().filter(user_id=actor.user_id).first()
        if factor and factor.confirmed_at:
            raise UnableToEnroll("already_enrolled", gettext("An app is set up already; take it away first."))
        key = encipher(secrets.token_bytes(rules.KEY_BYTES), purpose=PURPOSE)
        SecondFactor.objects.update_or_create(user_id=actor.user_id, defaults={"enciphered_key": key})


def get_enrollment(*, actor: Actor, issuer: str) -> Enrollment | None:
    """Return what the actor's app has to be told while it is being set up, or None when it is not."""
    factor = SecondFactor.objects.filter(user_id=actor.user_id, confirmed_at__isnull=True).first()
    if factor is None:
        return None
    key = _key_of(factor)
    return Enrollment(
        key=rules.spell_key(key), address=rules.spell_address(key=key, issuer=issuer, username=actor.name)
    )


def confirm_enrollment(*, actor: Actor, typed: str, at: datetime.datetime, kept_handle: str) -> tuple[str, ...]:
    """
    Take the app into use after it showed a right code, end the user's other sessions, and return recovery codes.

    kept_handle  session that stays

    Guarantee: the recovery codes are told here and nowhere else.

    :raises UnableToEnroll: with code `not_begun` or `code_wrong`.
    """
    with acting(actor, reason="confirm second factor"):
        factor = (
            SecondFactor.objects.select_for_update().filter(user_id=actor.user_id, confirmed_at__isnull=True).first()
        )
        if factor is None:
            raise UnableToEnroll("not_begun", gettext("No app is being set up; begin again."))
        step = rules.find_step(key=_key_of(factor), typed=typed, at=at, last_step=factor.last_step)
        if step is None:
            raise UnableToEnroll(
                "code_wrong", gettext("The app shows another code. Check the clock of the phone, then type the next.")
            )
        factor.last_step, factor.confirmed_at = step, at
        factor.save()
        assert actor.user_id is not None
        drop_sessions(user_id=actor.user_id, kept_handle=kept_handle)
        return _give_recovery_codes(actor.user_id)


def prove(*, actor: Actor, typed: str, at: datetime.datetime) -> None:
    """
    Accept a code of the app or a recovery code, each once.

    Guarantee: answers of one user are judged one after the other, and every fifth wrong one in a row closes the door.

    :raises UnableToProve: with code `not_enrolled`, `closed` (with `until`) or `code_wrong`.
    """
    refusal: UnableToProve | None = None
    with acting(actor, reason="second factor"):
        factor = (
            SecondFactor.objects.select_for_update().filter(user_id=actor.user_id, confirmed_at__isnull=False).first()
        )
        if factor is None:
            raise UnableToProve("not_enrolled", gettext("No app is set up."))
        if factor.closed_until and at < factor.closed_until:
            raise UnableToProve(
                "closed",
                gettext("Too many wrong codes were tried. Wait, or ask your administrator."),
                until=factor.closed_until,
            )
        if _is_right(factor, typed=typed, at=at):
            factor.failure_count, factor.closed_until = 0, None
        else:
            factor.failure_count += 1
            wait = rules.waiting_time(failure_count=factor.failure_count)
            factor.closed_until = at + wait if wait else None
            refusal = UnableToProve("code_wrong", gettext("This is not a code that counts now."))
        factor.save()
    if refusal:
        raise refusal


def renew_recovery_codes(*, actor: Actor, typed: str, at: datetime.datetime) -> tuple[str, ...]:
    """
    Replace the actor's recovery codes by new ones and return them.

    :raises UnableToProve: as `prove`.
    """
    prove(actor=actor, typed=typed, at=at)
    with acting(actor, reason="renew recovery codes"):
        assert actor.user_id is not None
        return _give_recovery_codes(actor.user_id)


def remove_factor(*, actor: Actor, typed: str, at: datetime.datetime) -> None:
    """
    Take the actor's app and recovery codes out of use; who needs a second factor sets up the next one at once.

    :raises UnableToProve: as `prove`.
    """
    prove(actor=actor, typed=typed, at=at)
    with acting(actor, reason="remove second factor"):
        _forget(actor.user_id)


def reset_factor(*, actor: Actor, user_id: int, reason: str, origin: Origin) -> User:
    """
    Take another user's app and recovery codes out of use, and end their sessions; return the user.

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToResetFactor: with code `reason_missing`, `user_unknown`, `own_access`, `access_above_own` or
        `not_enrolled`.
    """
    actor.require(Permission.USER_MANAGE)
    if not reason.strip():
        raise UnableToResetFactor("reason_missing", gettext("Say why the second factor is taken away."))
    with acting(actor, reason=reason):
        user = User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            raise UnableToResetFactor("user_unknown", gettext("There is no such user."), user_id=user_id)
        if actor.user_id == user.pk:
            raise UnableToResetFactor("own_access", gettext("Somebody else has to change your own access."))
        theirs = user.to_actor()
        if not actor.covers(theirs.permissions, amount_limit_minor=theirs.amount_limit_minor):
            raise UnableToResetFactor(
                "access_above_own", gettext("This access goes beyond your own; somebody who has it has to change it.")
            )
        if not _forget(user.pk):
            raise UnableToResetFactor("not_enrolled", gettext("No app is set up."))
        drop_sessions(user_id=user.pk)
        record_access(
            actor_name=actor.name,
            user_id=actor.user_id,
            what="second factor",
            refused=False,
            reason=f"{user.username}: {reason}",
            kind=AccessKind.SECOND_FACTOR,
            origin=origin,
        )
    return user


def _key_of(factor: SecondFactor) -> bytes:
    try:
        return decipher(factor.enciphered_key, purpose=PURPOSE)
    except UnableToDecipher as error:
        sentence = gettext("The key of this app cannot be read any more; ask your administrator to reset it.")
        raise UnableToProve("key_changed", sentence) from error


def _is_right(factor: SecondFactor, *, typed: str, at: datetime.datetime) -> bool:
    recovery_code = rules.read_recovery_code(typed)
    if recovery_code is not None:
        unused = RecoveryCode.objects.filter(
            user_id=factor.user_id, code_hash=_hash(factor.user_id, recovery_code), used_at__isnull=True
        )
        return unused.update(used_at=at) == 1
    step = rules.find_step(key=_key_of(factor), typed=typed, at=at, last_step=factor.last_step)
    if step is None:
        return False
    factor.last_step = step
    return True


@in_transaction
def _give_recovery_codes(user_id: int) -> tuple[str, ...]:
    RecoveryCode.objects.filter(user_id=user_id).delete()
    codes = tuple(
        rules.spell_recovery_code(secrets.token_bytes(rules.RECOVERY_BYTES)) for _number in range(rules.RECOVERY_CODES)
    )
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, code_hash=_hash(user_id, rules.read_recovery_code(code) or "")) for code in codes
    )
    return codes


def _hash(user_id: int, letters: str) -> str:
    # Random codes of 80 bits need no slow hash; the deployment's key keeps a copy of the database from being tried.
    return salted_hmac(f"{PURPOSE} {user_id}", letters, algorithm="sha256").hexdigest()


def _forget(user_id: int | None) -> bool:
    RecoveryCode.objects.filter(user_id=user_id).delete()
    count, _by_table = SecondFactor.objects.filter(user_id=user_id).delete()
    return count > 0
