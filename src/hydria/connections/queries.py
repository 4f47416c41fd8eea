"""Reads of applications: by step, one with its road, and how its fees stand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from hydria.connections.domain.steps import OPEN, OPTIONAL, USUAL_DAYS, Step
from hydria.connections.models import Application, StepRule, StepWord
from hydria.customers import queries as customers
from hydria.customers.domain.procedures import Procedure
from hydria.customers.queries import RequiredDocument
from hydria.fees import queries as fees
from hydria.fees.domain.states import QuotationState
from hydria.fees.queries import QuotationCard
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.audit import Move, list_moves
from hydria.receivables import queries as receivables

OBJECT_KIND = "connection_application"
QUOTATIONS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCard:
    """How the company does a step."""

    step: Step
    label: str
    days_allowed: int
    is_used: bool
    fee_codes: tuple[str, ...]
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How many applications are at a step, and how many of them are late."""

    step: Step
    label: str
    count: int
    late_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeStanding:
    """
    How the fees of an application stand.

    open_count  quotations that are neither accepted nor cancelled
    owed_minor  what is left to pay on the account that was opened for it
    """

    quotations: tuple[QuotationCard, ...] = ()
    open_count: int = 0
    owed_minor: int = 0

    @property
    def is_settled(self) -> bool:
        """Tell whether the next step may begin."""
        return not self.open_count and not self.owed_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A paper that is asked for: whether it was seen, and the file that counts."""

    document: RequiredDocument
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage:
    """An application as its page shows it."""

    application_id: int
    code: str
    party_id: int
    party_name: str
    party_number: str
    service_point_id: int | None
    address: str
    city: str
    cadastral_code: str
    service_code: str
    category_code: str
    unit_count: int
    wished_date: datetime.date | None
    step: Step
    step_label: str
    due_date: datetime.date | None
    is_late: bool
    feasibility: str
    documents_missing: tuple[str, ...]
    assigned_to: str
    account_id: int | None
    account_number: str
    agreement_id: int | None
    reason: str
    opened_by: str
    opened_at: datetime.datetime
    documents: tuple[DocumentRow, ...]
    fees: FeeStanding
    moves: tuple[Move, ...]
    road: tuple[StepCard, ...]

    @property
    def is_open(self) -> bool:
        """Tell whether something is left to be done."""
        return self.step in OPEN


def list_step_rules() -> dict[Step, StepCard]:
    """Return how each step of the road is done, the last one apart; the usual days where nothing was set."""
    known = {rule.step: rule for rule in StepRule.objects.all()}
    cards = {}
    for step in OPEN:
        rule = known.get(step)
        cards[step] = StepCard(
            step=step,
            label=str(StepWord(step).label),
            days_allowed=rule.days_allowed if rule else USUAL_DAYS[step],
            is_used=rule.is_used if rule else True,
            fee_codes=tuple(rule.fee_codes) if rule else (),
            is_optional=step in OPTIONAL,
        )
    return cards


def steps_left_out(rules: Mapping[Step, StepCard]) -> list[Step]:
    """Return the steps that the company does without."""
    return [card.step for card in rules.values() if not card.is_used]


def list_applications(*, actor: Actor) -> QuerySet[Application]:
    """
    Return the applications with their applicants.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Application.objects.select_related("party", "account")


def count_by_step(*, actor: Actor, today: datetime.date) -> list[StepCount]:
    """
    Count the open applications at each step.

    :raises UnableToPermit: if the actor may not see the register.
    """
    found = list_applications(actor=actor).filter(step__in=OPEN).values("step")
    late = Count("id", filter=Q(due_date__lt=today))
    counts = {row["step"]: row for row in found.annotate(count=Count("id"), late=late).order_by()}
    return [
        StepCount(
            step=step,
            label=str(StepWord(step).label),
            count=counts[step]["count"] if step in counts else 0,
            late_count=counts[step]["late"] if step in counts else 0,
        )
        for step in OPEN
    ]


def count_open(*, actor: Actor) -> int:
    """
    Count the applications that are not at their end.

    :raises UnableToPermit: if the actor may not see the register.
    """
    return list_applications(actor=actor).filter(step__in=OPEN).count()


def get_application_page(*, actor: Actor, application_id: int, today: datetime.date) -> ApplicationPage:
    """
    Return an application for its page.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Application.DoesNotExist: if there is no such application.
    """
    found = list_applications(actor=actor).get(pk=application_id)
    seen = set(found.documents.values_list("type_code", flat=True))
    required = customers.list_required_documents(procedure=Procedure.CONNECTION, party_id=found.party_id, today=today)
    return ApplicationPage(
        application_id=found.pk,
        code=found.code,
        party_id=found.party_id,
        party_name=found.party.name,
        party_number=found.party.number,
        service_point_id=found.service_point_id,
        address=found.address,
        city=found.city,
        cadastral_code=found.cadastral_code,
        service_code=found.service_code,
        category_code=found.category_code,
        unit_count=found.unit_count,
        wished_date=found.wished_date,
        step=Step(found.step),
        step_label=str(StepWord(found.step).label),
        due_date=found.due_date,
        is_late=found.due_date is not None and found.due_date < today,
        feasibility=found.feasibility,
        documents_missing=tuple(found.documents_missing),
        assigned_to=found.assigned_to,
        account_id=found.account_id,
        account_number=found.account.number if found.account else "",
        agreement_id=found.agreement_id,
        reason=found.reason,
        opened_by=found.opened_by,
        opened_at=found.opened_at,
        documents=tuple(DocumentRow(document=document, is_seen=document.code in seen) for document in required),
        fees=get_fee_standing(application=found, today=today),
        moves=tuple(list_moves(object_kind=OBJECT_KIND, object_id=found.pk)),
        road=tuple(card for card in list_step_rules().values() if card.is_used or card.step == found.step),
    )


def get_fee_standing(*, application: Application, today: datetime.date) -> FeeStanding:
    """Return how the fees of an application stand."""
    if application.account_id is None:
        return FeeStanding()
    cards = fees.list_cards_of_account(actor=SYSTEM, account_id=application.account_id, count_max=QUOTATIONS_MAX)
    return FeeStanding(
        quotations=tuple(cards),
        open_count=sum(card.is_open(today) for card in cards),
        owed_minor=receivables.get_balance(account_id=application.account_id, today=today).owed_minor,
    )


def list_waiting_quotations(*, application: Application) -> list[int]:
    """Return the quotations of an application that nobody has accepted or cancelled."""
    if application.account_id is None:
        return []
    cards = fees.list_cards_of_account(actor=SYSTEM, account_id=application.account_id, count_max=QUOTATIONS_MAX)
    return [card.quotation_id for card in cards if card.state is QuotationState.QUOTED]


def find_application_of_account(*, account_id: int) -> tuple[int, str, datetime.datetime] | None:
    """Return the application that an account came of: id, code, and when it was opened."""
    found = Application.objects.filter(Q(account=account_id) | Q(agreement__account=account_id)).first()
    return (found.pk, found.code, found.opened_at) if found else None
