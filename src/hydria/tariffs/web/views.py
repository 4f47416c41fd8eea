"""Screens of tariffs: the list, a tariff with its text and charges, publishing a text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import DeskForm, handle_form
from hydria.tariffs import operations, queries

TEXT_LENGTH_MAX = 1_000_000


class TextForm(DeskForm):
    """Take a tariff text."""

    text = forms.CharField(
        label=gettext_lazy("Text of the tariff"),
        max_length=TEXT_LENGTH_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code"}),
    )


@needs(Permission.TARIFF_VIEW)
def show_tariffs(request: HttpRequest) -> HttpResponse:
    """List the tariffs with the version in force."""
    actor = actor_of(request)
    context = {
        "title": _("Tariffs"),
        "tariffs": queries.list_tariffs(actor=actor),
        "may_publish": actor.may(Permission.TARIFF_PUBLISH),
    }
    return render_page(request, "tariffs/tariffs.html", context)


@needs(Permission.TARIFF_VIEW)
def show_tariff(request: HttpRequest, code: str) -> HttpResponse:
    """Show a tariff: its versions, and the charges and the text of the one in force."""
    tariff = queries.get_tariff_page(actor=actor_of(request), code=code, language=(get_language() or "en")[:2])
    return render_page(request, "tariffs/tariff.html", {"title": tariff.title, "tariff": tariff})


@needs(Permission.TARIFF_PUBLISH)
def publish_version(request: HttpRequest) -> HttpResponse:
    """Publish a text after both engines have reproduced its own cases."""

    def act(data: dict[str, Any]) -> str:
        try:
            version = operations.publish_version(
                actor=actor_of(request), text=data["text"], published_at=timezone.now()
            )
        except operations.UnableToPublishVersion as refusal:
            raise _with_findings(refusal) from refusal
        messages.success(request, _("Version %s is in force.") % version.sequence)
        return reverse("tariff", args=[version.tariff.code])

    context = {"title": _("Publish a tariff text"), "submit": _("Check and publish"), "cancel": reverse("tariffs")}
    return handle_form(request, form=TextForm(request.POST or None), act=act, context=context)


def _with_findings(refusal: UnableTo) -> UnableTo:
    """Return the refusal with every finding in its sentence, each with its line."""
    found = [f"{issue.row}: {issue.message}" for issue in refusal.data.get("issues", ())]
    found += [str(case) for case in refusal.data.get("cases", ())]
    return operations.UnableToPublishVersion(refusal.code, " · ".join([refusal.message, *found]))
