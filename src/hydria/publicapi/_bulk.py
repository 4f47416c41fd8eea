"""
Many rows in one request: each has its own outcome, written in the transaction of its effect.

So a request that dies in the middle, and is sent again under its key, goes on after the last row that counts: no row
acts twice, whatever it does. Memory holds one chunk.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor
from hydria.platform.transactions import composing, in_transaction
from hydria.publicapi.models import BulkRow, RepeatableRequest

Outcome = dict[str, Any]
ROWS_SHOWN_AT_ONCE = 1_000


class UnableToActOnRow(UnableTo):
    """The row is not as described."""


class UnableToGoOn(UnableTo):
    """Somebody else goes on with the request."""


def act_on_chunk(
    *,
    actor: Actor,
    request: RepeatableRequest,
    first_row: int,
    lines: Sequence[bytes],
    act: Callable[[int, Sequence[bytes]], list[Outcome]],
    now: datetime.datetime,
) -> list[Outcome]:
    """
    Act on some rows in one transaction, and write down what became of each.

    act  gets the number of the first row and the rows; returns an outcome for each (`each` acts one by one)

    :raises UnableToGoOn: with code `request_running`.
    """
    with composing(actor, reason=f"bulk request {request.key}"):
        is_ours = RepeatableRequest.objects.filter(pk=request.pk, status=None, claimed_at=request.claimed_at)
        claimed_at = max(now, request.claimed_at)
        if not is_ours.update(claimed_at=claimed_at):
            raise UnableToGoOn("request_running", _("Another request with this idempotency key goes on with it."))
        outcomes = act(first_row, lines)
        answers = [{"row": row, **outcome} for row, outcome in enumerate(outcomes, first_row)]
        BulkRow.objects.bulk_create(BulkRow(request=request, row=answer["row"], answer=answer) for answer in answers)
    request.claimed_at = claimed_at  # now that it is committed
    return answers


@in_transaction
def each(act: Callable[[int, bytes], Outcome], first_row: int, lines: Sequence[bytes]) -> list[Outcome]:
    """Act on rows one by one; a row that is refused leaves nothing behind and stops no other."""
    return [_act_on_row(act, row, line) for row, line in enumerate(lines, first_row)]


def _act_on_row(act: Callable[[int, bytes], Outcome], row: int, line: bytes) -> Outcome:
    try:
        with transaction.atomic():
            outcome = act(row, line)
            # What the database checks at the end of a transaction is this row's own fault, so it is checked now.
            _check_constraints("IMMEDIATE")
            _check_constraints("DEFERRED")
    except UnableTo as refusal:
        more = {"errors": refusal.data["errors"]} if isinstance(refusal, UnableToActOnRow) else {}
        return refused(refusal.code, refusal.message, **more)
    except ObjectDoesNotExist:
        return refused("not_found", _("Nothing here has this number."))
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        return refused(name or "conflict", _("The row contradicts what is recorded."))
    return outcome


def refused(code: str, title: str, **more: Any) -> Outcome:
    """Return the outcome of a row that did nothing."""
    return {"status": "REFUSED", "code": code, "title": title, **more}


def count_rows(*, request: RepeatableRequest) -> int:
    """Return how many rows of a request have their outcome."""
    return BulkRow.objects.filter(request=request).count()


def iterate_rows(*, request: RepeatableRequest) -> Iterator[list[Outcome]]:
    """Return the outcomes of a request by chunks, in order."""
    last = 0
    rows = BulkRow.objects.filter(request=request).order_by("row")
    while chunk := list(rows.filter(row__gt=last)[:ROWS_SHOWN_AT_ONCE]):
        yield [row.answer for row in chunk]
        last = chunk[-1].row


def leave(*, request: RepeatableRequest, ended_at: datetime.datetime) -> None:
    """Let a repeat go on at once with a request that stopped in the middle."""
    RepeatableRequest.objects.filter(pk=request.pk, status=None, claimed_at=request.claimed_at).update(
        claimed_at=ended_at
    )


def _check_constraints(when: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL {when}")
