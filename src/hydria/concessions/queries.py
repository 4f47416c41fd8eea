"""Reads of concessions: programs, how funds stand, who has what, what ends soon, what was lost unsaid."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, DateField, Exists, Func, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from hydria.agreements import queries as agreements
from hydria.concessions.domain.funds import FundStanding
from hydria.concessions.domain.kinds import INPUT_PREFIX, EventKind
from hydria.concessions.models import (
    KIND_LABELS,
    Commitment,
    Discount,
    Enjoyment,
    Fund,
    FundBudget,
    Grant,
    GrantEvent,
    Program,
    Use,
)
from hydria.platform import queries as platform
from hydria.platform.access import Actor, Permission
from hydria.tariffs import queries as tariffs

WARNED_DAYS = 60
"""How long before its last day a concession appears among those that end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCard:
    """A program; `end_date` is the day after the last one, `discount_max_minor` None where the till may not give it."""

    program_id: int
    code: str
    name: str
    names: Mapping[str, str]
    kind: str
    kind_label: str
    fund_id: int | None
    fund_name: str
    start_date: datetime.date
    end_date: datetime.date | None
    evidence: str
    categories: tuple[str, ...]
    months_max: int
    percent_milli: int | None
    discount_max_minor: int | None
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundCard:
    """A fund and how the budget of a day stands; a fund without one has a budget of 0."""

    fund_id: int
    code: str
    name: str
    provider: str
    start_date: datetime.date | None
    end_date: datetime.date | None
    standing: FundStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCard:
    """A concession that an agreement was granted; `end_date` is the day after the last one that it counts."""

    grant_id: int
    agreement_id: int
    program_code: str
    program_name: str
    start_date: datetime.date
    granted_until: datetime.date
    end_date: datetime.date
    evidence: str
    reason: str
    granted_by: str
    warned_date: datetime.date | None
    end_reason: str
    state: str
    has_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCard:
    """A concession that an agreement was billed with and has no longer, without anybody having said so."""

    agreement_id: int
    program_code: str
    program_name: str
    until_date: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountCard:
    """A discount on the debts of an account, or its mirror."""

    discount_id: int
    code: str
    account_id: int
    program_name: str
    amount_minor: int
    effective_date: datetime.date
    reason: str
    given_by: str
    reverses_code: str
    is_reversed: bool


def name_of(names: Mapping[str, str]) -> str:
    """Return what a program is called in the reader's language, or in the first one that it has."""
    return names.get(str(get_language())[:2]) or next(iter(names.values()), "")


# Programs and funds


def list_programs(*, actor: Actor) -> QuerySet[Program]:
    """
    Return the programs, each with its fund and `granted_count`, the grants that it has made.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    return Program.objects.select_related("fund").annotate(
        granted_count=Count("grants"), start_date=_lower("valid_during"), end_date=_upper("valid_during")
    )


def get_program_card(*, actor: Actor, program_id: int) -> ProgramCard:
    """
    Return a program.

    :raises UnableToPermit: if the actor may not see concessions.
    :raises Program.DoesNotExist: if there is no such program.
    """
    return _program_card(list_programs(actor=actor).get(pk=program_id))


def list_program_cards(*, on_date: datetime.date | None = None) -> list[ProgramCard]:
    """Return the programs by code, or those of a day."""
    found = Program.objects.select_related("fund").order_by("code")
    return [_program_card(program) for program in (found.filter(valid_during__contains=on_date) if on_date else found)]


def is_asked_for(*, agreement_id: int, program_code: str, on_date: datetime.date) -> bool:
    """Tell whether the tariff of an agreement asks for a program; one that is not in force yet is not judged."""
    code = agreements.find_tariff_code(agreement_id=agreement_id, on_date=on_date)
    asked = tariffs.list_asked_inputs(code=code or "", on_date=on_date)
    return asked is None or INPUT_PREFIX + program_code in asked


def list_grantable(*, agreement_id: int, on_date: datetime.date) -> list[ProgramCard]:
    """Return the programs of a day that may be granted to an agreement, by code."""
    return [
        program
        for program in list_program_cards(on_date=on_date)
        if not program.categories
        and is_asked_for(agreement_id=agreement_id, program_code=program.code, on_date=on_date)
    ]


def list_role_rules(*, program_id: int) -> list[tuple[str, int, int]]:
    """Return the rules of a program for single roles: role code, months at most, discount at most."""
    rules = Program.objects.get(pk=program_id).rules.order_by("role_code")
    return list(rules.values_list("role_code", "months_max", "discount_max_minor"))


def limits_of(*, actor: Actor, program: Program) -> tuple[int, int]:
    """
    Return for how many months, and up to which discount, an actor may grant a program.

    The most generous of the rules for the actor's roles counts; roles without a rule have the program's own limits,
    and so have programs with a key and the system.
    """
    own = program.months_max, program.discount_max_minor or 0
    codes = set()
    if actor.user_id is not None:
        codes = {role.code for role in platform.list_users().get(pk=actor.user_id).roles.all()}
    rules = {rule.role_code: (rule.months_max, rule.discount_max_minor) for rule in program.rules.all()}
    limits = [rules.get(code, own) for code in codes] or [own]
    return max(months for months, _minor in limits), max(minor for _months, minor in limits)


def list_fund_cards(*, actor: Actor, on_date: datetime.date) -> list[FundCard]:
    """
    Return the funds by name, each with the budget of a day.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    return [_fund_card(fund, on_date) for fund in Fund.objects.order_by("name")]


def get_fund_card(*, actor: Actor, fund_id: int, on_date: datetime.date) -> FundCard:
    """
    Return a fund with the budget of a day.

    :raises UnableToPermit: if the actor may not see concessions.
    :raises Fund.DoesNotExist: if there is no such fund.
    """
    actor.require(Permission.CONCESSION_VIEW)
    return _fund_card(Fund.objects.get(pk=fund_id), on_date)


def list_budget_cards(*, actor: Actor, fund_id: int) -> list[FundCard]:
    """
    Return a fund once for each budget, newest first.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    fund = Fund.objects.get(pk=fund_id)
    return [_fund_card(fund, budget.valid_during.lower) for budget in fund.budgets.order_by("-valid_during")]


def list_fund_names() -> list[tuple[str, str]]:
    """Return the funds by name: code and name."""
    return list(Fund.objects.order_by("name").values_list("code", "name"))


def find_fund_code(*, fund_id: int | None) -> str:
    """Return the code of a fund; empty where the company pays."""
    return Fund.objects.get(pk=fund_id).code if fund_id is not None else ""


def list_uses(*, actor: Actor, fund_id: int | None = None, program_id: int | None = None) -> QuerySet[Use]:
    """
    Return what documents took, of a fund or of a program.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    wanted = {name: value for name, value in (("fund", fund_id), ("program", program_id)) if value is not None}
    return Use.objects.filter(**wanted).select_related("program")


def stand(*, fund_id: int, on_date: datetime.date, but_run_id: int | None = None) -> FundStanding:
    """
    Return how the budget of a fund for a day stands.

    but_run_id  a run whose own commitment does not count, because it is about to be made anew
    """
    budget = FundBudget.objects.filter(fund=fund_id, valid_during__contains=on_date).first()
    if budget is None:
        return FundStanding(budget_minor=0)
    days = Q(fund=fund_id, on_date__gte=budget.valid_during.lower, on_date__lt=budget.valid_during.upper)
    return FundStanding(
        budget_minor=budget.budget_minor,
        used_minor=_sum_minor(Use.objects.filter(days)),
        committed_minor=_sum_minor(Commitment.objects.filter(days).exclude(run_id=but_run_id or 0)),
    )


# Who has what


def list_grants(*, actor: Actor, today: datetime.date) -> QuerySet[Grant]:
    """
    Return the grants with agreement, account and program, each with its days, `warned_at` and `holder_name`.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    events = GrantEvent.objects.filter(grant=OuterRef("pk"))
    holder_name = agreements.holder_name_of("agreement__account", on_date=today)
    return Grant.objects.select_related("agreement__account", "agreement__service_point__premise", "program").annotate(
        start_date=_lower("granted_during"),
        granted_until=_upper("granted_during"),
        end_date=Coalesce(_upper("valid_during"), _lower("granted_during")),
        warned_at=Subquery(events.filter(kind=EventKind.WARNED).order_by("id").values("recorded_at")[:1]),
        end_reason=Coalesce(Subquery(events.filter(kind=EventKind.ENDED).values("reason")[:1]), Value("")),
        holder_name=Coalesce(holder_name, Value("")),
    )


def list_ending(*, actor: Actor, today: datetime.date, days: int = WARNED_DAYS) -> QuerySet[Grant]:
    """
    Return the grants of running agreements whose last day is near, and that are not renewed.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    renewed = Grant.objects.filter(
        agreement=OuterRef("agreement"),
        program=OuterRef("program"),
        valid_during__fully_gt=OuterRef("granted_during"),
    )
    return list_grants(actor=actor, today=today).filter(
        ~Exists(renewed),
        ~Exists(GrantEvent.objects.filter(grant=OuterRef("pk"), kind=EventKind.ENDED)),
        agreement__valid_during__contains=today,
        valid_during__endswith__gt=today,
        valid_during__endswith__lte=today + datetime.timedelta(days=days),
    )


def get_grant_cards(*, actor: Actor, agreement_ids: Sequence[int], today: datetime.date) -> list[GrantCard]:
    """
    Return the concessions that agreements were granted, newest first.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    found = list_grants(actor=actor, today=today).filter(agreement__in=list(agreement_ids))
    return [grant_card(grant, today=today) for grant in found.order_by("-granted_during", "-id")]


def get_evidence_hash(*, actor: Actor, grant_id: int) -> str:
    """
    Return the hash under which a concession's evidence is kept; "" where there is no file.

    :raises UnableToPermit: if the actor may not see concessions.
    :raises Grant.DoesNotExist: if there is no such concession.
    """
    actor.require(Permission.CONCESSION_VIEW)
    return Grant.objects.get(pk=grant_id).evidence_sha256


def grant_card(grant: Any, *, today: datetime.date) -> GrantCard:
    """Return the card of a row of `list_grants`."""
    return GrantCard(
        grant_id=grant.pk,
        agreement_id=grant.agreement_id,
        program_code=grant.program.code,
        program_name=name_of(grant.program.names),
        start_date=grant.start_date,
        granted_until=grant.granted_until,
        end_date=grant.end_date,
        evidence=grant.evidence,
        reason=grant.reason,
        granted_by=grant.granted_by,
        warned_date=grant.warned_at.date() if grant.warned_at else None,
        end_reason=grant.end_reason,
        state=grant_state(grant, today=today),
        has_file=bool(grant.evidence_sha256),
    )


def grant_state(grant: Any, *, today: datetime.date) -> str:
    """Return `TODO` before its first day, `ACTIVE`, `EXPIRING` in its last 60 days, or `ENDED`."""
    if grant.end_date <= today:
        return "ENDED"
    if grant.start_date > today:
        return "TODO"
    return "EXPIRING" if grant.end_date <= today + datetime.timedelta(days=WARNED_DAYS) else "ACTIVE"


def list_losses(*, actor: Actor, on_date: datetime.date) -> QuerySet[Enjoyment]:
    """
    Return the concessions of running agreements that are gone on a day without an event.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    actor.require(Permission.CONCESSION_VIEW)
    grants = Grant.objects.filter(agreement=OuterRef("agreement"), program=OuterRef("program"))
    of_category = Program.objects.filter(
        pk=OuterRef("program"), valid_during__contains=on_date, categories__contains=[OuterRef("category")]
    )
    category = agreements.category_code_of("agreement", on_date=on_date)
    return (
        _unsaid(on_date)
        .annotate(category=category, holder_name=agreements.holder_name_of("agreement__account", on_date=on_date))
        .filter(
            ~Exists(grants.filter(valid_during__contains=on_date, program__valid_during__contains=on_date)),
            ~Exists(of_category),
            agreement__valid_during__contains=on_date,
        )
        .select_related("agreement__account", "program")
    )


def list_loss_cards(*, actor: Actor, agreement_ids: Sequence[int], on_date: datetime.date) -> list[LossCard]:
    """
    Return what agreements have lost without an event.

    :raises UnableToPermit: if the actor may not see concessions.
    """
    return [
        LossCard(
            agreement_id=loss.agreement_id,
            program_code=loss.program.code,
            program_name=name_of(loss.program.names),
            until_date=loss.until_date,
        )
        for loss in list_losses(actor=actor, on_date=on_date).filter(agreement__in=list(agreement_ids))
    ]


def list_discounts(*, actor: Actor, account_id: int) -> list[DiscountCard]:
    """
    Return the discounts on the debts of an account, newest first.

    :raises UnableToPermit: if the actor may not see what accounts owe.
    """
    actor.require(Permission.RECEIVABLE_VIEW)
    found = Discount.objects.filter(account=account_id).select_related("program", "reverses", "reversed_by")
    return [_discount_card(discount) for discount in found.order_by("-given_at", "-id")]


def get_discount_card(*, actor: Actor, discount_id: int) -> DiscountCard:
    """
    Return a discount.

    :raises UnableToPermit: if the actor may not see what accounts owe.
    :raises Discount.DoesNotExist: if there is no such discount.
    """
    actor.require(Permission.RECEIVABLE_VIEW)
    return _discount_card(Discount.objects.select_related("program", "reverses", "reversed_by").get(pk=discount_id))


# What billing asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Enjoyed:
    """Say up to which day, exclusive, an agreement was last billed with a concession."""

    agreement_id: int
    code: str
    until_date: datetime.date


def list_codes_in_force(
    *, agreement_ids: Sequence[int], on_dates: Sequence[datetime.date], categories: Sequence[str | None]
) -> list[frozenset[str]]:
    """
    Return the codes of the programs that each agreement has on its day, granted or by its category.

    The three sequences have one value per row of a run; cost grows with the rows that have a concession.
    """
    programs = {program.pk: program for program in Program.objects.all()}
    if not programs or not agreement_ids:
        return [frozenset()] * len(agreement_ids)
    granted = _granted(agreement_ids, first_date=min(on_dates), last_date=max(on_dates))
    by_category: dict[str | None, list[Program]] = {}
    for program in programs.values():
        for code in program.categories:
            by_category.setdefault(code, []).append(program)
    nothing: frozenset[str] = frozenset()
    found = []
    for agreement_id, day, category in zip(agreement_ids, on_dates, categories, strict=True):
        own, given = granted.get(agreement_id), by_category.get(category)
        if own is None and given is None:
            found.append(nothing)
            continue
        having = [programs[program_id] for program_id, valid_during in own or () if day in valid_during]
        found.append(frozenset(program.code for program in [*having, *(given or ())] if day in program.valid_during))
    return found


def list_enjoyed(*, agreement_ids: Sequence[int]) -> list[Enjoyed]:
    """Return what agreements were last billed with, in a stable order."""
    if not Enjoyment.objects.exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT enjoyed.agreement_id, program.code, enjoyed.until_date FROM concessions_enjoyment enjoyed"
            " JOIN concessions_program program ON program.id = enjoyed.program_id"
            " WHERE enjoyed.agreement_id = ANY(%s) ORDER BY enjoyed.agreement_id, program.code",
            [list(agreement_ids)],
        )
        return [Enjoyed(agreement_id=row[0], code=row[1], until_date=row[2]) for row in cursor.fetchall()]


def list_unsaid(*, enjoyed: Iterable[Enjoyed], on_date: datetime.date) -> list[Enjoyed]:
    """Return those of the concessions enjoyed whose end, on a day, nobody has recorded or warned of."""
    wanted = list(enjoyed)
    found = _unsaid(on_date).filter(agreement_id__in=[row.agreement_id for row in wanted])
    unsaid = set(found.values_list("agreement_id", "program__code"))
    return [row for row in wanted if (row.agreement_id, row.code) in unsaid]


def list_program_codes() -> list[str]:
    """Return the codes of all programs, in order."""
    return list(Program.objects.order_by("code").values_list("code", flat=True))


def _unsaid(on_date: datetime.date) -> QuerySet[Enjoyment]:
    """
    Return what was enjoyed and whose latest grant has no event; what nobody granted has none either.

    That a program given by category ends on its own last day has been said by the program.
    """
    grants = Grant.objects.filter(agreement=OuterRef("agreement"), program=OuterRef("program"))
    latest = grants.order_by("-granted_during", "-id").values("id")[:1]
    return Enjoyment.objects.annotate(latest_grant_id=Subquery(latest)).filter(
        ~Exists(GrantEvent.objects.filter(grant=OuterRef("latest_grant_id"))),
        Q(program__categories__len=0)
        | Q(program__valid_during__endswith=None)
        | Q(program__valid_during__endswith__gt=on_date),
    )


def _granted(
    agreement_ids: Sequence[int], *, first_date: datetime.date, last_date: datetime.date
) -> dict[int, list[tuple[int, Any]]]:
    """Return the grants of agreements on some of the days, by agreement: program and days."""
    granted: dict[int, list[tuple[int, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT agreement_id, program_id, valid_during FROM concessions_grant"
            " WHERE agreement_id = ANY(%s) AND valid_during && daterange(%s, %s, '[]') ORDER BY id",
            [list(agreement_ids), first_date, last_date],
        )
        for agreement_id, program_id, valid_during in cursor.fetchall():
            granted.setdefault(agreement_id, []).append((program_id, valid_during))
    return granted


def _program_card(program: Program) -> ProgramCard:
    return ProgramCard(
        program_id=program.pk,
        code=program.code,
        name=name_of(program.names),
        names=dict(program.names),
        kind=program.kind,
        kind_label=str(KIND_LABELS[program.kind]),
        fund_id=program.fund_id,
        fund_name=program.fund.name if program.fund else "",
        start_date=program.valid_during.lower,
        end_date=program.valid_during.upper,
        evidence=program.evidence,
        categories=tuple(program.categories),
        months_max=program.months_max,
        percent_milli=program.percent_milli,
        discount_max_minor=program.discount_max_minor,
        ranks=tuple(program.ranks),
    )


def _discount_card(discount: Discount) -> DiscountCard:
    return DiscountCard(
        discount_id=discount.pk,
        code=discount.code,
        account_id=discount.account_id,
        program_name=name_of(discount.program.names),
        amount_minor=discount.amount_minor,
        effective_date=discount.effective_date,
        reason=discount.reason,
        given_by=discount.given_by,
        reverses_code=discount.reverses.code if discount.reverses else "",
        is_reversed=getattr(discount, "reversed_by", None) is not None,
    )


def _fund_card(fund: Fund, on_date: datetime.date) -> FundCard:
    budget = fund.budgets.filter(valid_during__contains=on_date).first()
    return FundCard(
        fund_id=fund.pk,
        code=fund.code,
        name=fund.name,
        provider=fund.provider,
        start_date=budget.valid_during.lower if budget else None,
        end_date=budget.valid_during.upper if budget else None,
        standing=stand(fund_id=fund.pk, on_date=on_date),
    )


def _sum_minor(rows: QuerySet[Any]) -> int:
    return int(rows.aggregate(total=Coalesce(Sum("amount_minor"), 0))["total"])


def _lower(field: str) -> Func:
    return Func(field, function="lower", output_field=DateField())


def _upper(field: str) -> Func:
    return Func(field, function="upper", output_field=DateField())
