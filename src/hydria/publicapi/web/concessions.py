"""Concessions: who was granted which discount or subsidy, until when; grant and end them (TAR-07)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.agreements.queries import has_agreement
from hydria.concessions import operations, queries
from hydria.platform.access import Permission
from hydria.publicapi.web.acts import Day, FromDate
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Code, Id, Reason, text
from hydria.publicapi.web.security import actor_of

router = Router(tags=["concessions"])
GRANT = {"x-scope": Permission.CONCESSION_GRANT}
Evidence = Annotated[str, text(250, length_min=1, examples=["Card 12-345"])]
Fingerprint = Annotated[
    str, Field(pattern="^([0-9a-f]{64})?$", description="SHA-256 of the paper's file, if you keep it", examples=[""])
]


class ConcessionIn(Schema):
    """A program for an agreement, for some days."""

    program: Annotated[Code, Field(description="The program's code", examples=["social"])]
    from_date: FromDate
    until_date: Annotated[Day, Field(description="The day after the last one", examples=["2027-11-01"])]
    evidence: Evidence
    evidence_sha256: Fingerprint = ""
    reason: Reason


class ConcessionEnd(Schema):
    """From when on a concession no longer counts, and why."""

    end_date: Annotated[Day, Field(description="The first day without it", examples=["2026-11-01"])]
    reason: Reason


class ConcessionOut(Schema):
    """A program that an agreement was granted; `end_date` is the day after the last one that it counts."""

    id: int
    agreement_id: int
    program: str
    start_date: datetime.date
    granted_until: datetime.date
    end_date: datetime.date
    evidence: str
    evidence_sha256: str
    reason: str


class EndOut(Schema):
    """What is recorded; `is_ended` is false when there was nothing to end."""

    is_ended: bool


@router.get(
    "/concessions",
    response={200: Page[ConcessionOut], STATUSES: Problem},
    openapi_extra={"x-scope": Permission.CONCESSION_VIEW},
)
def list_concessions(request: HttpRequest, asked: Paging, agreement_id: Annotated[Id | None, Query()] = None) -> Any:
    """List what was granted, newest first, or what an agreement was granted."""
    rows = queries.list_grants(actor=actor_of(request), today=timezone.localdate())
    if agreement_id is not None:
        rows = rows.filter(agreement=agreement_id)
    return show_page(request, rows, asked=asked, card=_cards, row=ConcessionOut, newest_first=True)


@router.post(
    "/agreements/{agreement_id}/concessions", response={201: ConcessionOut, STATUSES: Problem}, openapi_extra=GRANT
)
def grant_concession(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: ConcessionIn
) -> HttpResponse:
    """Grant a program to an agreement, with the evidence."""

    def act() -> ConcessionOut:
        _find(request, agreement_id)
        given = body.model_dump(exclude={"program"})
        granted = operations.grant(
            actor=actor_of(request), agreement_id=agreement_id, program_code=body.program, **given
        )
        return ConcessionOut(**_cards([granted])[0])

    return answer_once(request, key=idempotency_key, act=act)


@router.post(
    "/agreements/{agreement_id}/concessions/{program}/end",
    response={201: EndOut, STATUSES: Problem},
    openapi_extra=GRANT,
)
def end_concession(
    request: HttpRequest, agreement_id: Id, program: Code, idempotency_key: IdempotencyKey, body: ConcessionEnd
) -> HttpResponse:
    """End a concession of an agreement by an event, or say why it is gone already."""

    def act() -> EndOut:
        _find(request, agreement_id)
        event = operations.end_concession(
            actor=actor_of(request), agreement_id=agreement_id, program_code=program, **body.model_dump()
        )
        return EndOut(is_ended=event is not None)

    return answer_once(request, key=idempotency_key, act=act)


def _find(request: HttpRequest, agreement_id: int) -> None:
    """Refuse unless the caller may grant concessions and there is such an agreement."""
    actor_of(request).require(Permission.CONCESSION_GRANT)
    if not has_agreement(agreement_id=agreement_id):
        raise Http404


def _cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "agreement_id": row.agreement_id,
            "program": row.program.code,
            "start_date": row.granted_during.lower,
            "granted_until": row.granted_during.upper,
            "end_date": row.granted_during.lower if row.valid_during.isempty else row.valid_during.upper,
            "evidence": row.evidence,
            "evidence_sha256": row.evidence_sha256,
            "reason": row.reason,
        }
        for row in rows
    ]
