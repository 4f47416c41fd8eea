"""The platform's lists: their columns and filters."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.platform import queries
from hydria.platform.models import AccessKind, AuditAction, AuditEntry, JobState, Progress, ProgressState, User
from hydria.platform.web.cards import field_changes
from hydria.platform.web.listing import Column, Filter, Kind, Listing


def _changes_in_short(entry: AuditEntry) -> str:
    if entry.action == AuditAction.INSERT:
        return ""
    return "; ".join(f"{change.name}: {change.old or '–'} → {change.new or '–'}" for change in field_changes(entry)[:3])


def _seconds(progress: Progress) -> int | None:
    if progress.started_at is None or progress.ended_at is None:
        return None
    return round((progress.ended_at - progress.started_at).total_seconds())


AUDIT = Listing(
    name="audit",
    columns=(
        Column(
            name="at",
            label=_("When"),
            value="at",
            kind=Kind.INSTANT,
            link=lambda row: reverse("audit_entry", args=[row.pk]),
            drawer=True,
        ),
        Column(name="actor", label=_("Who"), value="actor", kind=Kind.PERSON, group="actor"),
        Column(name="action", label=_("What"), value="action", kind=Kind.STATE, choices=AuditAction, group="action"),
        Column(name="table", label=_("Table"), value="table_name", group="table_name"),
        Column(name="row", label=_("Row"), value="row_id"),
        Column(name="changes", label=_("Old → new"), value=_changes_in_short),
        Column(name="reason", label=_("Why"), value="reason"),
    ),
    filters=(
        Filter(name="actor", label=_("Who"), lookup="actor__in", kind="person"),
        Filter(name="action", label=_("What"), lookup="action", kind="choice", choices=lambda: AuditAction.choices),
        Filter(name="table", label=_("Table"), lookup="table_name", placeholder="parties_party"),
        Filter(name="row", label=_("Row"), lookup="row_id"),
        Filter(name="since", label=_("From"), lookup="at__date__gte", kind="date"),
        Filter(name="until", label=_("To"), lookup="at__date__lte", kind="date"),
    ),
    sort="-",
)


def _where_from(name: str) -> Callable[[AuditEntry], str]:
    return lambda entry: (entry.after or {}).get(name, "")


ACCESSES = Listing(
    name="accesses",
    columns=(
        Column(name="at", label=_("When"), value="at", kind=Kind.INSTANT),
        Column(name="actor", label=_("Who"), value="actor", kind=Kind.PERSON, group="actor"),
        Column(
            name="kind",
            label=_("What"),
            value=_where_from("kind"),
            kind=Kind.STATE,
            choices=AccessKind,
            group="after__kind",
        ),
        Column(name="action", label=_("Outcome"), value="action", kind=Kind.STATE, choices=AuditAction, group="action"),
        Column(name="place", label=_("Where"), value="table_name"),
        Column(name="address", label=_("Address"), value=_where_from("address"), group="after__address"),
        Column(name="device", label=_("Device"), value=_where_from("device"), group="after__device"),
        Column(name="reason", label=_("Detail"), value="reason"),
    ),
    filters=(
        Filter(name="actor", label=_("Who"), lookup="actor__in", kind="person"),
        Filter(name="kind", label=_("What"), lookup="after__kind", kind="choice", choices=lambda: AccessKind.choices),
        Filter(
            name="action",
            label=_("Outcome"),
            lookup="action",
            kind="choice",
            choices=lambda: [(str(action), action.label) for action in (AuditAction.ACCESS, AuditAction.REFUSED)],
        ),
        Filter(name="address", label=_("Address"), lookup="after__address"),
        Filter(name="since", label=_("From"), lookup="at__date__gte", kind="date"),
        Filter(name="until", label=_("To"), lookup="at__date__lte", kind="date"),
    ),
    sort="-",
    empty=_("Nobody has come in yet"),
)

OFFICES = Listing(
    name="offices",
    columns=(
        Column(
            name="code", label=_("Code"), value="code", sort="code", link=lambda row: reverse("office", args=[row.pk])
        ),
        Column(name="name", label=_("Name"), value="name", sort="name"),
        Column(name="users", label=_("Users"), value="user_count", kind=Kind.COUNT),
    ),
    filters=(Filter(name="name", label=_("Name"), lookup="name__icontains"),),
    sort="code",
    empty=_("No offices yet"),
    empty_hint=_("Without any, everybody works for the whole company."),
)

JOBS = Listing(
    name="jobs",
    columns=(
        Column(name="title", label=_("Work"), value="title", link=lambda row: reverse("job", args=[row.pk])),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=ProgressState, group="state"),
        Column(name="done", label=_("Done"), value="done_count", kind=Kind.COUNT),
        Column(name="total", label=_("Of"), value="total_count", kind=Kind.COUNT),
        Column(
            name="requested_by", label=_("Asked for by"), value="requested_by", kind=Kind.PERSON, group="requested_by"
        ),
        Column(name="requested_at", label=_("Asked for"), value="requested_at", kind=Kind.INSTANT, sort="requested_at"),
        Column(name="seconds", label=_("Seconds"), value=_seconds, kind=Kind.COUNT),
    ),
    filters=(
        Filter(name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: ProgressState.choices),
    ),
    sort="-requested_at",
    empty=_("No long work has been asked for yet"),
    empty_hint=_("Loads, billing runs and exports appear here while they run and afterwards."),
)


QUEUE = Listing(
    name="queue",
    columns=(
        Column(name="id", label=_("Job"), value="id", link=lambda row: reverse("queued_job", args=[row.pk])),
        Column(name="task", label=_("Task"), value="task_name"),
        Column(name="key", label=_("Works on"), value="lock"),
        Column(name="state", label=_("State"), value="status", kind=Kind.STATE, choices=JobState),
        Column(name="attempts", label=_("Attempts"), value="attempts", kind=Kind.COUNT),
    ),
    filters=(
        Filter(name="state", label=_("State"), lookup="status", kind="choice", choices=lambda: JobState.choices),
        Filter(name="task", label=_("Task"), lookup="task_name__icontains"),
    ),
    sort="-",
    empty=_("The queue is empty"),
    empty_hint=_("Jobs that are done leave it; failed ones stay until they are tried again."),
)


def _roles_of(user: User) -> str:
    return ", ".join(role.title for role in user.roles.all())


USERS = Listing(
    name="users",
    columns=(
        Column(
            name="username",
            label=_("Log-in name"),
            value="username",
            sort="username",
            link=lambda row: reverse("user", args=[row.pk]),
        ),
        Column(name="full_name", label=_("Name"), value="full_name", sort="full_name"),
        Column(name="roles", label=_("Roles"), value=_roles_of),
        Column(
            name="office",
            label=_("Office"),
            value=lambda row: row.office.name if row.office else _("All offices"),
            group="office__name",
        ),
        Column(
            name="state",
            label=_("May log in"),
            value=lambda row: "ACTIVE" if row.is_active else "CLOSED",
            kind=Kind.STATE,
        ),
        Column(name="last_login", label=_("Last seen"), value="last_login", kind=Kind.INSTANT),
    ),
    filters=(
        Filter(name="name", label=_("Name"), lookup="full_name__icontains"),
        Filter(
            name="role",
            label=_("Role"),
            lookup="roles",
            kind="choice",
            choices=lambda: [(str(role.pk), role.title) for role in queries.list_roles()],
        ),
    ),
    sort="username",
)
