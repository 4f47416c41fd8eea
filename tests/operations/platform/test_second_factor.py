"""The second factor against those who guess, repeat and come back."""

from __future__ import annotations

import datetime

import pytest
from django.test import override_settings

from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.domain.origins import Origin
from hydria.platform.domain.second_factor import TRIES_MAX, code_at
from hydria.platform.models import AuditEntry, RecoveryCode, Role, SecondFactor, User
from hydria.platform.operations import create_user
from hydria.platform.second_factor import (
    UnableToEnroll,
    UnableToProve,
    UnableToResetFactor,
    _key_of,
    begin_enrollment,
    confirm_enrollment,
    get_enrollment,
    get_factor,
    prove,
    remove_factor,
    renew_recovery_codes,
    reset_factor,
)

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 5, 4, 9, tzinfo=datetime.UTC)
STEP = datetime.timedelta(seconds=30)


def actor(username: str = "ana", *permissions: Permission) -> Actor:
    role = Role.objects.create(code=username, name=username, permissions=list(permissions), amount_limit_minor=0)
    user = create_user(
        actor=SYSTEM,
        username=username,
        full_name="",
        password="long enough words",
        role_ids=[role.pk],
        today=NOW.date(),
    )
    return user.to_actor()


def code(who: Actor, at: datetime.datetime = NOW) -> str:
    return code_at(key=_key_of(SecondFactor.objects.get(user_id=who.user_id)), at=at)


def enroll(who: Actor, at: datetime.datetime = NOW) -> tuple[str, ...]:
    begin_enrollment(actor=who)
    return confirm_enrollment(actor=who, typed=code(who, at), at=at, kept_handle="")


def refused(code: str, who: Actor, typed: str, at: datetime.datetime) -> bool:
    with pytest.raises(UnableToProve) as refusal:
        prove(actor=who, typed=typed, at=at)
    return refusal.value.code == code


class TestEnrollment:
    def test_counts_for_nothing_before_a_code_was_shown(self):
        ana = actor()
        begin_enrollment(actor=ana)

        with pytest.raises(UnableToEnroll) as refusal:
            confirm_enrollment(actor=ana, typed="000000", at=NOW, kept_handle="")

        assert refusal.value.code == "code_wrong"
        assert get_factor(user_id=ana.user_id) is None

    def test_tells_its_key_only_while_it_goes_on(self):
        ana = actor()
        begin_enrollment(actor=ana)
        told = get_enrollment(actor=ana, issuer="Aguas")
        confirm_enrollment(actor=ana, typed=code(ana), at=NOW, kept_handle="")

        assert told.address.startswith("otpauth://totp/Aguas:ana?secret=")
        assert get_enrollment(actor=ana, issuer="Aguas") is None

    def test_is_not_begun_over_an_app_that_is_in_use(self):
        ana = actor()
        enroll(ana)

        with pytest.raises(UnableToEnroll) as refusal:
            begin_enrollment(actor=ana)

        assert refusal.value.code == "already_enrolled"

    def test_leaves_neither_key_nor_codes_readable(self):
        ana = actor()
        codes = enroll(ana)

        kept = str(list(SecondFactor.objects.values())) + str(list(RecoveryCode.objects.values()))
        told = str(list(AuditEntry.objects.values("before", "after", "reason")))

        key = _key_of(SecondFactor.objects.get())
        assert not any(secret in kept + told for secret in (key.hex(), codes[0], codes[0].replace("-", "")))
        assert "code_hash" not in told
        assert "enciphered_key" not in told

    def test_is_not_readable_by_another_deployment(self):
        ana = actor()
        enroll(ana)

        with override_settings(SECRET_KEY="stolen the table, not the key"):
            assert refused("key_changed", ana, "123456", NOW)


class TestProve:
    def test_accepts_the_code_of_the_app(self):
        ana = actor()
        enroll(ana)

        prove(actor=ana, typed=code(ana, NOW + STEP), at=NOW + STEP)

    def test_refuses_a_code_that_was_overlooked_on_its_way(self):
        ana = actor()
        enroll(ana)
        seen = code(ana, NOW + STEP)
        prove(actor=ana, typed=seen, at=NOW + STEP)

        assert refused("code_wrong", ana, seen, NOW + STEP)

    def test_refuses_the_code_that_set_the_app_up(self):
        ana = actor()
        enroll(ana)

        assert refused("code_wrong", ana, code(ana), NOW)

    def test_closes_the_door_to_guessers_even_for_the_right_code(self):
        ana = actor()
        enroll(ana)
        later = NOW + 2 * STEP
        for _try in range(TRIES_MAX):
            assert refused("code_wrong", ana, "abcdef", later)

        assert refused("closed", ana, code(ana, later), later)
        assert refused("closed", ana, code(ana, later), later + datetime.timedelta(minutes=14))

    def test_counts_guessed_recovery_codes_as_well(self):
        ana = actor()
        codes = enroll(ana)
        for number in range(TRIES_MAX):
            assert refused("code_wrong", ana, f"aaaa-bbbb-cccc-ddd{number}", NOW)

        assert refused("closed", ana, codes[0], NOW)

    def test_waits_longer_each_time(self):
        ana = actor()
        enroll(ana)
        at = NOW
        for _round in range(2):
            for _try in range(TRIES_MAX):
                refused("code_wrong", ana, "000", at)
            at += datetime.timedelta(minutes=15)

        assert refused("closed", ana, code(ana, at), at)
        prove(actor=ana, typed=code(ana, at + datetime.timedelta(minutes=15)), at=at + datetime.timedelta(minutes=15))

    def test_accepts_a_recovery_code_once(self):
        ana = actor()
        codes = enroll(ana)
        prove(actor=ana, typed=codes[3].upper(), at=NOW)

        assert refused("code_wrong", ana, codes[3], NOW)
        assert get_factor(user_id=ana.user_id).recovery_codes_left == len(codes) - 1

    def test_takes_no_code_of_somebody_else(self):
        ana, eva = actor("ana"), actor("eva")
        enroll(ana)
        codes = enroll(eva)

        assert refused("code_wrong", ana, codes[0], NOW)
        assert refused("code_wrong", ana, code(eva, NOW + STEP), NOW + STEP)


class TestRenewRecoveryCodes:
    def test_ends_the_old_ones(self):
        ana = actor()
        old = enroll(ana)
        new = renew_recovery_codes(actor=ana, typed=old[0], at=NOW)

        assert refused("code_wrong", ana, old[1], NOW)
        prove(actor=ana, typed=new[0], at=NOW)


class TestRemoveFactor:
    def test_takes_a_code(self):
        ana = actor()
        codes = enroll(ana)
        with pytest.raises(UnableToProve):
            remove_factor(actor=ana, typed="000000", at=NOW)

        remove_factor(actor=ana, typed=codes[0], at=NOW)

        assert get_factor(user_id=ana.user_id) is None


class TestResetFactor:
    def test_is_done_by_somebody_else_and_leaves_a_trace(self):
        ana, ada = actor("ana"), actor("ada", Permission.USER_MANAGE)
        enroll(ana)

        reset_factor(actor=ada, user_id=ana.user_id, reason="phone lost", origin=Origin(address="10.0.0.1"))

        assert get_factor(user_id=ana.user_id) is None
        entry = AuditEntry.objects.get(table_name="second factor")
        assert (entry.actor, entry.reason, entry.after["address"]) == ("ada", "ana: phone lost", "10.0.0.1")

    @pytest.mark.parametrize(
        ("who", "reason", "code"),
        [("ada", "mine", "own_access"), ("boss", "why not", "access_above_own"), ("ana", " ", "reason_missing")],
    )
    def test_is_refused(self, who: str, reason: str, code: str):
        actor("ana"), actor("boss", *Permission)
        ada = actor("ada", Permission.USER_MANAGE)
        user = User.objects.get(username=who)
        enroll(user.to_actor())

        with pytest.raises(UnableToResetFactor) as refusal:
            reset_factor(actor=ada, user_id=user.pk, reason=reason, origin=Origin())

        assert refusal.value.code == code
        assert get_factor(user_id=user.pk) is not None
