"""The demo company's concessions: programs, the fund of the state, who has what, two discounts at the till."""

from __future__ import annotations

import datetime

from hydria.agreements.models import ServiceAgreement
from hydria.concessions import operations as concessions
from hydria.concessions import queries
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.models import Grant
from hydria.concessions.operations import ProgramTerms
from hydria.demo.domain.town import HOUSEHOLD
from hydria.kernel.periods import add_months
from hydria.platform.access import SYSTEM, Actor
from hydria.platform.bulk import copy_columns
from hydria.platform.transactions import in_transaction
from hydria.receivables import queries as receivables

SOCIAL, PENSIONERS, AMNESTY, GOODWILL = "social", "mayores", "amnistia", "cortesia"
POOR_EVERY, PENSIONERS_EVERY = 20, 33
"""Every so-many-th household has the program: 5 and 3 percent."""
TAKEN_PERCENT = 87
PLENTY_MINOR = 10**12
_FIRST_DEBTOR, _LAST_DEBTOR = 60, 400
"""Among which agreements the discounts find their debts; the first ones stay as plain as they are."""


def open_programs(*, manager: Actor, first_date: datetime.date, today: datetime.date) -> None:
    """Make the programs and the fund, with more than enough in it until the end of this year."""
    fund = concessions.save_fund(actor=manager, code="estado", name="Fondo social del Estado", provider="El Estado")
    for year in range(first_date.year, today.year + 1):
        _set_budget(manager, fund.pk, year=year, budget_minor=PLENTY_MINOR)
    names = {
        SOCIAL: {"es": "Subsidio social", "en": "Social subsidy", "el": "Κοινωνική επιδότηση"},
        PENSIONERS: {"es": "Descuento a envejecientes", "en": "Pensioners' discount", "el": "Έκπτωση συνταξιούχων"},
        AMNESTY: {"es": "Póngase al día", "en": "Pay this month", "el": "Πληρώστε αυτόν τον μήνα"},
        GOODWILL: {"es": "Cortesía", "en": "Goodwill", "el": "Χειρονομία καλής θέλησης"},
    }
    month = today.replace(day=1)
    terms = {
        SOCIAL: {"kind": ProgramKind.SUBSIDY, "fund_code": "estado", "evidence": "Carné SIUBEN", "months_max": 24},
        PENSIONERS: {"kind": ProgramKind.DISCOUNT, "evidence": "Cédula, 65 años o más", "months_max": 60},
        AMNESTY: {"kind": ProgramKind.CAMPAIGN, "percent_milli": 10_000, "discount_max_minor": 500_000},
        GOODWILL: {"kind": ProgramKind.DISCOUNT, "discount_max_minor": 20_000},
    }
    ends = {AMNESTY: (month, add_months(month, 1))}
    for code, named in names.items():
        from_date, until_date = ends.get(code, (first_date, None))
        own = ProgramTerms(names=named, from_date=from_date, until_date=until_date, **terms[code])  # type: ignore[arg-type]
        concessions.save_program(actor=manager, code=code, terms=own)


@in_transaction
def write_grants(*, first_date: datetime.date, today: datetime.date) -> None:
    """Give the programs to some households for two years, in one set; two end soon, and one has just ended unsaid."""
    households = ServiceAgreement.objects.filter(
        terms__category__code=HOUSEHOLD, valid_during__contains=first_date, valid_during__endswith=None
    ).order_by("id")
    far_date = add_months(first_date, 24)
    soon = {1: add_months(today, 1), 2: today + datetime.timedelta(days=12), 3: today.replace(day=1)}
    program_ids = {program.code: program.program_id for program in queries.list_program_cards()}
    rows = []
    for place, agreement_id in enumerate(households.values_list("id", flat=True)):
        if place % POOR_EVERY == 7:
            until_date = soon.get(place // POOR_EVERY, far_date)
            rows.append((agreement_id, program_ids[SOCIAL], until_date, f"Carné {20_000 + place}"))
        if place % PENSIONERS_EVERY == 11:
            rows.append((agreement_id, program_ids[PENSIONERS], far_date, f"Cédula vista, acta {place}"))
    if not rows:
        return
    agreement_ids, programs, until_dates, evidence = zip(*rows, strict=True)
    during = [f"[{first_date},{until_date})" for until_date in until_dates]
    copy_columns(
        Grant,
        {
            "agreement_id": agreement_ids,
            "program_id": programs,
            "granted_during": during,
            "valid_during": during,
            "evidence": evidence,
            "evidence_sha256": [""] * len(rows),
            "reason": ["Solicitud del titular"] * len(rows),
            "granted_by": ["facturacion"] * len(rows),
        },
    )


def look_back(*, manager: Actor, cashier: Actor, now: datetime.datetime, today: datetime.date) -> None:
    """Cut the budgets to little more than what was used, and give two discounts on old debts."""
    (fund,) = [card for card in queries.list_fund_cards(actor=SYSTEM, on_date=today) if card.code == "estado"]
    for budget in queries.list_budget_cards(actor=SYSTEM, fund_id=fund.fund_id):
        if budget.start_date is not None and (used_minor := budget.standing.used_minor):
            left_minor = used_minor * 100 // TAKEN_PERCENT
            _set_budget(manager, fund.fund_id, year=budget.start_date.year, budget_minor=left_minor)
    reasons = {AMNESTY: (None, "Campaña del mes"), GOODWILL: (5_000, "Corte sin aviso")}
    accounts = ServiceAgreement.objects.order_by("id").values_list("account_id", flat=True)[_FIRST_DEBTOR:_LAST_DEBTOR]
    balances = receivables.get_balances(account_ids=list(accounts), today=today)
    debtors = sorted(account_id for account_id, balance in balances.items() if balance.overdue_minor)
    for account_id, (code, (amount_minor, reason)) in zip(debtors, reasons.items(), strict=False):
        debts = receivables.list_open_items(account_id=account_id, today=today)
        concessions.give_discount(
            actor=cashier,
            account_id=account_id,
            program_code=code,
            item_ids=[debt.item_id for debt in debts],
            amount_minor=amount_minor,
            reason=reason,
            key=f"demo-{code}",
            given_at=now,
            effective_date=today,
        )


def _set_budget(manager: Actor, fund_id: int, *, year: int, budget_minor: int) -> None:
    concessions.set_budget(
        actor=manager,
        fund_id=fund_id,
        from_date=datetime.date(year, 1, 1),
        until_date=datetime.date(year + 1, 1, 1),
        budget_minor=budget_minor,
        reason="Ley de presupuesto",
    )
