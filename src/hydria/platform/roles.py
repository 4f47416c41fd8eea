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
    """
    A role as it is handed out.

    amount_limit_major  in the company's currency, None means no limit
    exemption           why the role may hold combinations that are toxic, "" if it holds none
    """

    code: str
    name: str
    permissions: tuple[Permission, ...]
    amount_limit_major: int | None = None
    exemption: str = ""


ROLE_TEMPLATES = (
    RoleTemplate(
        code="agent",
        name=gettext_noop("Service agent"),
        permissions=(
            *_SEES_CUSTOMERS,
            Permission.REGISTER_EDIT,
            Permission.AGREEMENT_EDIT,
            Permission.CONCESSION_GRANT,
            Permission.FEE_QUOTE,
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
        exemption=gettext_noop("Cash is given back from a till of one's own; every act is in the audit by name."),
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
            Permission.AGREEMENT_EDIT,
            Permission.BULK_ACT,
            Permission.CONCESSION_GRANT,
            Permission.CONCESSION_MANAGE,
            Permission.FEE_QUOTE,
            Permission.FEE_CANCEL,
            Permission.FEE_MANAGE,
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
        exemption=gettext_noop(
            "The first administrator does everything. Give the parts to different people, then end this."
        ),
    ),
)

TEMPLATE_NAMES = {template.code: template.name for template in ROLE_TEMPLATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationTemplate:
    """
    A rule of segregation as it is handed out: one of `permissions` with one of `conflicting` is toxic.

    is_active  whether it holds from the first day; the others wait for a company with enough people
    """

    code: str
    name: str
    permissions: tuple[Permission, ...]
    conflicting: tuple[Permission, ...]
    is_active: bool = True


COMBINATION_TEMPLATES = (
    CombinationTemplate(
        code="take_and_reverse",
        name=gettext_noop("Takes payments and reverses them"),
        permissions=(Permission.PAYMENT_TAKE,),
        conflicting=(Permission.PAYMENT_REVERSE,),
    ),
    CombinationTemplate(
        code="write_and_approve",
        name=gettext_noop("Writes tariffs and approves or publishes them"),
        permissions=(Permission.TARIFF_EDIT,),
        conflicting=(Permission.TARIFF_APPROVE, Permission.TARIFF_PUBLISH),
    ),
    CombinationTemplate(
        code="users_and_money",
        name=gettext_noop("Makes users and moves money"),
        permissions=(Permission.USER_MANAGE,),
        conflicting=(
            Permission.PAYMENT_TAKE,
            Permission.PAYMENT_REVERSE,
            Permission.CONCESSION_DISCOUNT,
            Permission.LEDGER_POST,
        ),
    ),
    CombinationTemplate(
        code="money_and_books",
        name=gettext_noop("Takes payments and writes the books"),
        permissions=(Permission.PAYMENT_TAKE,),
        conflicting=(Permission.LEDGER_POST, Permission.LEDGER_CLOSE),
    ),
    CombinationTemplate(
        code="run_and_confirm",
        name=gettext_noop("Starts billing runs and confirms them"),
        permissions=(Permission.BILLING_RUN,),
        conflicting=(Permission.BILLING_CONFIRM,),
        is_active=False,
    ),
    CombinationTemplate(
        code="post_and_close",
        name=gettext_noop("Posts by hand and closes months"),
        permissions=(Permission.LEDGER_POST,),
        conflicting=(Permission.LEDGER_CLOSE,),
        is_active=False,
    ),
    CombinationTemplate(
        code="grant_and_manage",
        name=gettext_noop("Manages funds and grants from them"),
        permissions=(Permission.CONCESSION_MANAGE,),
        conflicting=(Permission.CONCESSION_GRANT,),
        is_active=False,
    ),
)

COMBINATION_NAMES = {template.code: template.name for template in COMBINATION_TEMPLATES}
