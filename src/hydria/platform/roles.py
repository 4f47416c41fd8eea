"""The roles that a new company starts with; administrators change them afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from hydria.platform.access import Permission

_SEES_CUSTOMERS = (
    Permission.REGISTER_VIEW,
    Permission.READING_VIEW,
    Permission.BILLING_VIEW,
    Permission.RECEIVABLE_VIEW,
    Permission.PAYMENT_VIEW,
    Permission.TARIFF_VIEW,
    Permission.CONCESSION_VIEW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTemplate:
    """A role as it is handed out; `amount_limit_major` is in the company's currency, None means no limit."""

    code: str
    name: str
    permissions: tuple[Permission, ...]
    amount_limit_major: int | None = None


ROLE_TEMPLATES = (
    RoleTemplate(
        code="agent",
        name=gettext_noop("Service agent"),
        permissions=(
            *_SEES_CUSTOMERS,
            Permission.REGISTER_EDIT,
            Permission.AGREEMENT_EDIT,
            Permission.CONCESSION_GRANT,
        ),
        amount_limit_major=0,
    ),
    RoleTemplate(
        code="cashier",
        name=gettext_noop("Cashier"),
        permissions=(
            Permission.REGISTER_VIEW,
            Permission.RECEIVABLE_VIEW,
            Permission.BILLING_VIEW,
            Permission.PAYMENT_VIEW,
            Permission.PAYMENT_TAKE,
            Permission.CONCESSION_VIEW,
            Permission.CONCESSION_DISCOUNT,
        ),
        amount_limit_major=500_000,
    ),
    RoleTemplate(
        code="head_cashier",
        name=gettext_noop("Head cashier"),
        permissions=(
            *_SEES_CUSTOMERS,
            Permission.PAYMENT_TAKE,
            Permission.PAYMENT_REVERSE,
            Permission.CONCESSION_DISCOUNT,
        ),
    ),
    RoleTemplate(
        code="reading_supervisor",
        name=gettext_noop("Reading supervisor"),
        permissions=(
            Permission.REGISTER_VIEW,
            Permission.READING_VIEW,
            Permission.READING_RECORD,
            Permission.READING_DECIDE,
            Permission.BILLING_VIEW,
            Permission.JOB_VIEW,
            Permission.INTAKE_LOAD,
        ),
    ),
    RoleTemplate(
        code="billing_manager",
        name=gettext_noop("Billing manager"),
        permissions=(
            *_SEES_CUSTOMERS,
            Permission.BILLING_RUN,
            Permission.BILLING_CONFIRM,
            Permission.CONCESSION_GRANT,
            Permission.CONCESSION_MANAGE,
            Permission.READING_DECIDE,
            Permission.JOB_VIEW,
            Permission.JOB_MANAGE,
            Permission.INTAKE_LOAD,
        ),
    ),
    RoleTemplate(
        code="tariff_manager",
        name=gettext_noop("Tariff manager"),
        permissions=(
            Permission.TARIFF_VIEW,
            Permission.TARIFF_EDIT,
            Permission.TARIFF_SIMULATE,
            Permission.BILLING_VIEW,
            Permission.REGISTER_VIEW,
        ),
    ),
    RoleTemplate(
        code="accountant",
        name=gettext_noop("Accountant"),
        permissions=(*_SEES_CUSTOMERS, Permission.LEDGER_VIEW, Permission.LEDGER_POST, Permission.LEDGER_CLOSE),
    ),
    RoleTemplate(
        code="manager",
        name=gettext_noop("Manager"),
        permissions=(
            *_SEES_CUSTOMERS,
            Permission.LEDGER_VIEW,
            Permission.TARIFF_SIMULATE,
            Permission.TARIFF_APPROVE,
            Permission.TARIFF_PUBLISH,
            Permission.AUDIT_VIEW,
            Permission.JOB_VIEW,
        ),
    ),
    RoleTemplate(
        code="administrator",
        name=gettext_noop("Administrator"),
        permissions=tuple(Permission),
    ),
)

TEMPLATE_NAMES = {template.code: template.name for template in ROLE_TEMPLATES}
