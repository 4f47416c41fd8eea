"""
Rows in bulk: `application/x-ndjson` in, one line for each row out, in the order sent, as they are written.

The whole request has one `Idempotency-Key`. Sent again it answers the same; one that broke off goes on where it
stopped, and no row acts twice.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO, Annotated, Any, Literal

import pydantic
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from hydria.metering import operations as metering
from hydria.metering import queries as metering_queries
from hydria.metering.operations import NewReadings, ReadingSource
from hydria.payments import operations as payments
from hydria.payments.domain.tenders import TenderKind
from hydria.payments.operations import PaymentRow, RowStatus
from hydria.platform.access import Actor, Permission
from hydria.publicapi import _bulk, operations
from hydria.publicapi._bulk import Outcome, UnableToActOnRow, refused
from hydria.publicapi.web import acts, register, schemas
from hydria.publicapi.web.acts import Day
from hydria.publicapi.web.paging import NDJSON
from hydria.publicapi.web.problems import STATUSES, Problem, Refused
from hydria.publicapi.web.repeats import IdempotencyKey, key_of
from hydria.publicapi.web.schemas import AmountMinor, Id, text
from hydria.publicapi.web.security import actor_of, caller_of
from hydria.receivables.operations import lock_accounts

router = Router(tags=["rows in bulk"])
BYTES_MAX = 256 * 1024**2
ROWS_MAX = 500_000
LINE_MAX = 1024**2
ROWS_PER_TRANSACTION = 100
ROWS_PER_SET = 2_000
Act = Callable[[int, Sequence[bytes]], list[Outcome]]


class PaymentLine(Schema):
    """Money received for an account."""

    account_id: Id
    amount_minor: AmountMinor
    kind: Literal["CASH", "CARD", "CHECK", "TRANSFER"] = Field(default="TRANSFER", examples=["TRANSFER"])
    reference: Annotated[str, text(60, examples=["TRX-88213"])] = ""
    effective_date: Day | None = Field(default=None, description="The day the money counts; today when left out")


class BulkRowOut(Schema):
    """What became of one row."""

    row: int = Field(description="Its place in what was sent, from 1; empty lines do not count", examples=[1])
    status: Literal["DONE", "REPEATED", "REFUSED"] = Field(description="REPEATED: it was recorded before, the same")
    id: int | None = Field(default=None, description="Of what the row made", examples=[4711])
    code: str = Field(default="", description="Why it was refused, for programs", examples=[""])
    title: str = Field(default="", description="Why it was refused, for people")
    errors: list[dict[str, Any]] = Field(default=[], description="What is wrong where, for `input_invalid`")


def _described(row: type[Schema], permission: Permission) -> dict[str, Any]:
    """Return what the framework cannot know of a body that it does not read."""
    example = row.__name__
    return {
        "x-scope": permission,
        "x-row": example,
        "requestBody": {
            "required": True,
            "description": f"One {example} as JSON a line",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        },
        "responses": {
            200: {"description": "A BulkRowOut for each row", "content": {NDJSON: {"schema": {"type": "string"}}}}
        },
    }


def _route(path: str, row: type[Schema], permission: Permission) -> Callable[..., Any]:
    return router.post(f"/bulk/{path}", response={STATUSES: Problem}, openapi_extra=_described(row, permission))


@_route("parties", schemas.PartyIn, Permission.REGISTER_EDIT)
def register_parties(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Register persons and organizations, a `PartyIn` a line."""
    return _one_by_one(request, idempotency_key, Permission.REGISTER_EDIT, schemas.PartyIn, register.save_party)


@_route("premises", schemas.PremiseIn, Permission.REGISTER_EDIT)
def register_premises(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Register places, a `PremiseIn` a line."""
    return _one_by_one(request, idempotency_key, Permission.REGISTER_EDIT, schemas.PremiseIn, register.save_premise)


@_route("service-points", schemas.ServicePointIn, Permission.REGISTER_EDIT)
def register_service_points(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Register where services are delivered, a `ServicePointIn` a line."""
    return _one_by_one(request, idempotency_key, Permission.REGISTER_EDIT, schemas.ServicePointIn, register.save_point)


@_route("accounts", schemas.AccountIn, Permission.AGREEMENT_EDIT)
def open_accounts(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Open accounts, an `AccountIn` a line."""
    return _one_by_one(request, idempotency_key, Permission.AGREEMENT_EDIT, schemas.AccountIn, register.save_account)


@_route("agreements", schemas.AgreementIn, Permission.AGREEMENT_EDIT)
def start_services(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Agree on services, an `AgreementIn` a line."""
    return _one_by_one(
        request, idempotency_key, Permission.AGREEMENT_EDIT, schemas.AgreementIn, register.save_agreement
    )


@_route("customers", acts.ConnectionIn, Permission.AGREEMENT_EDIT)
def connect_customers(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Connect customers, a `ConnectionIn` a line; the id is the agreement's."""

    def act(row: int, line: bytes) -> Outcome:
        body = _read(acts.ConnectionIn, line)
        agreement_id = acts.connect(actor_of(request), key_of(request, idempotency_key, row=row), body)
        return {"status": "DONE", "id": agreement_id}

    return _answer(
        request,
        idempotency_key,
        Permission.AGREEMENT_EDIT,
        functools.partial(_bulk.each, act),
        rows_at_once=ROWS_PER_TRANSACTION,
    )


@_route("readings", schemas.ReadingIn, Permission.READING_RECORD)
def record_many_readings(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Record readings, a `ReadingIn` a line."""
    act = functools.partial(_record_readings, actor_of(request))
    return _answer(request, idempotency_key, Permission.READING_RECORD, act, rows_at_once=ROWS_PER_SET)


@_route("payments", PaymentLine, Permission.PAYMENT_TAKE)
def take_many_payments(request: HttpRequest, idempotency_key: IdempotencyKey) -> HttpResponseBase:
    """Take payments, a `PaymentLine` a line: settled as at the till, with a receipt each."""
    act = functools.partial(_take_payments, actor_of(request), functools.partial(key_of, request, idempotency_key))
    return _answer(request, idempotency_key, Permission.PAYMENT_TAKE, act, rows_at_once=ROWS_PER_SET)


def _one_by_one(
    request: HttpRequest,
    key: str,
    permission: Permission,
    schema: type[Schema],
    save: Callable[[Actor, Any], Any],
) -> HttpResponseBase:
    actor = actor_of(request)

    def act(_row: int, line: bytes) -> Outcome:
        return {"status": "DONE", "id": save(actor, _read(schema, line)).pk}

    by_one = functools.partial(_bulk.each, act)
    return _answer(request, key, permission, by_one, rows_at_once=ROWS_PER_TRANSACTION)


def _record_readings(actor: Actor, _first_row: int, lines: Sequence[bytes]) -> list[Outcome]:
    rows, outcomes = _read_all(schemas.ReadingIn, lines)
    registers = metering_queries.find_registers(serials=[row.serial for row in rows.values() if row.serial])
    recorded = metering.record_readings(
        actor=actor,
        readings=NewReadings(
            register_ids=[row.register_id or registers.get((row.serial, row.channel), 0) for row in rows.values()],
            read_dates=[row.read_date for row in rows.values()],
            values_milli=[row.value_milli for row in rows.values()],
            observations=[row.observation for row in rows.values()],
            source=ReadingSource.API,
        ),
        today=timezone.localdate(),
    )
    for place, made in zip(rows, recorded, strict=True):
        if made.reading_id is not None:
            outcomes[place] = {"status": "DONE", "id": made.reading_id}
        elif made.status == "REPEATED":
            outcomes[place] = {"status": "REPEATED"}
        else:
            outcomes[place] = refused(made.status.lower(), "")
    return [outcomes[place] for place in range(len(lines))]


def _take_payments(
    actor: Actor, key_of_row: Callable[..., str], first_row: int, lines: Sequence[bytes]
) -> list[Outcome]:
    rows, outcomes = _read_all(PaymentLine, lines)
    lock_accounts(account_ids=sorted({row.account_id for row in rows.values()}))
    now, today = timezone.now(), timezone.localdate()
    for day, places in itertools.groupby(
        sorted(rows, key=lambda place: (rows[place].effective_date or today, place)),
        key=lambda place: rows[place].effective_date or today,
    ):
        of_day = list(places)
        if day > today:
            outcomes |= dict.fromkeys(
                of_day, refused("date_in_future", _("A payment counts from today on at the latest."))
            )
            continue
        taken = payments.record_payments(
            actor=actor,
            key=key_of_row(row=first_row + of_day[0]),
            rows=[
                PaymentRow(
                    key=key_of_row(row=first_row + place),
                    account_id=rows[place].account_id,
                    amount_minor=rows[place].amount_minor,
                    kind=TenderKind(rows[place].kind),
                    received_at=now,
                    reference=rows[place].reference,
                )
                for place in of_day
            ],
            effective_date=day,
        )
        for place, made in zip(of_day, taken, strict=True):
            is_refused = made.status is RowStatus.REFUSED
            outcomes[place] = refused(made.code, "") if is_refused else {"status": "DONE", "id": made.payment_id}
    return [outcomes[place] for place in range(len(lines))]


def _read_all(schema: type[Schema], lines: Sequence[bytes]) -> tuple[dict[int, Any], dict[int, Outcome]]:
    """Return the rows that are as described, by their place, and the outcomes of those that are not."""
    rows, outcomes = {}, {}
    for place, line in enumerate(lines):
        try:
            rows[place] = _read(schema, line)
        except UnableToActOnRow as refusal:
            outcomes[place] = refused(refusal.code, refusal.message, **refusal.data)
    return rows, outcomes


def _read(schema: type[Schema], line: bytes) -> Any:
    try:
        return schema.model_validate_json(line)
    except pydantic.ValidationError as error:
        errors = [
            {"field": ".".join(str(part) for part in found["loc"]), "code": found["type"], "message": found["msg"]}
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise UnableToActOnRow("input_invalid", _("The row is not as described."), errors=errors) from error


def _answer(request: HttpRequest, key: str, permission: Permission, act: Act, *, rows_at_once: int) -> HttpResponseBase:
    """Take the rows in, then act on them chunk by chunk while the answer is being read."""
    caller = caller_of(request)
    caller.actor.require(permission)
    spooled, content_hash = _spool(request)
    try:
        claim, is_mine = operations.claim_request(
            api_key=caller.api_key, key=key, content_hash=content_hash, now=timezone.now()
        )
    except operations.UnableToRepeatRequest:
        spooled.close()
        raise

    def answer() -> Generator[str, None, None]:
        with spooled, translation.override(language):
            for outcomes in _bulk.iterate_rows(request=claim):
                yield _write(outcomes)
            if is_mine:
                yield from _act(caller.actor, claim, spooled, act, rows_at_once=rows_at_once)

    language = translation.get_language() or "en"
    response = StreamingHttpResponse(_Lines(answer(), spooled), content_type=NDJSON)
    if not is_mine:
        response["Idempotent-Replayed"] = "true"
    return response


class _Lines:
    """Lines that are made while they are read, from a file that is closed even if nobody reads them."""

    def __init__(self, lines: Generator[str, None, None], spooled: IO[bytes]) -> None:
        self._lines = lines
        self._spooled = spooled

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        """Stop where the reader has stopped."""
        self._lines.close()
        self._spooled.close()


def _act(actor: Actor, claim: Any, spooled: IO[bytes], act: Act, *, rows_at_once: int) -> Iterator[str]:
    done = _bulk.count_rows(request=claim)
    lines = itertools.islice((line for line in spooled if line.strip()), done, None)
    is_done = False
    try:
        while chunk := list(itertools.islice(lines, rows_at_once)):
            outcomes = _bulk.act_on_chunk(
                actor=actor, request=claim, first_row=done + 1, lines=chunk, act=act, now=timezone.now()
            )
            done += len(chunk)
            yield _write(outcomes)
        is_done = True
    finally:
        if is_done:
            operations.keep_answer(request=claim, status=200, answer="")
        else:
            _bulk.leave(request=claim, ended_at=timezone.now() - operations.CLAIM_LASTS * 2)


def _spool(request: HttpRequest) -> tuple[IO[bytes], str]:
    """Put what is sent into a file without a name, and return it with its hash."""
    if request.content_type != NDJSON:
        raise Refused(415, "media_type_unknown", _("Send one JSON object a line, as %s.") % NDJSON)
    hashed = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    spooled = tempfile.TemporaryFile()  # noqa: SIM115  # closed by who reads it
    size, row_count, line_size = 0, 0, 0
    while chunk := request.read(65_536):
        size += len(chunk)
        row_count += chunk.count(b"\n")
        line_size = len(chunk) - chunk.rfind(b"\n") - 1 + (0 if b"\n" in chunk else line_size)
        if size > BYTES_MAX or row_count > ROWS_MAX or line_size > LINE_MAX:
            spooled.close()
            raise Refused(413, "body_too_large", _("This is too much for one request; split it."))
        hashed.update(chunk)
        spooled.write(chunk)
    spooled.seek(0)
    return spooled, hashed.hexdigest()


def _write(outcomes: Sequence[Outcome]) -> str:
    return "".join(f"{BulkRowOut(**outcome).model_dump_json()}\n" for outcome in outcomes)
