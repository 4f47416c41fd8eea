"""Set the company up and look after its users and roles (ADM-01)."""

from __future__ import annotations

import datetime
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext
from procrastinate.contrib.django.models import ProcrastinateJob
from stdnum import ean

from hydria.kernel.errors import UnableTo
from hydria.kernel.money import Currency
from hydria.platform import jobs, models, progress
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.audit import record_access, record_move
from hydria.platform.documents.logos import NotALogo, read_logo
from hydria.platform.files import store_file
from hydria.platform.roles import ROLE_TEMPLATES
from hydria.platform.segregation import Leave, create_missing_combinations, require_apart
from hydria.platform.sessions import drop_sessions
from hydria.platform.transactions import acting

COMPANY_ID = 1
IDLE_MINUTES_MIN, IDLE_MINUTES_MAX = 5, 720
GLN_DIGITS = 13
VIEW_NAME_MAX, VIEW_QUERY_MAX = 60, 2_000
_USERNAME = re.compile(r"[\w.@+-]{1,80}")


class UnableToSetUpCompany(UnableTo):
    """The company cannot be set up as asked."""


class UnableToChangeCompany(UnableTo):
    """The company's particulars cannot be changed as asked."""


class UnableToSaveOffice(UnableTo):
    """The office cannot be opened or changed as asked."""


class UnableToSaveUser(UnableTo):
    """The user cannot be created or changed as asked."""


class UnableToManageJob(UnableTo):
    """The job cannot be taken out of the queue or put back into it."""


class UnableToSaveView(UnableTo):
    """The view of a list cannot be kept as asked."""


class UnableToSaveRole(UnableTo):
    """The role cannot be changed as asked."""


def set_up_company(
    *, actor: Actor, name: str, currency: str, country: str, language: str, **particulars: str
) -> models.Company:
    """
    Create the company of this deployment with its first roles, or change its particulars.

    particulars  tax_id, legal_name, address, phone, email, website, timezone

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetUpCompany: with code `currency_in_use` if amounts already exist in another currency.
    """
    actor.require(Permission.SETTING_MANAGE)
    with acting(actor, reason="set up company"):
        existing = models.Company.objects.select_for_update().filter(id=COMPANY_ID).first()
        if existing and existing.currency != currency:
            raise UnableToSetUpCompany(
                "currency_in_use", gettext("The currency of a company never changes."), currency=existing.currency
            )
        company, _created = models.Company.objects.update_or_create(
            id=COMPANY_ID,
            defaults={"name": name, "currency": currency, "country": country, "language": language, **particulars},
        )
        _create_missing_roles(Currency.of(currency), language=language)
        create_missing_combinations(language=language)
    return company


def change_company(
    *,
    actor: Actor,
    version: int,
    reason: str,
    logo: bytes | None = None,
    removes_logo: bool = False,
    **particulars: str,
) -> models.Company:
    """
    Change what documents say of the company (ADM-01).

    version      of the particulars that the change was made from
    logo         content of an SVG or PNG file; None leaves the logo as it is
    particulars  name, legal_name, tax_id, address, phone, email, website, gln, accent, language, timezone

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToChangeCompany: with code `changed_meanwhile`, `reason_missing`, `gln_invalid` or `logo_refused`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not reason.strip():
        raise UnableToChangeCompany("reason_missing", gettext("Say why the company is changed."))
    if (gln := particulars.get("gln", "")) and not (len(gln) == GLN_DIGITS and ean.is_valid(gln)):
        raise UnableToChangeCompany("gln_invalid", gettext("A GLN has 13 digits, of which the last checks the others."))
    drawing = None if logo is None else _take_logo(logo)
    with acting(actor, reason=reason):
        company = models.Company.objects.select_for_update().get(id=COMPANY_ID)
        if company.version != version:
            raise UnableToChangeCompany("changed_meanwhile", _changed_meanwhile(), version=company.version)
        for name, value in particulars.items():
            setattr(company, name, value)
        if drawing is not None:
            company.logo = store_file(content=drawing.encode(), name="logo.svg", media_type="image/svg+xml")
        elif removes_logo:
            company.logo = None
        company.version += 1
        company.save()
    return company


def change_idle_minutes(*, actor: Actor, idle_minutes: int, reason: str) -> None:
    """
    Say after how many minutes a desk that nobody uses is closed.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToChangeCompany: with code `reason_missing` or `minutes_out_of_range`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not reason.strip():
        raise UnableToChangeCompany("reason_missing", gettext("Say why the company is changed."))
    if not IDLE_MINUTES_MIN <= idle_minutes <= IDLE_MINUTES_MAX:
        raise UnableToChangeCompany("minutes_out_of_range", gettext("Between five minutes and half a day."))
    with acting(actor, reason=reason):
        models.Company.objects.filter(id=COMPANY_ID).update(idle_minutes=idle_minutes)


def save_office(*, actor: Actor, office_id: int | None, code: str, name: str) -> models.Office:
    """
    Open an office (`office_id` None), or change its code and name.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSaveOffice: with code `office_incomplete` or `code_taken`.
    """
    actor.require(Permission.SETTING_MANAGE)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise UnableToSaveOffice("office_incomplete", gettext("An office has a code and a name."))
    with acting(actor, reason="save office"):
        if models.Office.objects.filter(code__iexact=code).exclude(id=office_id).exists():
            raise UnableToSaveOffice("code_taken", gettext("Another office has this code."), code_typed=code)
        office = models.Office.objects.select_for_update().get(id=office_id) if office_id else models.Office()
        office.code, office.name = code, name
        office.save()
    return office


def create_user(
    *,
    actor: Actor,
    username: str,
    full_name: str,
    password: str,
    role_ids: Sequence[int],
    today: datetime.date,
    email: str = "",
    language: str = "en",
    office_id: int | None = None,
    leave: Leave | None = None,
) -> models.User:
    """
    Create a log-in. Its name is the one that the audit shows, so none looks like another or like the system.

    leave  exemption to record if its roles hold together what the company keeps apart

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSegregate: if the roles hold together what is kept apart, and no leave is asked for.
    :raises UnableToSaveUser: with code `username_invalid`, `username_taken`, `password_weak`, `role_unknown` or
        `access_above_own` (nobody gives away what they may not do).
    """
    actor.require(Permission.USER_MANAGE)
    username = unicodedata.normalize("NFKC", username)  # as the log-in form does
    if not _USERNAME.fullmatch(username) or username.casefold() == SYSTEM.name:
        raise UnableToSaveUser("username_invalid", gettext("A log-in name has letters, digits and . @ + - _ only."))
    with acting(actor, reason="create user"):
        roles = _find_roles(role_ids)
        _require_covered(actor, roles)
        if models.User.objects.filter(username__iexact=username).exists():
            raise UnableToSaveUser("username_taken", gettext("Another user has this name."), username=username)
        user = models.User(username=username, full_name=full_name, email=email, language=language, office_id=office_id)
        _set_password(user, password)
        user.save()
        user.roles.set(roles)
        require_apart(actor=actor, today=today, leave=leave, user=user)
    return user


def change_user(
    *,
    actor: Actor,
    user_id: int,
    full_name: str,
    email: str,
    office_id: int | None,
    role_ids: Sequence[int],
    is_active: bool,
    reason: str,
    today: datetime.date,
    password: str = "",
    version: int | None = None,
    leave: Leave | None = None,
) -> models.User:
    """
    Change a log-in; leaving it inactive ends its permissions with the next request, an empty password stays.

    version  of the log-in that the change was made from; None changes whatever is there
    leave    exemption to record if its roles hold together what the company keeps apart

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSegregate: if other roles are given that hold together what is kept apart, and no leave is asked for.
    :raises UnableToSaveUser: with code `user_unknown`, `role_unknown`, `own_access` (nobody changes their own roles
        or office or switches themselves off; their own password they change by `set_password`), `access_above_own`
        (the user may do, or would be allowed, what the actor may not), `password_weak`, `reason_missing` or
        `changed_meanwhile`.
    """
    actor.require(Permission.USER_MANAGE)
    if not reason.strip():
        raise UnableToSaveUser("reason_missing", gettext("Say why the user is changed."))
    with acting(actor, reason=reason):
        user = models.User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            raise UnableToSaveUser("user_unknown", gettext("There is no such user."), user_id=user_id)
        if version not in (None, user.version):
            raise UnableToSaveUser("changed_meanwhile", _changed_meanwhile(), version=user.version)
        roles, held = _find_roles(role_ids), list(user.roles.all())
        if actor.user_id == user.pk and (
            not is_active or set(roles) != set(held) or office_id != user.office_id or password
        ):
            raise UnableToSaveUser("own_access", gettext("Somebody else has to change your own access."))
        _require_covered(actor, [*roles, *held])
        user.full_name, user.email, user.office_id, user.is_active = full_name, email, office_id, is_active
        user.version += 1
        if password:
            _set_password(user, password)
            _record_password(actor, user)
        if password or not is_active:
            drop_sessions(user_id=user.pk)
        user.save()
        user.roles.set(roles)
        if set(roles) != set(held):
            require_apart(actor=actor, today=today, leave=leave, user=user)
    return user


def set_password(*, actor: Actor, user_id: int, password: str) -> None:
    """
    Give a user a new password; users may do so for themselves.

    :raises UnableToPermit: if the actor is neither the user nor may manage users.
    :raises UnableToSaveUser: with code `user_unknown`, `access_above_own` or `password_weak`.
    """
    if actor.user_id != user_id:
        actor.require(Permission.USER_MANAGE)
    with acting(actor, reason="set password"):
        user = models.User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            raise UnableToSaveUser("user_unknown", gettext("There is no such user."), user_id=user_id)
        if actor.user_id != user_id:
            _require_covered(actor, user.roles.all())
        _set_password(user, password)
        _record_password(actor, user)
        drop_sessions(user_id=user.pk)
        user.save(update_fields=["password"])


def save_view(*, actor: Actor, listing: str, name: str, query: str, is_shared: bool) -> models.SavedView:
    """
    Keep a shaped list under a name; the same name again is the same view with another shape.

    query  as the address of the list holds it

    :raises UnableToSaveView: with code `user_unknown` if the actor is not a person, `name_missing` or `too_long`.
    """
    if actor.user_id is None:
        raise UnableToSaveView("user_unknown", gettext("There is no such user."))
    if not (name := name.strip()):
        raise UnableToSaveView("name_missing", gettext("Give the view a name."))
    if len(name) > VIEW_NAME_MAX or len(query) > VIEW_QUERY_MAX:
        raise UnableToSaveView("too_long", gettext("The name or the filters are too long to be kept."))
    with acting(actor, reason="save view"):
        view, _created = models.SavedView.objects.update_or_create(
            owner_id=actor.user_id, listing=listing, name=name, defaults={"query": query, "is_shared": is_shared}
        )
    return view


def drop_view(*, actor: Actor, view_id: int) -> None:
    """Forget a view of one's own; one that is gone or another's is left alone."""
    with acting(actor, reason="drop view"):
        models.SavedView.objects.filter(id=view_id, owner_id=actor.user_id).delete()


def set_preferences(*, actor: Actor, language: str, theme: str, density: str = "comfortable") -> None:
    """
    Keep how a user wants the screens.

    :raises UnableToSaveUser: with code `user_unknown` if the actor is not a person.
    """
    with acting(actor, reason="set preferences"):
        changed = models.User.objects.filter(id=actor.user_id).update(language=language, theme=theme, density=density)
        if not changed:
            raise UnableToSaveUser("user_unknown", gettext("There is no such user."))


def create_role(
    *,
    actor: Actor,
    name: str,
    permissions: Sequence[str],
    amount_limit_minor: int | None,
    reason: str,
    today: datetime.date,
    asks_second_factor: bool = False,
    leave: Leave | None = None,
) -> models.Role:
    """
    Make a role of the company's own.

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSaveRole: with code `name_missing`, `permission_unknown`, `access_above_own` or `reason_missing`.
    :raises UnableToSegregate: if it holds together what is kept apart, and no leave is asked for.
    """
    actor.require(Permission.USER_MANAGE)
    if not name.strip():
        raise UnableToSaveRole("name_missing", gettext("Give the role a name."))
    _check_role(actor, permissions=permissions, amount_limit_minor=amount_limit_minor, reason=reason)
    with acting(actor, reason=reason):
        role = models.Role.objects.create(
            code=f"own-{secrets.token_hex(4)}",
            name=name.strip(),
            permissions=sorted(permissions),
            amount_limit_minor=amount_limit_minor,
            asks_second_factor=asks_second_factor,
        )
        require_apart(actor=actor, today=today, leave=leave, role=role)
    return role


def change_role(
    *,
    actor: Actor,
    role_id: int,
    permissions: Sequence[str],
    amount_limit_minor: int | None,
    reason: str,
    today: datetime.date,
    asks_second_factor: bool = False,
    leave: Leave | None = None,
) -> models.Role:
    """
    Change what a role may do.

    asks_second_factor  whoever has the role reaches nothing before they have proven a second factor
    leave               exemption to record if it then holds together what the company keeps apart

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSaveRole: with code `role_unknown`, `permission_unknown`, `own_access`, `access_above_own` or
        `reason_missing`.
    :raises UnableToSegregate: if more is given that is kept apart, by itself or with other roles of its users, and no
        leave is asked for.
    """
    actor.require(Permission.USER_MANAGE)
    _check_role(actor, permissions=permissions, amount_limit_minor=amount_limit_minor, reason=reason)
    with acting(actor, reason=reason):
        role = models.Role.objects.select_for_update().filter(id=role_id).first()
        if role is None:
            raise UnableToSaveRole("role_unknown", gettext("There is no such role."), role_id=role_id)
        if actor.user_id is not None and role.users.filter(id=actor.user_id).exists():
            raise UnableToSaveRole("own_access", gettext("Somebody else has to change your own access."))
        if not actor.covers(role.permissions, amount_limit_minor=role.amount_limit_minor):
            raise UnableToSaveRole("access_above_own", _above_own())
        gives_more = not set(permissions) <= set(role.permissions)
        role.permissions, role.amount_limit_minor = sorted(permissions), amount_limit_minor
        role.asks_second_factor = asks_second_factor
        role.save()
        if gives_more:
            require_apart(actor=actor, today=today, leave=leave, role=role)
    return role


def _check_role(actor: Actor, *, permissions: Sequence[str], amount_limit_minor: int | None, reason: str) -> None:
    if not reason.strip():
        raise UnableToSaveRole("reason_missing", gettext("Say why the role is changed."))
    if unknown := set(permissions) - {str(permission) for permission in Permission}:
        raise UnableToSaveRole(
            "permission_unknown", gettext("There is no such permission."), permissions=sorted(unknown)
        )
    if not actor.covers(permissions, amount_limit_minor=amount_limit_minor):
        raise UnableToSaveRole("access_above_own", _above_own())


def _take_logo(content: bytes) -> str:
    sentences = {
        "too_large": gettext("A logo has at most 300 kB."),
        "format_unknown": gettext("A logo is an SVG drawing or a PNG picture."),
        "svg_unsafe": gettext(
            "This drawing holds more than shapes (scripts, pictures or links); save it as plain SVG."
        ),
        "picture_too_large": gettext("A logo is at most 3,000 dots wide and high."),
    }
    try:
        return read_logo(content)
    except NotALogo as refusal:
        code = str(refusal.args[0])
        raise UnableToChangeCompany("logo_refused", sentences[code], cause=code) from refusal


def _changed_meanwhile() -> str:
    return gettext("Somebody else has changed this meanwhile. Look at it again, then save.")


def _set_password(user: models.User, password: str) -> None:
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise UnableToSaveUser("password_weak", " ".join(error.messages)) from error
    user.set_password(password)


def _record_password(actor: Actor, user: models.User) -> None:
    """Leave a trace of a new password, which the audit's triggers are told to be silent about."""
    record_access(
        actor_name=actor.name,
        user_id=actor.user_id,
        what="password",
        refused=False,
        reason=user.username,
        kind=models.AccessKind.PASSWORD,
    )


def _require_covered(actor: Actor, roles: Iterable[models.Role]) -> None:
    """Refuse unless the actor may do everything that the roles allow: otherwise a password would be a promotion."""
    if not all(actor.covers(role.permissions, amount_limit_minor=role.amount_limit_minor) for role in roles):
        raise UnableToSaveUser("access_above_own", _above_own())


def _above_own() -> str:
    return gettext("This access goes beyond your own; somebody who has it has to change it.")


def _find_roles(role_ids: Sequence[int]) -> list[models.Role]:
    roles = list(models.Role.objects.filter(id__in=role_ids))
    if unknown := set(role_ids) - {role.pk for role in roles}:
        raise UnableToSaveUser("role_unknown", gettext("There is no such role."), roles=sorted(unknown))
    return roles


def _create_missing_roles(currency: Currency, *, language: str) -> None:
    with translation.override(language):
        for template in ROLE_TEMPLATES:
            limit = template.amount_limit_major
            models.Role.objects.get_or_create(
                code=template.code,
                defaults={
                    "name": gettext(template.name),
                    "permissions": sorted(template.permissions),
                    "amount_limit_minor": None if limit is None else limit * currency.minor_per_major,
                },
            )


def cancel_job(*, actor: Actor, job_id: int, canceled_at: datetime.datetime) -> None:
    """
    Take a waiting job out of the queue. Canceling a canceled job changes nothing.

    :raises UnableToPermit: if the actor may not manage jobs.
    :raises UnableToManageJob: with code `job_unknown`, or `job_not_waiting` once a worker has it or it has ended.
    Source: BIL-10.
    """
    actor.require(Permission.JOB_MANAGE)
    with acting(actor, reason="cancel job"):
        job = _find_job(job_id)
        if job.status == models.JobState.CANCELED:
            return
        if not jobs.cancel(job_id):
            raise UnableToManageJob(
                "job_not_waiting", gettext("The job no longer waits; a worker has it, or it has ended."), job_id=job_id
            )
        progress.cancel(key=job.lock or "", at=canceled_at)
        _record_job_move(job, to_state=models.JobState.CANCELED, actor=actor, at=canceled_at)


def retry_job(*, actor: Actor, job_id: int, retried_at: datetime.datetime) -> None:
    """
    Put a failed or canceled job back into the queue. Retrying a waiting job changes nothing.

    :raises UnableToPermit: if the actor may not manage jobs.
    :raises UnableToManageJob: with code `job_unknown`, `job_running`, or `job_waits_already` when the same work was
        asked for again meanwhile.
    Source: BIL-10.
    """
    actor.require(Permission.JOB_MANAGE)
    with acting(actor, reason="retry job"):
        job = _find_job(job_id)
        if job.status == models.JobState.TODO:
            return
        if job.status == models.JobState.DOING:
            raise UnableToManageJob("job_running", gettext("The job is running."), job_id=job_id)
        if ProcrastinateJob.objects.filter(queueing_lock=job.queueing_lock, status=models.JobState.TODO).exists():
            sentence = gettext("The same work was asked for again and waits already.")
            raise UnableToManageJob("job_waits_already", sentence, job_id=job_id)
        if job.status == models.JobState.FAILED:
            jobs.try_again(job_id, at=retried_at)
        else:  # the queue has no way back for a canceled job: the same work is asked for anew
            jobs.defer(job.task_name, key=job.queueing_lock or "", **job.args)
        _record_job_move(job, to_state=models.JobState.TODO, actor=actor, at=retried_at)


def _find_job(job_id: int) -> ProcrastinateJob:
    job = ProcrastinateJob.objects.filter(id=job_id).first()
    if job is None:
        raise UnableToManageJob("job_unknown", gettext("There is no such job; it may be done."), job_id=job_id)
    return job


def _record_job_move(job: ProcrastinateJob, *, to_state: str, actor: Actor, at: datetime.datetime) -> None:
    record_move(
        object_kind="platform.job", object_id=job.id, from_state=job.status, to_state=to_state, actor=actor, at=at
    )
