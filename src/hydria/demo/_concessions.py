"""The demo company's concessions: programs, the fund of the state, who has what, two discounts at the till."""

from __future__ import annotations

import datetime

from hydria.agreements.models import ServiceAgreement
from hydria.concessions import operations as concessions
from hydria.concessions import queries
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.operations import ProgramTerms
from hydria.demo.domain.town import HOUSEHOLD
from hydria.kernel.periods import add_months
from hydria.platform.access import SYSTEM, Actor
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


def grant_programs(*, manager: Actor, first_date: datetime.date, today: datetime.date) -> None:
    """Grant the programs to some households for two years; two end soon, and one has just ended unsaid."""
    households = ServiceAgreement.objects.filter(
        terms__category__code=HOUSEHOLD, valid_during__contains=first_date, valid_during__endswith=None
    ).order_by("id")
    last_date, far_date = today.replace(day=1), add_months(first_date, 24)
    soon = {1: add_months(today, 1), 2: today + datetime.timedelta(days=12), 3: last_date}
    for place, agreement_id in enumerate(households.values_list("id", flat=True)):
        wanted = [
            (SOCIAL, place % POOR_EVERY == 7, place // POOR_EVERY),
            (PENSIONERS, place % PENSIONERS_EVERY == 11, 0),
        ]
        for code, has_it, number in wanted:
            if has_it:
                concessions.grant(
                    actor=manager,
                    agreement_id=agreement_id,
                    program_code=code,
                    from_date=first_date,
                    until_date=soon.get(number, far_date),
                    evidence=f"Carné {20_000 + place}" if code == SOCIAL else f"Cédula vista, acta {place}",
                    reason="Solicitud del titular",
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
