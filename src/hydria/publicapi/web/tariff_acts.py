"""The life of a tariff's text: written, checked, approved by somebody else, published from a day, taken out of force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from hydria.billing import operations as billing
from hydria.platform.access import SYSTEM, Permission
from hydria.publicapi.web.acts import FromDate
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Id, Reason, text
from hydria.publicapi.web.security import actor_of
from hydria.publicapi.web.tariffs import TEXT_LENGTH_MAX, TariffTextIn, TariffVersionOut
from hydria.tariffs import operations, queries

router = Router(tags=["tariffs"])
EDIT = {"x-scope": Permission.TARIFF_EDIT}
APPROVE = {"x-scope": Permission.TARIFF_APPROVE}
PUBLISH = {"x-scope": Permission.TARIFF_PUBLISH}
Answer = {200: TariffVersionOut, STATUSES: Problem}


class TariffEditIn(Schema):
    """An edited text, and which one was edited."""

    text: Annotated[str, Field(max_length=TEXT_LENGTH_MAX, examples=["tariff: village\ncurrency: DOP\n"])]
    known_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="`text_hash` of the newest event",
                                     examples=["0" * 64])]  # fmt: skip
    reason: Annotated[str, text(250)] = ""


class TariffReasonIn(Schema):
    """Why."""

    reason: Reason


class TariffPublishIn(Schema):
    """From when on a version prices."""

    from_date: FromDate


@router.post("/tariff-versions", response={201: TariffVersionOut, STATUSES: Problem}, openapi_extra=EDIT)
def start_tariff_draft(request: HttpRequest, idempotency_key: IdempotencyKey, body: TariffTextIn) -> HttpResponse:
    """Start a version of the tariff that a text names, or a new tariff; the text need not be right yet."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: operations.start_draft(actor=actor, text=body.text, written_at=timezone.now()).pk,
        status=201,
    )


@router.post("/tariff-versions/{version_id}/text", response=Answer, openapi_extra=EDIT)
def save_tariff_draft(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: TariffEditIn
) -> HttpResponse:
    """Keep an edited text; what had been found about the one before is gone."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: (
            operations.save_draft(actor=actor, version_id=version_id, written_at=timezone.now(), **body.model_dump()).pk
        ),
    )


@router.post("/tariff-versions/{version_id}/check", response=Answer, openapi_extra=EDIT)
def check_tariff_draft(request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Check a draft with its cases and both engines; from here on its text is fixed."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: operations.check_draft(actor=actor, version_id=version_id, checked_at=timezone.now()).pk,
    )


@router.post("/tariff-versions/{version_id}/approval", response=Answer, openapi_extra=APPROVE)
def approve_tariff(request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Approve a simulated version; who has written any of its texts is refused."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: operations.approve_version(actor=actor, version_id=version_id, approved_at=timezone.now()).pk,
    )


@router.post("/tariff-versions/{version_id}/refusal", response=Answer, openapi_extra=APPROVE)
def send_tariff_back(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: TariffReasonIn
) -> HttpResponse:
    """Refuse a version; it becomes a draft again."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: (
            operations.send_back(actor=actor, version_id=version_id, reason=body.reason, refused_at=timezone.now()).pk
        ),
    )


@router.post("/tariff-versions/{version_id}/withdrawal", response=Answer, openapi_extra=EDIT)
def withdraw_tariff_draft(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: TariffReasonIn
) -> HttpResponse:
    """Give a version up that has not been published."""
    actor = actor_of(request)
    return _act(
        request,
        idempotency_key,
        lambda: (
            operations.withdraw_draft(
                actor=actor, version_id=version_id, reason=body.reason, withdrawn_at=timezone.now()
            ).pk
        ),
    )


@router.post("/tariff-versions/{version_id}/publication", response=Answer, openapi_extra=PUBLISH)
def publish_tariff(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: TariffPublishIn
) -> HttpResponse:
    """Publish an approved version from a day on, unless days from then on have been billed."""
    actor = actor_of(request)

    def operation() -> int:
        billing.publish_tariff(
            actor=actor, version_id=version_id, from_date=body.from_date, published_at=timezone.now()
        )
        return version_id

    return _act(request, idempotency_key, operation)


@router.post("/tariff-versions/{version_id}/revocation", response=Answer, openapi_extra=PUBLISH)
def withdraw_published_tariff(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: TariffReasonIn
) -> HttpResponse:
    """Take a published version out of force that has billed nothing; the one before it goes on."""
    actor = actor_of(request)

    def operation() -> int:
        billing.withdraw_tariff(actor=actor, version_id=version_id, reason=body.reason, withdrawn_at=timezone.now())
        return version_id

    return _act(request, idempotency_key, operation)


def _act(request: HttpRequest, key: str, operation: Callable[[], int], *, status: int = 200) -> HttpResponse:
    def act() -> TariffVersionOut:
        # Whoever may act on a version sees what became of it.
        page = queries.get_version_page(actor=SYSTEM, version_id=operation())
        return TariffVersionOut(**{name: getattr(page.row, name) for name in TariffVersionOut.model_fields})

    return answer_once(request, key=key, act=act, status=status)
