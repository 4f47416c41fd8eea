"""Users, roles, and what is kept apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.platform import operations, queries, segregation
from hydria.platform.access import Permission
from hydria.platform.roles import COMBINATION_NAMES
from hydria.platform.web import cards, lists
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.entrance_forms import ReasonForm
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list
from hydria.platform.web.user_forms import (
    CombinationForm,
    LeaveFields,
    NewRoleForm,
    NewUserForm,
    RoleForm,
    UserForm,
)


def _asking_for_leave(form: LeaveFields, act: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Hand `act` the day and the exemption that was asked for, and ask for one where it turns out to be needed."""

    def asking(data: dict[str, Any]) -> str:
        reason, until = data.pop("leave_reason"), data.pop("leave_until")
        leave = segregation.Leave(reason=reason, expires_date=until) if until else None
        try:
            return act({**data, "today": timezone.localdate(), "leave": leave})
        except segregation.UnableToSegregate:
            form.ask_for_leave()
            raise

    return asking


@needs(Permission.USER_MANAGE)
def show_users(request: HttpRequest) -> HttpResponseBase:
    """List the log-ins."""
    return show_list(
        request, listing=lists.USERS, rows=queries.list_users(), title=_("Users"), template="platform/users.html"
    )


@needs(Permission.USER_MANAGE)
def add_user(request: HttpRequest) -> HttpResponseBase:
    """Make a log-in."""
    form = NewUserForm(request.POST or None)

    def act(data: dict[str, Any]) -> str:
        user = operations.create_user(actor=actor_of(request), **data)
        messages.success(request, _("%s can log in now.") % user.full_name)
        return reverse("users")

    context = {"title": _("New user"), "submit": _("Make the log-in"), "cancel": reverse("users")}
    return handle_form(request, form=form, act=_asking_for_leave(form, act), context=context)


@needs(Permission.USER_MANAGE)
def edit_user(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Change a log-in."""
    user = queries.list_users().get(id=user_id)
    initial = {
        "full_name": user.full_name,
        "email": user.email,
        "office_id": user.office_id,
        "is_active": user.is_active,
        "role_ids": [role.pk for role in user.roles.all()],
        "version": user.version,
    }
    form = UserForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> str:
        operations.change_user(actor=actor_of(request), user_id=user_id, **data)
        messages.success(request, _("Saved."))
        return reverse("users")

    context = {"title": user.full_name or user.username, "cancel": reverse("users"), "user_id": user_id}
    act = _asking_for_leave(form, act)
    return handle_form(request, form=form, act=act, template="platform/user.html", context=context)


@needs(Permission.USER_MANAGE)
def show_roles(request: HttpRequest) -> HttpResponseBase:
    """Show which role may do what."""
    context = {"title": _("Roles"), "matrix": cards.permission_matrix(queries.list_roles())}
    return render_page(request, "platform/roles.html", context)


@needs(Permission.USER_MANAGE)
def add_role(request: HttpRequest) -> HttpResponseBase:
    """Make a role."""
    form = NewRoleForm(request.POST or None)

    def act(data: dict[str, Any]) -> str:
        operations.create_role(actor=actor_of(request), **data)
        messages.success(request, _("Saved."))
        return reverse("roles")

    context = {"title": _("New role"), "cancel": reverse("roles")}
    return handle_form(request, form=form, act=_asking_for_leave(form, act), context=context)


@needs(Permission.USER_MANAGE)
def edit_role(request: HttpRequest, role_id: int) -> HttpResponseBase:
    """Change what a role may do."""
    role = queries.list_roles().get(id=role_id)
    initial = {
        "permissions": role.permissions,
        "amount_limit_minor": role.amount_limit_minor,
        "asks_second_factor": role.asks_second_factor,
    }
    form = RoleForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> str:
        operations.change_role(actor=actor_of(request), role_id=role_id, **data)
        messages.success(request, _("Saved."))
        return reverse("roles")

    context = {"title": role.title, "cancel": reverse("roles")}
    return handle_form(request, form=form, act=_asking_for_leave(form, act), context=context)


# What is kept apart


@needs(Permission.USER_MANAGE)
def show_segregation(request: HttpRequest) -> HttpResponseBase:
    """Show what is kept apart here, and who holds it together by whose leave."""
    holdings = segregation.list_holdings(actor=actor_of(request), today=timezone.localdate())
    context = {
        "title": _("Kept apart"),
        "rules": [cards.combination_card(rule) for rule in segregation.list_combinations()],
        "holdings": holdings,
        "without_leave_count": sum(holding.exemption_id is None for holding in holdings),
    }
    return render_page(request, "platform/segregation.html", context)


@needs(Permission.USER_MANAGE)
def edit_combination(request: HttpRequest, combination_id: int | None = None) -> HttpResponseBase:
    """Write a rule, or change one."""
    initial: dict[str, Any] = {"is_active": True}
    title = _("New rule")
    if combination_id is not None:
        rule = segregation.list_combinations().get(id=combination_id)
        title = rule.title
        initial = {
            "name": rule.title,
            "permissions": rule.permissions,
            "conflicting": rule.conflicting,
            "is_active": rule.is_active,
        }
    form = CombinationForm(request.POST or None, initial=initial)
    if combination_id is not None and rule.code in COMBINATION_NAMES:
        form.fields["name"].disabled = True

    def act(data: dict[str, Any]) -> str:
        segregation.change_combination(actor=actor_of(request), combination_id=combination_id, **data)
        messages.success(request, _("Saved."))
        return reverse("segregation")

    return handle_form(request, form=form, act=act, context={"title": title, "cancel": reverse("segregation")})


@needs(Permission.USER_MANAGE)
def end_exemption(request: HttpRequest, exemption_id: int) -> HttpResponseBase:
    """Take an exemption back."""

    def act(data: dict[str, Any]) -> str:
        segregation.end_exemption(
            actor=actor_of(request), exemption_id=exemption_id, reason=data["reason"], ended_at=timezone.now()
        )
        messages.success(request, _("The exemption is ended; the rights stay until somebody changes them."))
        return reverse("segregation")

    context = {"title": _("End the exemption"), "submit": _("End it"), "cancel": reverse("segregation")}
    return handle_form(request, form=ReasonForm(request.POST or None), act=act, context=context)
