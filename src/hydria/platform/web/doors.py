"""What every view starts and ends with: who asks, may they, and where the answer goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from hydria.platform.access import Actor, Permission
from hydria.platform.files import read_file
from hydria.platform.models import StoredFile, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor behind a request, with the permissions that its roles have now."""
    actor = getattr(request, "_hydria_actor", None)
    if actor is None:
        user = request.user
        actor = user.to_actor() if isinstance(user, User) else Actor(name="", permissions=frozenset())
        # Asked for many times, worked out once.
        request._hydria_actor = actor  # type: ignore[attr-defined]  # noqa: SLF001
    return actor


def person_of(request: HttpRequest) -> User:
    """Return the log-in behind a request whose view asks for one."""
    assert isinstance(request.user, User)
    return request.user


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Open a view to those who hold the permission; others are told which one they lack, or asked to log in."""

    def decorate(view: View[P]) -> View[P]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor_of(request).require(permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # the tests ask each URL what it needs
        return cast("View[P]", guarded)

    return decorate


def answer_file(*, sha256: str) -> HttpResponse:
    """Show a kept file in the browser, which must not take it for anything but what it is."""
    stored = StoredFile.objects.get(sha256=sha256)
    return HttpResponse(
        read_file(stored),
        content_type=stored.media_type,
        headers={"Content-Disposition": "inline", "X-Content-Type-Options": "nosniff"},
    )


def within_this_desk(address: str) -> str:
    """Return an address that was sent along if it is one of this desk, else the first page's."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours else reverse("home")


def is_fragment(request: HttpRequest, *, target: str) -> bool:
    """Tell whether only the element with this id is wanted, rather than the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == target


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragments: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """
    Render a page, or the fragment of it that was asked for.

    fragments  element id -> template of that element; the page's own template includes it
    """
    for target, fragment in (fragments or {}).items():
        if is_fragment(request, target=target):
            template = fragment
    response = render(request, template, dict(context), status=status)
    if fragments:
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
