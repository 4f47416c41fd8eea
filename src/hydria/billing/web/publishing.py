"""Screens on which a tariff version comes into force or goes out of it, which what has been billed decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hydria.billing import _publishing, operations
from hydria.billing.web.forms import ReasonForm
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import UNPROCESSABLE, DateField, DeskForm, go_to, handle_form
from hydria.tariffs import operations as tariffs_operations
from hydria.tariffs import queries as tariffs
from hydria.tariffs.web.cards import version_title
from hydria.tariffs.web.trying import names_of


class PublishForm(DeskForm):
    """Ask from which day supplied a version prices."""

    from_date = DateField(
        label=gettext_lazy("First day supplied that it prices"),
        help_text=gettext_lazy(
            "What ends on or after this day is priced by this text, with the prices that it holds for each day."
        ),
    )


class RebillForm(PublishForm):
    """Carry the day of a refused publication along."""

    from_date = DateField(widget=forms.HiddenInput)


@needs(Permission.TARIFF_PUBLISH)
def publish_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Publish an approved version from a day; days that have been billed are listed and refuse it."""
    page = tariffs.get_version_page(actor=actor_of(request), version_id=version_id)
    effective_date = page.compiled.form.effective_date if page.compiled else None
    form = PublishForm(request.POST or None, initial={"from_date": effective_date or timezone.localdate()})
    context = {
        "title": _("Publish %s") % version_title(page.row),
        "page": page,
        "form": form,
        "proposals": _proposals(request, page),
        "is_undated": page.compiled is not None and not any(page.compiled.changes.values()),
    }
    if request.method != "POST" or not form.is_valid():
        return render_page(request, "billing/publish.html", context, status=UNPROCESSABLE if form.errors else 200)
    from_date = form.cleaned_data["from_date"]
    try:
        operations.publish_tariff(
            actor=actor_of(request), version_id=version_id, from_date=from_date, published_at=timezone.now()
        )
    except operations.UnableToPublishTariff as refusal:
        context |= {"periods": refusal.data["periods"], "refusal": refusal.message, "from_date": from_date}
        context["rebill_form"] = RebillForm(initial={"from_date": from_date})
        return render_page(request, "billing/publish.html", context, status=UNPROCESSABLE)
    except (tariffs_operations.UnableToMoveVersion, tariffs_operations.UnableToPublishVersion) as refusal:
        form.add_error(None, forms.ValidationError(refusal.message, code=refusal.code))
        return render_page(request, "billing/publish.html", context, status=UNPROCESSABLE)
    messages.success(request, _("The version is published."))
    return go_to(request, reverse("tariff_version", args=[version_id]))


@needs(Permission.TARIFF_PUBLISH)
def propose_rebill(request: HttpRequest, version_id: int) -> HttpResponse:
    """Work out what billing again would come to, and show it; without a day, show what was worked out before."""
    page = tariffs.get_version_page(actor=actor_of(request), version_id=version_id)
    form = RebillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        operations.propose_rebill(
            actor=actor_of(request),
            version_id=version_id,
            from_date=form.cleaned_data["from_date"],
            proposed_at=timezone.now(),
        )
        return go_to(request, reverse("tariff_rebill", args=[version_id]))
    context = {
        "title": _("What billing again would come to"),
        "page": page,
        "proposals": _proposals(request, page),
    }
    return render_page(request, "billing/rebill.html", context)


def _proposals(request: HttpRequest, page: tariffs.VersionPage) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the proposals of a version, each with its charges by the names that the reader knows."""
    names = names_of(page.charges)
    if page.before_id is not None:
        before = tariffs.get_version_page(actor=actor_of(request), version_id=page.before_id)
        names = names_of(before.charges) | names
    return [
        (proposal, [(names.get(charge.label, charge.label), charge) for charge in proposal.charges])
        for proposal in _publishing.list_proposals(actor=actor_of(request), version_id=page.row.id)
    ]


@needs(Permission.TARIFF_PUBLISH)
def withdraw_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take a published version out of force that has billed nothing."""
    page = tariffs.get_version_page(actor=actor_of(request), version_id=version_id)

    def act(data: dict[str, Any]) -> str:
        operations.withdraw_tariff(
            actor=actor_of(request), version_id=version_id, reason=data["reason"], withdrawn_at=timezone.now()
        )
        messages.success(request, _("The version is withdrawn; the one before it goes on."))
        return reverse("tariff", args=[page.row.code])

    context = {
        "title": _("Withdraw %s") % version_title(page.row),
        "consequence": _("It goes out of force and the version before it goes on; it must not have billed anything."),
        "submit": _("Withdraw"),
        "cancel": reverse("tariff_version", args=[version_id]),
    }
    form = ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="billing/act.html", context=context)
