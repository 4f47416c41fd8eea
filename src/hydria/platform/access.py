"""Who acts and what they may do. Every operation and every `access_*` query takes an `Actor` and asks it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from hydria.kernel.errors import UnableTo


class Permission(StrEnum):
    """Name every act that a role can be given; doors and operations ask for these words."""

    REGISTER_VIEW = "register.view"
    REGISTER_EDIT = "register.edit"
    AGREEMENT_EDIT = "agreement.edit"
    INTAKE_LOAD = "intake.load"
    READING_VIEW = "reading.view"
    READING_RECORD = "reading.record"
    READING_DECIDE = "reading.decide"
    TARIFF_VIEW = "tariff.view"
    TARIFF_EDIT = "tariff.edit"
    TARIFF_SIMULATE = "tariff.simulate"
    TARIFF_APPROVE = "tariff.approve"
    TARIFF_PUBLISH = "tariff.publish"
    CONCESSION_VIEW = "concession.view"
    CONCESSION_GRANT = "concession.grant"
    CONCESSION_DISCOUNT = "concession.discount"
    CONCESSION_MANAGE = "concession.manage"
    FEE_QUOTE = "fee.quote"
    FEE_CANCEL = "fee.cancel"
    FEE_MANAGE = "fee.manage"
    BILLING_VIEW = "billing.view"
    BILLING_RUN = "billing.run"
    BILLING_CONFIRM = "billing.confirm"
    RECEIVABLE_VIEW = "receivable.view"
    PAYMENT_VIEW = "payment.view"
    PAYMENT_TAKE = "payment.take"
    PAYMENT_REVERSE = "payment.reverse"
    LEDGER_VIEW = "ledger.view"
    LEDGER_POST = "ledger.post"
    LEDGER_CLOSE = "ledger.close"
    AUDIT_VIEW = "audit.view"
    USER_MANAGE = "user.manage"
    SETTING_MANAGE = "setting.manage"
    BULK_ACT = "bulk.act"
    JOB_VIEW = "job.view"
    JOB_MANAGE = "job.manage"
    API_MANAGE = "api.manage"


class UnableToPermit(UnableTo):
    """The actor lacks a permission, or the amount is above their limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Stand for whoever acts: a person at a screen, a program with a key, or the system itself.

    user_id             None for the system and for API keys
    name                what the audit shows
    permissions         what the actor may do
    amount_limit_minor  the largest amount of one act; None means no limit
    office_id           the office that the actor works for, None for all offices
    needs_second_factor whether a role of theirs asks for more than a password
    """

    name: str
    permissions: frozenset[Permission]
    user_id: int | None = None
    amount_limit_minor: int | None = None
    office_id: int | None = None
    needs_second_factor: bool = False

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor holds the permission."""
        return permission in self.permissions

    def covers(self, permissions: Collection[str], *, amount_limit_minor: int | None) -> bool:
        """
        Tell whether such rights go nowhere beyond the actor's own, so that they are the actor's to give or take.

        permissions  codes; those that name no permission grant nothing and do not count
        """
        is_within_limit = self.amount_limit_minor is None or (
            amount_limit_minor is not None and amount_limit_minor <= self.amount_limit_minor
        )
        return is_within_limit and self.permissions.issuperset(set(Permission).intersection(permissions))

    def require(self, permission: Permission, *, amount_minor: int = 0) -> None:
        """
        Refuse unless the actor holds the permission and the amount is within their limit.

        :raises UnableToPermit: with code `permission_missing` or `amount_above_limit`.
        """
        if permission not in self.permissions:
            raise UnableToPermit(
                "permission_missing",
                f"You may not do this: it takes the permission {permission}.",
                permission=str(permission),
            )
        if self.amount_limit_minor is not None and abs(amount_minor) > self.amount_limit_minor:
            raise UnableToPermit(
                "amount_above_limit",
                "This amount is above your limit.",
                amount_minor=amount_minor,
                amount_limit_minor=self.amount_limit_minor,
            )


SYSTEM = Actor(name="system", permissions=frozenset(Permission))
"""The actor of scheduled work, of jobs that a person has already been permitted to start, and of set-up commands."""
