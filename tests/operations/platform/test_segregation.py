"""What is kept apart stays apart, unless somebody said why and until when."""

from __future__ import annotations

import datetime

import pytest

from desk_factories import company
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import AuditEntry, Exemption, Role, ToxicCombination, User
from hydria.platform.operations import change_role, change_user, create_role, create_user
from hydria.platform.roles import ROLE_TEMPLATES
from hydria.platform.segregation import (
    Leave,
    UnableToSegregate,
    change_combination,
    end_exemption,
    list_combinations,
    list_holdings,
)

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 4)
NOW = datetime.datetime(2026, 5, 4, 9, tzinfo=datetime.UTC)
LEAVE = Leave(reason="Only two people work here", expires_date=datetime.date(2026, 8, 1))
TAKE, REVERSE = Permission.PAYMENT_TAKE, Permission.PAYMENT_REVERSE


def role(*permissions: Permission, leave: Leave | None = None, today: datetime.date = TODAY) -> Role:
    return create_role(
        actor=SYSTEM,
        name=" ".join(permissions),
        permissions=permissions,
        amount_limit_minor=0,
        reason="needed",
        today=today,
        leave=leave,
    )


def user(*roles: Role, leave: Leave | None = None, username: str = "ana", today: datetime.date = TODAY) -> User:
    return create_user(
        actor=SYSTEM,
        username=username,
        full_name=username,
        password="a long enough password",
        role_ids=[held.pk for held in roles],
        today=today,
        leave=leave,
    )


def extend(changed: Role, *permissions: Permission, leave: Leave | None = None) -> Role:
    return change_role(
        actor=SYSTEM,
        role_id=changed.pk,
        permissions=permissions,
        amount_limit_minor=0,
        reason="more",
        today=TODAY,
        leave=leave,
    )


@pytest.fixture(autouse=True)
def _company() -> None:
    company()


class TestFirstRoles:
    def test_hold_nothing_toxic_without_leave(self):
        assert [holding for holding in list_holdings(actor=SYSTEM, today=TODAY) if holding.exemption_id is None] == []

    def test_are_exempt_by_name_where_they_have_to(self):
        exempt = {template.code for template in ROLE_TEMPLATES if template.exemption}

        assert {leave.role.code for leave in Exemption.objects.select_related("role")} == exempt

    def test_are_not_exempt_again_once_somebody_ended_it(self):
        leave = Exemption.objects.first()
        end_exemption(actor=SYSTEM, exemption_id=leave.pk, reason="enough people now", ended_at=NOW)

        company()

        assert Exemption.objects.filter(combination=leave.combination, role=leave.role).count() == 1


class TestRole:
    def test_is_refused_with_both_sides(self):
        with pytest.raises(UnableToSegregate) as refusal:
            role(TAKE, REVERSE)

        assert refusal.value.code == "toxic_combination"
        assert "Takes payments and reverses them" in refusal.value.message
        assert not Role.objects.filter(code__startswith="own-").exists()

    def test_is_made_with_leave_that_is_recorded(self):
        made = role(TAKE, REVERSE, leave=LEAVE)

        leave = Exemption.objects.get(role=made)
        assert (leave.reason, leave.granted_by, leave.expires_date) == (LEAVE.reason, "system", LEAVE.expires_date)
        assert AuditEntry.objects.filter(table_name="platform_exemption", row_id=leave.pk).exists()

    def test_is_not_extended_when_its_users_would_hold_both_sides(self):
        taking, other = role(TAKE), role(Permission.REGISTER_VIEW)
        user(taking, other)

        with pytest.raises(UnableToSegregate) as refusal:
            extend(other, Permission.REGISTER_VIEW, REVERSE)

        assert refusal.value.data["users"] == ["ana"]

    def test_is_narrowed_whatever_it_holds(self):
        made = role(TAKE, REVERSE, Permission.AUDIT_VIEW, leave=LEAVE)
        Exemption.objects.update(ended_at=NOW)

        assert extend(made, TAKE, REVERSE).permissions == sorted([TAKE, REVERSE])

    @pytest.mark.parametrize(
        ("reason", "expires_date", "code"),
        [
            (" ", datetime.date(2026, 8, 1), "reason_missing"),
            ("for ever", datetime.date(2028, 1, 1), "exemption_too_long"),
            ("over already", TODAY, "exemption_too_long"),
        ],
    )
    def test_gets_no_leave_without_reason_and_end(self, reason: str, expires_date: datetime.date, code: str):
        with pytest.raises(UnableToSegregate) as refusal:
            role(TAKE, REVERSE, leave=Leave(reason=reason, expires_date=expires_date))

        assert refusal.value.code == code


class TestUser:
    def test_is_not_given_two_roles_that_are_kept_apart(self):
        with pytest.raises(UnableToSegregate):
            user(role(TAKE), role(REVERSE))

        assert not User.objects.exists()

    def test_is_given_them_with_leave_and_may_be_changed_while_it_lasts(self):
        taking, reversing = role(TAKE), role(REVERSE)
        made = user(taking, reversing, leave=LEAVE)
        kept = {"full_name": "Ana", "email": "", "office_id": None, "is_active": True, "reason": "asked"}

        for roles in ([taking], [taking, reversing]):
            change_user(actor=SYSTEM, user_id=made.pk, role_ids=[held.pk for held in roles], today=TODAY, **kept)

        with pytest.raises(UnableToSegregate):
            change_user(actor=SYSTEM, user_id=made.pk, role_ids=[taking.pk], today=TODAY, **kept)
            change_user(
                actor=SYSTEM,
                user_id=made.pk,
                role_ids=[taking.pk, reversing.pk],
                today=LEAVE.expires_date,
                **kept,
            )

    def test_with_the_role_of_an_administrator_is_exempt_by_the_role(self):
        user(Role.objects.get(code="administrator"), Role.objects.get(code="cashier"))

        assert not Exemption.objects.filter(user__isnull=False).exists()


class TestHoldings:
    def test_show_leave_that_has_run_out_first(self):
        made = user(role(TAKE), role(REVERSE), leave=LEAVE)

        before = list_holdings(actor=SYSTEM, today=TODAY)
        after = list_holdings(actor=SYSTEM, today=LEAVE.expires_date)

        assert next(found for found in before if found.login == made.username).reason == LEAVE.reason
        assert (after[0].login, after[0].exemption_id) == (made.username, None)

    def test_take_a_fixed_number_of_queries(self, django_assert_max_num_queries):
        for number in range(5):
            user(role(TAKE), username=f"user{number}")

        with django_assert_max_num_queries(6):
            list_holdings(actor=SYSTEM, today=TODAY)


class TestChangeCombination:
    def write(self, **changes: object) -> ToxicCombination:
        asked = {
            "combination_id": None,
            "name": "Reads and decides",
            "permissions": [Permission.READING_RECORD],
            "conflicting": [Permission.READING_DECIDE],
            "is_active": True,
            "reason": "our rule",
        }
        return change_combination(actor=SYSTEM, **{**asked, **changes})

    def test_holds_from_the_next_role_on(self):
        self.write()

        with pytest.raises(UnableToSegregate):
            role(Permission.READING_RECORD, Permission.READING_DECIDE)

    def test_lets_a_company_do_without_one(self):
        rule = list_combinations().get(code="take_and_reverse")
        self.write(
            combination_id=rule.pk,
            name=rule.title,
            permissions=rule.permissions,
            conflicting=rule.conflicting,
            is_active=False,
        )

        assert role(TAKE, REVERSE).pk

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"reason": " "}, "reason_missing"),
            ({"name": ""}, "name_missing"),
            ({"permissions": []}, "combination_empty"),
            ({"conflicting": ["no.such"]}, "combination_empty"),
            ({"conflicting": [Permission.READING_RECORD]}, "combination_overlaps"),
        ],
    )
    def test_is_refused(self, changes: dict[str, object], code: str):
        with pytest.raises(UnableToSegregate) as refusal:
            self.write(**changes)

        assert refusal.value.code == code
