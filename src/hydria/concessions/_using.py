"""What billing tells funds: what a draft would take, what a confirmed run took, who was billed with a concession."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from hydria.concessions import queries
from hydria.concessions.domain.kinds import UseKind
from hydria.concessions.models import Commitment, Fund, Program, Use
from hydria.platform.transactions import in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFund:
    """A fund that nobody else takes from until the transaction ends: what is left of it, and for which programs."""

    code: str
    left_minor: int
    programs: frozenset[str]


@in_transaction
def lock_standings(
    *, program_codes: Collection[str], on_date: datetime.date, but_run_id: int | None = None
) -> list[LockedFund]:
    """
    Lock the funds that pay for programs, lowest id first, and return how they stand.

    but_run_id  a run whose own commitment does not count, because it is about to be made anew

    Source: docs/safety/locking.md.
    """
    funds = Fund.objects.select_for_update().filter(programs__code__in=list(program_codes)).order_by("id")
    found = {fund.pk: fund for fund in funds}
    return [
        LockedFund(
            code=fund.code,
            left_minor=queries.stand(fund_id=fund.pk, on_date=on_date, but_run_id=but_run_id).left_minor,
            programs=frozenset(fund.programs.values_list("code", flat=True)),
        )
        for fund in found.values()
    ]


@in_transaction
def commit_use(*, run_id: int, on_date: datetime.date, amounts_minor: Mapping[str, int]) -> None:
    """
    Record what the drafts of a run would take, in place of what was recorded of it before.

    amounts_minor  by program code
    """
    release_use(run_id=run_id)
    programs = Program.objects.filter(code__in=list(amounts_minor)).order_by("id")
    Commitment.objects.bulk_create(
        Commitment(
            run_id=run_id,
            program=program,
            fund_id=program.fund_id,
            on_date=on_date,
            amount_minor=amounts_minor[program.code],
        )
        for program in programs
        if amounts_minor[program.code]
    )


@in_transaction
def release_use(*, run_id: int) -> None:
    """Forget what the drafts of a run would have taken."""
    Commitment.objects.filter(run_id=run_id).delete()


@in_transaction
def post_use(*, run_id: int) -> int:
    """Turn what a run has committed into what it used, and return the sum in minor units."""
    committed = list(Commitment.objects.filter(run_id=run_id).order_by("program_id"))
    Use.objects.bulk_create(
        Use(
            source_kind=UseKind.RUN,
            source_id=run_id,
            program_id=commitment.program_id,
            fund_id=commitment.fund_id,
            on_date=commitment.on_date,
            amount_minor=commitment.amount_minor,
        )
        for commitment in committed
    )
    release_use(run_id=run_id)
    return sum(commitment.amount_minor for commitment in committed)


@in_transaction
def record_enjoyed_from_query(*, select: str, parameters: Sequence[Any] = ()) -> int:
    """
    Record up to which day agreements were billed with a concession, by a query; return how many rows it had.

    select  SQL whose columns are, by position: agreement_id, program code, the day after the last one billed
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO concessions_enjoyment (agreement_id, program_id, until_date)"
            " SELECT billed.agreement_id, program.id, max(billed.until_date)"
            f" FROM ({select}) AS billed (agreement_id, code, until_date)"  # a context's own SQL, never a user's
            " JOIN concessions_program program ON program.code = billed.code"
            " GROUP BY billed.agreement_id, program.id"
            " ON CONFLICT (agreement_id, program_id)"
            " DO UPDATE SET until_date = greatest(concessions_enjoyment.until_date, excluded.until_date)",
            list(parameters),
        )
        return int(cursor.rowcount)
