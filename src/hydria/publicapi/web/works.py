"""Long work and users: how far jobs are, canceling and trying them again, and who may log in."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.platform import audit, operations, queries
from hydria.platform.access import Actor, Permission
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey
from hydria.publicapi.web.schemas import Id
from hydria.publicapi.web.security import actor_of

router = Router(tags=["jobs, users and audit"])
VIEW = {"x-scope": Permission.JOB_VIEW}
MANAGE = {"x-scope": Permission.JOB_MANAGE}
USERS = {"x-scope": Permission.USER_MANAGE}
AUDIT = {"x-scope": Permission.AUDIT_VIEW}


class JobOut(Schema):
    """A piece of long work."""

    id: int
    key: str
    title: str
    state: str = Field(description="WAITING, RUNNING, DONE, FAILED or CANCELED", examples=["DONE"])
    done_count: int
    total_count: int
    unit: str
    message: str
    requested_by: str
    requested_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None


class QueuedJobOut(Schema):
    """A job of the queue: what a worker takes up."""

    id: int
    task_name: str = Field(examples=["billing.price_chunk"])
    lock: str | None = Field(description="What it works on", examples=["billing:12:0"])
    status: str = Field(description="todo, doing, failed or cancelled", examples=["failed"])
    attempts: int


class UserOut(Schema):
    """A log-in of a person."""

    id: int
    username: str
    full_name: str
    email: str
    is_active: bool
    roles: list[str]
    office: str | None
    last_login: datetime.datetime | None

    @staticmethod
    def resolve_roles(user: Any) -> list[str]:  # a row of another context
        """Return the codes of the roles that were loaded with the user."""
        return [role.code for role in user.roles.all()]

    @staticmethod
    def resolve_office(user: Any) -> str | None:  # a row of another context
        """Return the code of the office."""
        return user.office.code if user.office else None


class RoleOut(Schema):
    """A named set of permissions."""

    id: int
    code: str
    title: str
    permissions: list[str]
    amount_limit_minor: int | None


class AuditEntryOut(Schema):
    """One change of one row, or one refused access."""

    id: int
    at: datetime.datetime
    actor: str
    action: str = Field(examples=["UPDATE"])
    table_name: str
    row_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


@router.get("/jobs", response={200: Page[JobOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_jobs(request: HttpRequest, asked: Paging) -> Any:
    """List long work, newest first."""
    actor_of(request).require(Permission.JOB_VIEW)
    return show_page(request, queries.list_progress(), asked=asked, card=list, row=JobOut, newest_first=True)


@router.get("/jobs/{job_id}", response={200: JobOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_job(request: HttpRequest, job_id: Id) -> Any:
    """Show how far a piece of long work is."""
    actor_of(request).require(Permission.JOB_VIEW)
    return queries.list_progress().get(pk=job_id)


@router.get("/queue", response={200: Page[QueuedJobOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_queue(request: HttpRequest, asked: Paging) -> Any:
    """List the jobs that wait, run, failed or were canceled, newest first."""
    actor_of(request).require(Permission.JOB_VIEW)
    return show_page(request, queries.list_queue(), asked=asked, card=list, row=QueuedJobOut, newest_first=True)


@router.post("/queue/{queued_id}/cancellation", response={204: None, STATUSES: Problem}, openapi_extra=MANAGE)
def cancel_job(request: HttpRequest, queued_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Take a waiting job out of the queue; doing so again changes nothing."""
    operations.cancel_job(actor=actor_of(request), job_id=queued_id, canceled_at=timezone.now())
    return HttpResponse(status=204)


@router.post("/queue/{queued_id}/retry", response={204: None, STATUSES: Problem}, openapi_extra=MANAGE)
def retry_job(request: HttpRequest, queued_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Put a failed or canceled job back into the queue; doing so again changes nothing."""
    operations.retry_job(actor=actor_of(request), job_id=queued_id, retried_at=timezone.now())
    return HttpResponse(status=204)


@router.get("/users", response={200: Page[UserOut], STATUSES: Problem}, openapi_extra=USERS)
def list_users(request: HttpRequest, asked: Paging) -> Any:
    """List who may log in, with their roles."""
    actor_of(request).require(Permission.USER_MANAGE)
    return show_page(request, queries.list_users(), asked=asked, card=list, row=UserOut)


@router.get("/users/{user_id}", response={200: UserOut, STATUSES: Problem}, openapi_extra=USERS)
def show_user(request: HttpRequest, user_id: Id) -> Any:
    """Show a log-in."""
    actor_of(request).require(Permission.USER_MANAGE)
    found = queries.list_users().filter(pk=user_id).first()
    if found is None:
        raise Http404
    return found


@router.get("/roles", response={200: list[RoleOut], STATUSES: Problem}, openapi_extra=USERS)
def list_roles(request: HttpRequest) -> Any:
    """List the roles and what they may do."""
    actor_of(request).require(Permission.USER_MANAGE)
    return list(queries.list_roles())


@router.get("/audit", response={200: Page[AuditEntryOut], STATUSES: Problem}, openapi_extra=AUDIT)
def list_audit(
    request: HttpRequest,
    asked: Paging,
    table_name: Annotated[str, Query(max_length=63, pattern=r"^[^\x00-\x1f]*$")] = "",
    row_id: Annotated[Id | None, Query()] = None,
    actor_name: Annotated[str, Query(max_length=150, pattern=r"^[^\x00-\x1f]*$")] = "",
) -> Any:
    """List every change, newest first: who, what, old and new, why."""
    actor: Actor = actor_of(request)
    rows = audit.list_audit_entries(actor=actor, wanted=audit.AuditFilter())
    wanted = {"table_name": table_name or None, "row_id": row_id, "actor": actor_name or None}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return show_page(request, rows, asked=asked, card=list, row=AuditEntryOut, newest_first=True)
