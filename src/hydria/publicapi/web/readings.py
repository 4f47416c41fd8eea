"""Readings: record them in bulk, each with its own outcome, and list what is recorded (MET-15)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from hydria.metering import operations, queries
from hydria.metering.operations import NewReadings, ReadingSource
from hydria.platform.access import Permission
from hydria.publicapi.web import schemas
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Id
from hydria.publicapi.web.security import actor_of

router = Router(tags=["readings"])
UNKNOWN_REGISTER = 0
"""No dial has this id, so a serial that names none is answered like a dial that does not exist."""


@router.get(
    "/readings",
    response={200: Page[schemas.ReadingOut], STATUSES: Problem},
    openapi_extra={"x-scope": Permission.READING_VIEW},
)
def list_readings(
    request: HttpRequest,
    asked: Paging,
    register_id: Annotated[Id | None, Query()] = None,
    read_since: Annotated[datetime.date | None, Query()] = None,
) -> Any:
    """List the live readings, newest first, of a dial or since a day."""
    rows = queries.list_live_readings(actor=actor_of(request))
    wanted = {"register_id": register_id, "read_date__gte": read_since}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return show_page(request, rows, asked=asked, card=list, row=schemas.ReadingOut, newest_first=True)


@router.post(
    "/readings",
    response={200: schemas.RecordedReadingsOut, STATUSES: Problem},
    openapi_extra={"x-scope": Permission.READING_RECORD},
)
def record_readings(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.ReadingsIn) -> HttpResponse:
    """Record readings; each row has its own status, and none stops another."""

    def act() -> schemas.RecordedReadingsOut:
        registers = queries.find_registers(serials=[row.serial for row in body.readings if row.serial])
        rows = operations.record_readings(
            actor=actor_of(request),
            readings=NewReadings(
                register_ids=[
                    row.register_id or registers.get((row.serial, row.channel), UNKNOWN_REGISTER)
                    for row in body.readings
                ],
                read_dates=[row.read_date for row in body.readings],
                values_milli=[row.value_milli for row in body.readings],
                observations=[row.observation for row in body.readings],
                source=ReadingSource.API,
                reader=body.reader,
            ),
            today=timezone.localdate(),
        )
        recorded = [schemas.RecordedOut(status=row.status, reading_id=row.reading_id) for row in rows]
        accepted_count = sum(row.reading_id is not None for row in rows)
        return schemas.RecordedReadingsOut(accepted_count=accepted_count, rows=recorded)

    return answer_once(request, key=idempotency_key, act=act, status=200)
