"""
A guided act: the form, then what would change, then the act.

The preview is no copy of the rules: the act itself is rehearsed and taken back, so whatever it would refuse is said
before anything is agreed with the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from hydria.kernel.errors import UnableTo
from hydria.platform.transactions import rehearsing
from hydria.platform.web.doors import actor_of, render_page
from hydria.platform.web.forms import UNPROCESSABLE, go_to

STEP, DO, EDIT = "step", "do", "edit"
_NOT_SENT_ON = {STEP, "csrfmiddlewaretoken"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that becomes another; `before` is empty for what is new."""

    label: str
    before: str = ""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something else that the act touches, or leaves as it is; `tone` as in notices."""

    text: str
    tone: str = "info"
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an act would change, from when on, and what else it touches."""

    changes: tuple[Change, ...]
    effects: tuple[Effect, ...] = ()
    since: str = ""


def guide(
    request: HttpRequest,
    *,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
    preview: Callable[[dict[str, Any]], Preview],
    done: str,
    context: Mapping[str, Any],
    template: str = "customers/act.html",
) -> HttpResponse:
    """
    Show a form, the preview of what it asks for, or do it and go where `act` says.

    act      gets the cleaned data, calls one operation and returns the address to go to; it is called twice, the
             first time as a rehearsal
    preview  gets the cleaned data and says what would change
    done     what the person reads afterwards
    context  title, submit (what the act is called), cancel (where to go back to), and what the template needs
    """
    step = request.POST.get(STEP, "")
    if request.method == "POST" and step != EDIT and form.is_valid():
        try:
            if step == DO:
                address = act(form.cleaned_data)
                messages.success(request, done)
                return go_to(request, address)
            with rehearsing(actor_of(request)):
                act(form.cleaned_data)
        except UnableTo as refusal:
            form.add_error(None, forms.ValidationError(refusal.message, code=refusal.code))
        else:
            sent = [(name, value) for name, values in request.POST.lists() for value in values]
            shown = {
                "preview": preview(form.cleaned_data),
                "sent": [(name, value) for name, value in sent if name not in _NOT_SENT_ON],
            }
            return render_page(request, "customers/preview.html", {**context, **shown})
    status = UNPROCESSABLE if step != EDIT and form.errors else 200
    return render_page(request, template, {"form": form, **context}, status=status)
