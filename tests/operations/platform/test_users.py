"""Who looks after users gives nobody, themselves least of all, more than they have."""

from __future__ import annotations

import datetime

import pytest

from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.models import AuditEntry, Role, User
from hydria.platform.operations import (
    UnableToSaveRole,
    UnableToSaveUser,
    change_role,
    change_user,
    create_user,
    set_password,
)

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 1, 1)
PASSWORD = "a long enough password"


def role(code: str, *permissions: Permission, limit_minor: int | None = 0) -> Role:
    return Role.objects.create(code=code, name=code, permissions=list(permissions), amount_limit_minor=limit_minor)


def user(username: str, *roles: Role, actor: Actor = SYSTEM) -> User:
    return create_user(
        actor=actor,
        username=username,
        full_name=username,
        password=PASSWORD,
        role_ids=[held.pk for held in roles],
        today=TODAY,
    )


def change(actor: Actor, changed: User, *roles: Role, **changes: object) -> User:
    kept = {"full_name": "x", "email": "", "office_id": None, "is_active": True, "reason": "asked for", "today": TODAY}
    return change_user(actor=actor, user_id=changed.pk, role_ids=[held.pk for held in roles], **{**kept, **changes})


@pytest.fixture
def helpdesk() -> Actor:
    """Somebody who looks after users and sees the register, and may do nothing else."""
    return user("helpdesk", role("helpdesk", Permission.USER_MANAGE, Permission.REGISTER_VIEW)).to_actor()


@pytest.fixture
def boss() -> Role:
    return role("boss", *Permission, limit_minor=None)


class TestCreateUser:
    def test_gives_a_role_within_the_actors_own(self, helpdesk: Actor):
        made = user("vera", role("viewer", Permission.REGISTER_VIEW), actor=helpdesk)

        assert made.to_actor().permissions == {Permission.REGISTER_VIEW}

    @pytest.mark.parametrize(
        ("permissions", "limit_minor"), [([Permission.PAYMENT_TAKE], 0), ([Permission.REGISTER_VIEW], 1)]
    )
    def test_gives_nobody_more_than_the_actor_has(self, helpdesk: Actor, permissions, limit_minor):
        with pytest.raises(UnableToSaveUser) as refusal:
            user("accomplice", role("more", *permissions, limit_minor=limit_minor), actor=helpdesk)

        assert refusal.value.code == "access_above_own"

    @pytest.mark.parametrize("username", ["system", "SYSTEM", "ｓｙｓｔｅｍ", "api:bank", "with space", "", "a\0b"])
    def test_refuses_a_name_that_the_audit_could_mistake(self, username: str):
        with pytest.raises(UnableToSaveUser) as refusal:
            user(username)

        assert refusal.value.code == "username_invalid"

    def test_refuses_a_name_that_differs_in_case_only(self):
        user("maria")

        with pytest.raises(UnableToSaveUser) as refusal:
            user("Maria")

        assert refusal.value.code == "username_taken"


class TestChangeUser:
    def test_does_not_promote_through_another_user(self, helpdesk: Actor, boss: Role):
        accomplice = user("accomplice")

        with pytest.raises(UnableToSaveUser) as refusal:
            change(helpdesk, accomplice, boss)

        assert refusal.value.code == "access_above_own"

    @pytest.mark.parametrize("changes", [{"password": "known to the thief"}, {"is_active": False}, {}])
    def test_leaves_those_alone_who_may_do_more(self, helpdesk: Actor, boss: Role, changes):
        administrator = user("ada", boss)

        with pytest.raises(UnableToSaveUser) as refusal:
            change(helpdesk, administrator, **changes)

        assert refusal.value.code == "access_above_own"

    @pytest.mark.parametrize("changes", [{"password": "without the old one"}, {"is_active": False}])
    def test_leaves_ones_own_access_to_somebody_else(self, boss: Role, changes):
        administrator = user("ada", boss)

        with pytest.raises(UnableToSaveUser) as refusal:
            change(administrator.to_actor(), administrator, boss, **changes)

        assert refusal.value.code == "own_access"


class TestSetPassword:
    def test_leaves_a_trace_without_the_password(self):
        vera = user("vera")

        set_password(actor=SYSTEM, user_id=vera.pk, password="another long password")

        entry = AuditEntry.objects.get(table_name="password")
        assert (entry.actor, entry.reason) == ("system", "vera")
        assert (entry.before, entry.after) == (None, {"kind": "PASSWORD"})

    def test_is_not_a_way_to_become_an_administrator(self, helpdesk: Actor, boss: Role):
        administrator = user("ada", boss)

        with pytest.raises(UnableToSaveUser) as refusal:
            set_password(actor=helpdesk, user_id=administrator.pk, password="known to the thief")

        assert refusal.value.code == "access_above_own"


class TestChangeRole:
    @pytest.mark.parametrize(
        ("held", "wanted", "limit_minor"),
        [
            ([], [Permission.LEDGER_POST], 0),
            ([], [], None),
            ([Permission.LEDGER_POST], [], 0),
        ],
    )
    def test_gives_and_takes_only_what_the_actor_has(self, helpdesk: Actor, held, wanted, limit_minor):
        other = role("other", *held)

        with pytest.raises(UnableToSaveRole) as refusal:
            change_role(
                actor=helpdesk,
                role_id=other.pk,
                permissions=wanted,
                amount_limit_minor=limit_minor,
                reason="why not",
                today=TODAY,
            )

        assert refusal.value.code == "access_above_own"
