"""The roles that a new company starts with; administrators change them afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from hydria.platform.access import Permission as P

_SEES_CUSTOMERS = (P.REGISTER_VIEW, P.READING_VIEW, P.BILLING_VIEW, P.RECEIVABLE_VIEW, P.PAYMENT_VIEW, P.TARIFF_VIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTemplate:
    """A role as it is handed out; `amount_limit_major` is in the company's currency, None means no limit."""

    code: str
    name: str
    permissions: tuple[P, ...]
    amount_limit_major: int | None = None


ROLE_TEMPLATES = (
    RoleTemplate(
        code="agent",
        name=gettext_noop("Service agent"),
        permissions=(*_SEES_CUSTOMERS, P.REGISTER_EDIT, P.AGREEMENT_EDIT),
        amount_limit_major=0,
    ),
    RoleTemplate(
        code="cashier",
        name=gettext_noop("Cashier"),
        permissions=(P.REGISTER_VIEW, P.RECEIVABLE_VIEW, P.BILLING_VIEW, P.PAYMENT_VIEW, P.PAYMENT_TAKE),
        amount_limit_major=500_000,
    ),
    RoleTemplate(
        code="head_cashier",
        name=gettext_noop("Head cashier"),
        permissions=(
            *_SEES_CUSTOMERS, P.PAYMENT_TAKE, P.PAYMENT_REVERSE,
        ),
    ),
    RoleTemplate(
        code="reading_supervisor",
        name=gettext_noop("Reading supervisor"),
        permissions=(P.REGISTER_VIEW, P.READING_VIEW, P.READING_RECORD, P.READING_DECIDE, P.BILLING_VIEW, P.JOB_VIEW,
                     P.INTAKE_LOAD),
    ),
    RoleTemplate(
        code="billing_manager",
        name=gettext_noop("Billing manager"),
        permissions=(*_SEES_CUSTOMERS, P.BILLING_RUN, P.BILLING_CONFIRM, P.READING_DECIDE, P.JOB_VIEW, P.JOB_MANAGE,
                     P.INTAKE_LOAD),
    ),
    RoleTemplate(
        code="tariff_manager",
        name=gettext_noop("Tariff manager"),
        permissions=(P.TARIFF_VIEW, P.TARIFF_EDIT, P.BILLING_VIEW, P.REGISTER_VIEW),
    ),
    RoleTemplate(
        code="accountant",
        name=gettext_noop("Accountant"),
        permissions=(*_SEES_CUSTOMERS, P.LEDGER_VIEW, P.LEDGER_POST, P.LEDGER_CLOSE),
    ),
    RoleTemplate(
        code="manager",
        name=gettext_noop("Manager"),
        permissions=(*_SEES_CUSTOMERS, P.LEDGER_VIEW, P.TARIFF_PUBLISH, P.AUDIT_VIEW, P.JOB_VIEW),
    ),
    RoleTemplate(
        code="administrator",
        name=gettext_noop("Administrator"),
        permissions=tuple(P),
    ),
)
