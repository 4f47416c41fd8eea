"""The pages of coming in and going out: log-in, second factor, sessions."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from hydria.platform import queries, second_factor, sessions
from hydria.platform.access import Permission
from hydria.platform.documents.barcodes import qr_svg
from hydria.platform.models import AccessKind, User
from hydria.platform.web import cards, entrance
from hydria.platform.web.doors import actor_of, needs, person_of, render_page, within_this_desk
from hydria.platform.web.entrance_forms import (
    AppForm,
    CodeForm,
    LogInForm,
    PasswordAndAppForm,
    PasswordAndCodeForm,
    ReasonForm,
)
from hydria.platform.web.forms import UNPROCESSABLE, go_to, handle_form

View = Callable[..., HttpResponseBase]
SESSIONS_SHOWN = 500
NOBODYS_NAME = "(unknown)"


class LogIn(LoginView):
    """Let a person in by name and password; too many wrong ones close the door for a while."""

    template_name = "platform/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead whoever stands half-way to the other half."""
        if entrance.halfway_of(request) and request.method == "GET":
            return _to_other_half(request, next_page=self.get_redirect_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin the session, and ask for the second factor where there is one."""
        user = form.get_user()
        response = super().form_valid(form)
        self.request.session.clear_expired()
        if entrance.stage_of(self.request) is entrance.Stage.OPEN:
            entrance.record(self.request, AccessKind.LOG_IN, user=user)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say no, and remember by whose name it was tried."""
        if not getattr(self.request, "axes_locked_out", False):
            user, name = _tried(self.request)
            entrance.record(self.request, AccessKind.LOG_IN_FAILED, user=user, name=name, refused=True)
        return super().form_invalid(form)


class LogOut(LogoutView):
    """Let a person go."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        user = entrance.halfway_of(request) or request.user
        if isinstance(user, User):
            entrance.record(request, AccessKind.LOG_OUT, user=user)
        return super().post(request, *args, **kwargs)


def show_lockout(request: HttpRequest, *_arguments: Any, **_keywords: Any) -> HttpResponseBase:
    """Say that too many wrong passwords were tried and how long to wait."""
    user, name = _tried(request)
    entrance.record(request, AccessKind.CLOSED_DOOR, user=user, name=name, refused=True)
    return render(request, "platform/lockout.html", status=429)


def _tried(request: HttpRequest) -> tuple[User | None, str]:
    """Return the user whose name was typed; what is nobody's name may be a password, and is not kept."""
    user = queries.find_user(username=request.POST.get("username", ""))
    return user, "" if user else NOBODYS_NAME


def _to_other_half(request: HttpRequest, *, next_page: str) -> HttpResponse:
    name = "login_code" if entrance.stage_of(request) is entrance.Stage.CODE else "second_factor_app"
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': next_page or reverse('home')})}")


@never_cache
def prove(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code of the app after the password."""
    user = entrance.halfway_of(request)
    if user is None or entrance.stage_of(request) is not entrance.Stage.CODE:
        return HttpResponseRedirect(reverse("login"))
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            second_factor.prove(actor=user.to_actor(), typed=form.cleaned_data["code"], at=timezone.now())
        except second_factor.UnableToProve as refusal:
            kind = AccessKind.CLOSED_DOOR if refusal.code == "closed" else AccessKind.SECOND_FACTOR
            entrance.record(request, kind, user=user, refused=True, reason=refusal.code)
            form.add_error(None, forms.ValidationError(refusal.message, code=refusal.code))
            status = 429 if refusal.code == "closed" else UNPROCESSABLE
        else:
            entrance.open_fully(request, now=timezone.now())
            entrance.record(request, AccessKind.LOG_IN, user=user, reason="with second factor")
            return HttpResponseRedirect(_next_of(request))
    context = {"form": form, "next": _next_of(request), "name": user.full_name or user.username}
    return render(request, "platform/second_factor_code.html", context, status=status)


def _next_of(request: HttpRequest) -> str:
    return within_this_desk(request.POST.get("next") or request.GET.get("next") or "/")


# The second factor


@login_required
def show_factor(request: HttpRequest) -> HttpResponseBase:
    """Show how the reader's second factor stands and what can be done about it."""
    context = {
        "title": _("Second factor"),
        "factor": second_factor.get_factor(user_id=person_of(request).pk),
        "is_needed": actor_of(request).needs_second_factor,
    }
    return render_page(request, "platform/second_factor.html", context)


def _for_who_knows_the_password(view: View) -> View:
    """Open a view to users, and to those who stand half-way because they have to set up a second factor."""

    @never_cache
    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if entrance.halfway_of(request) and entrance.stage_of(request) is entrance.Stage.ENROLL:
            return view(request)
        return login_required(view)(request)

    return guarded


@_for_who_knows_the_password
def set_up_app(request: HttpRequest) -> HttpResponseBase:
    """Set an app up: make its key, show it as a picture, and take a first code."""
    halfway = entrance.halfway_of(request)
    user = halfway or person_of(request)
    actor = user.to_actor()
    if request.method == "POST" and "begin" in request.POST:
        return _begin(request, act=functools.partial(second_factor.begin_enrollment, actor=actor))
    enrollment = second_factor.get_enrollment(actor=actor, issuer=queries.get_company().name or "Hydria")
    asked = request.POST or None
    form = AppForm(asked) if halfway else PasswordAndAppForm(asked, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.confirm_enrollment(
                actor=actor,
                typed=form.cleaned_data["code"],
                at=timezone.now(),
                kept_handle=entrance.handle_of(request),
            )
        except second_factor.UnableToEnroll as refusal:
            form.add_error(None, forms.ValidationError(refusal.message, code=refusal.code))
        else:
            entrance.open_fully(request, now=timezone.now())
            kind = AccessKind.LOG_IN if halfway else AccessKind.SECOND_FACTOR
            entrance.record(request, kind, user=user, reason="second factor set up")
            return _show_codes(request, codes)
    context = {
        "form": form,
        "enrollment": enrollment,
        "picture": base64.b64encode(qr_svg(enrollment.address).encode()).decode() if enrollment else "",
        "is_needed": bool(halfway),
        "next": _next_of(request),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "platform/second_factor_app.html", context, status=status)


def _begin(request: HttpRequest, *, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except second_factor.UnableToEnroll as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse("second_factor"))
    return HttpResponseRedirect(f"{reverse('second_factor_app')}?{urlencode({'next': _next_of(request)})}")


def _show_codes(request: HttpRequest, codes: tuple[str, ...]) -> HttpResponse:
    context = {"codes": codes, "next": _next_of(request)}
    return render(request, "platform/recovery_codes.html", context)


@login_required
@never_cache
def renew_codes(request: HttpRequest) -> HttpResponseBase:
    """Give the reader new recovery codes for the old ones."""
    user = person_of(request)
    form, status = PasswordAndCodeForm(request.POST or None, user=user), 200
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.renew_recovery_codes(
                actor=actor_of(request), typed=form.cleaned_data["code"], at=timezone.now()
            )
        except second_factor.UnableToProve as refusal:
            entrance.record(request, AccessKind.SECOND_FACTOR, user=user, refused=True, reason=refusal.code)
            form.add_error(None, forms.ValidationError(refusal.message, code=refusal.code))
        else:
            entrance.record(request, AccessKind.SECOND_FACTOR, user=user, reason="new recovery codes")
            return _show_codes(request, codes)
    status = UNPROCESSABLE if form.errors else status
    context = {
        "title": _("New recovery codes"),
        "form": form,
        "submit": _("Make new codes"),
        "cancel": reverse("second_factor"),
    }
    return render_page(request, "platform/form.html", context, status=status)


@login_required
def remove_factor(request: HttpRequest) -> HttpResponseBase:
    """Take the reader's app out of use."""
    user = person_of(request)

    def act(data: dict[str, Any]) -> str:
        try:
            second_factor.remove_factor(actor=actor_of(request), typed=data["code"], at=timezone.now())
        except second_factor.UnableToProve as refusal:
            entrance.record(request, AccessKind.SECOND_FACTOR, user=user, refused=True, reason=refusal.code)
            raise
        entrance.forget_proof(request)
        entrance.record(request, AccessKind.SECOND_FACTOR, user=user, reason="second factor removed")
        messages.success(request, _("The app and the recovery codes no longer count."))
        return reverse("second_factor")

    context = {
        "title": _("Take the app out of use"),
        "submit": _("Take it out of use"),
        "cancel": reverse("second_factor"),
    }
    return handle_form(request, form=PasswordAndCodeForm(request.POST or None, user=user), act=act, context=context)


@needs(Permission.USER_MANAGE)
def reset_factor(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Take another user's app out of use, because it is lost."""
    user = queries.list_users().get(id=user_id)
    factor = second_factor.get_factor(user_id=user_id)

    def act(data: dict[str, Any]) -> str:
        second_factor.reset_factor(
            actor=actor_of(request), user_id=user_id, reason=data["reason"], origin=entrance.origin_of(request)
        )
        messages.success(request, _("The app no longer counts, and every session of this user is ended."))
        return reverse("user", args=[user_id])

    context = {
        "title": _("Second factor of %s") % (user.full_name or user.username),
        "factor": factor,
        "submit": _("Take it out of use"),
        "cancel": reverse("user", args=[user_id]),
    }
    form = ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="platform/user_factor.html", context=context)


# Sessions


@login_required
def show_sessions(request: HttpRequest) -> HttpResponseBase:
    """Show the reader where they are logged in."""
    rows = sessions.list_sessions(actor=actor_of(request), at=timezone.now()).order_by("-last_seen_at")
    here = entrance.handle_of(request)
    context = {"title": _("My sessions"), "sessions": [cards.session_card(row, here=here) for row in rows]}
    return render_page(request, "platform/sessions.html", context)


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponseBase:
    """End all other sessions of the reader."""
    count = sessions.end_sessions(
        actor=actor_of(request),
        user_id=person_of(request).pk,
        origin=entrance.origin_of(request),
        kept_handle=entrance.handle_of(request),
    )
    sentence = ngettext("%(count)s other session was ended.", "%(count)s other sessions were ended.", count)
    messages.success(request, sentence % {"count": count})
    return go_to(request, reverse("sessions"))


@needs(Permission.USER_MANAGE)
def show_everybody(request: HttpRequest) -> HttpResponseBase:
    """Show who is logged in, from where and since when."""
    rows = sessions.list_sessions(actor=actor_of(request), at=timezone.now(), of_everybody=True)
    here = entrance.handle_of(request)
    shown = [cards.session_card(row, here=here) for row in rows.order_by("-last_seen_at")[:SESSIONS_SHOWN]]
    context = {"title": _("Sessions"), "sessions": shown, "is_everybodys": True}
    return render_page(request, "platform/sessions.html", context)


@login_required
def end_session(request: HttpRequest, handle: str) -> HttpResponseBase:
    """End one session: one's own, or as a manager of users somebody else's; ask before, as it may lose their work."""
    actor = actor_of(request)
    open_now = sessions.list_sessions(actor=actor, at=timezone.now(), of_everybody=actor.may(Permission.USER_MANAGE))
    row = open_now.filter(handle=handle).first()
    place = reverse("sessions" if row is None or row.user_id == actor.user_id else "sessions_all")
    if request.method == "POST" or row is None:
        try:
            sessions.end_session(actor=actor, handle=handle, origin=entrance.origin_of(request))
        except sessions.UnableToEndSession as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("The session is ended."))
        return go_to(request, place)
    card = cards.session_card(row, here=entrance.handle_of(request))
    context = {"title": _("End this session?"), "session": card, "cancel": place}
    return render_page(request, "platform/session_end.html", context)
