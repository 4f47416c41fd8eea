"""Reads of the platform: the company, users and roles, long work. The audit is searched in `audit`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob

from hydria.kernel.money import Currency
from hydria.platform.access import Actor
from hydria.platform.documents.letterhead import Letterhead
from hydria.platform.files import read_file
from hydria.platform.models import Company, JobState, Office, Progress, ProgressState, Role, SavedView, User


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyCard:
    """The company as every page needs it."""

    name: str
    currency: Currency
    country: str
    language: str
    timezone: str
    idle_minutes: int = 60


# Before the company is set up, the log-in page has to show something.
NO_COMPANY = CompanyCard(name="", currency=Currency.of("XXX"), country="", language="en", timezone="UTC")


def get_company() -> CompanyCard:
    """Return the company of this deployment, or a nameless one before it is set up."""
    company = Company.objects.filter(id=1).first()
    if company is None:
        return NO_COMPANY
    return CompanyCard(
        name=company.name,
        currency=Currency.of(company.currency),
        country=company.country,
        language=company.language,
        timezone=company.timezone,
        idle_minutes=company.idle_minutes,
    )


def get_letterhead() -> Letterhead:
    """Return the company as it appears on paper."""
    company = Company.objects.select_related("logo").get(id=1)
    return Letterhead(
        name=company.name,
        tax_id=" · ".join(part for part in (company.legal_name, company.tax_id) if part),
        address_lines=(company.address,) if company.address else (),
        phone=company.phone,
        email=company.email,
        website=company.website,
        logo_svg=read_file(company.logo).decode() if company.logo else "",
        accent=company.accent,
        gln=company.gln,
    )


def get_company_particulars() -> dict[str, object]:
    """Return what the company says of itself, by the names that `change_company` takes, with its version."""
    company = Company.objects.get(id=1)
    names = ("name", "legal_name", "tax_id", "address", "phone", "email", "website", "gln", "accent", "language")
    return {name: getattr(company, name) for name in (*names, "timezone", "version")}


def get_logo() -> str:
    """Return the company's logo as SVG text, empty if it has none."""
    company = Company.objects.select_related("logo").filter(id=1).first()
    return read_file(company.logo).decode() if company and company.logo else ""


def list_users() -> QuerySet[User]:
    """Return the log-ins with their roles and offices."""
    return User.objects.select_related("office").prefetch_related("roles")


def get_actor(*, user_id: int) -> Actor:
    """
    Return the actor that a user is now, for work that goes on without them.

    :raises User.DoesNotExist: if there is no such user.
    """
    return User.objects.get(pk=user_id).to_actor()


def find_user(*, username: str) -> User | None:
    """Return the user of a log-in name as it was typed, or None."""
    return User.objects.filter(username__iexact=unicodedata.normalize("NFKC", username).strip()).first()


def list_roles() -> QuerySet[Role]:
    """Return the roles by name, with how many users hold each (`user_count`)."""
    return Role.objects.annotate(user_count=Count("users", filter=Q(users__is_active=True))).order_by("name")


def list_offices() -> QuerySet[Office]:
    """Return the offices by name, with how many users work for each (`user_count`)."""
    return Office.objects.annotate(user_count=Count("user", filter=Q(user__is_active=True))).order_by("name")


def list_saved_views(*, user_id: int, listing: str) -> QuerySet[SavedView]:
    """Return the views of a list that a user made or colleagues share, by name."""
    seen = SavedView.objects.filter(Q(owner=user_id) | Q(is_shared=True), listing=listing)
    return seen.select_related("owner").order_by("name", "id")


def list_progress() -> QuerySet[Progress]:
    """Return the pieces of long work."""
    return Progress.objects.all()


def list_progress_going() -> QuerySet[Progress]:
    """Return the long work that waits or runs, newest first."""
    going = [ProgressState.WAITING, ProgressState.RUNNING]
    return Progress.objects.filter(state__in=going).order_by("-requested_at")[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCard:
    """How many jobs wait, are being worked, and failed for good."""

    waiting: int
    doing: int
    failed: int


def count_queue() -> QueueCard:
    """Count the jobs of the queue by state."""
    by_state = dict(ProcrastinateJob.objects.values_list("status").annotate(job_count=Count("id")).order_by())
    return QueueCard(waiting=by_state.get("todo", 0), doing=by_state.get("doing", 0), failed=by_state.get("failed", 0))


def list_queue() -> QuerySet[ProcrastinateJob]:
    """Return the jobs that wait, run, failed or were canceled."""
    return ProcrastinateJob.objects.filter(status__in=JobState.values)
