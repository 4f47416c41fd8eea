"""Stories that the tests of concessions share: a subsidized village, a program with its fund, who has what."""

from __future__ import annotations

import datetime

import billing_factories as billing
from hydria.agreements.models import ServiceAgreement
from hydria.concessions import operations
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.models import Fund, Grant, Program
from hydria.platform.access import SYSTEM, Actor
from hydria.premises.models import BillingCycle
from hydria.tariffs.operations import publish_version

YEAR = (datetime.date(2026, 1, 1), datetime.date(2027, 1, 1))
SUBSIDIZED = billing.TARIFF.replace(
    "charges:", '  concession_social: {values: ["true", "false"], default: "false"}\ncharges:', 1
).replace(
    "cases:",
    """  - charge: social_subsidy
    shape: percent
    percent: -50
    of: [water]
    only_if: concession_social
    text: {en: Social subsidy, es: Subsidio social}
    ledger: discount.social
    rank: 50
cases:""",
    1,
)


def subsidized_village() -> BillingCycle:
    """Set up the village of billing, whose tariff halves the water of those who have the social subsidy."""
    cycle = billing.village()
    publish_version(actor=SYSTEM, text=SUBSIDIZED, published_at=billing.NOW)
    return cycle


def fund(*, budget_minor: int | None = 1_000_000, code: str = "state") -> Fund:
    """Make a fund, with a budget for 2026 unless it is None."""
    made = operations.save_fund(actor=SYSTEM, code=code, name="State fund", provider="The state")
    if budget_minor is not None:
        operations.set_budget(
            actor=SYSTEM,
            fund_id=made.pk,
            from_date=YEAR[0],
            until_date=YEAR[1],
            budget_minor=budget_minor,
            reason="Decree 1-2026",
        )
    return made


def program(code: str = "social", *, rules: dict[str, tuple[int, int]] | None = None, **terms: object) -> Program:
    """Make a program for 2020 and after; further terms as `ProgramTerms` has them."""
    given: dict[str, object] = {
        "names": {"en": "Social subsidy", "es": "Subsidio social"},
        "kind": ProgramKind.SUBSIDY,
        "from_date": datetime.date(2020, 1, 1),
        **terms,
    }
    terms_of = operations.ProgramTerms(**given)  # type: ignore[arg-type]
    made = operations.save_program(actor=SYSTEM, code=code, terms=terms_of)
    if rules is not None:
        operations.set_rules(actor=SYSTEM, program_id=made.pk, rules=rules)
    return made


def granted(
    agreement: ServiceAgreement,
    *,
    from_date: datetime.date = YEAR[0],
    until_date: datetime.date = YEAR[1],
    code: str = "social",
    actor: Actor = SYSTEM,
) -> Grant:
    """Grant a program to an agreement for 2026, or other days."""
    return operations.grant(
        actor=actor,
        agreement_id=agreement.pk,
        program_code=code,
        from_date=from_date,
        until_date=until_date,
        evidence="Card 12-345",
        reason="Low income",
    )
