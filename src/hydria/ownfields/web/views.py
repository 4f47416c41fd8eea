"""Pages by which the administrator adds own fields."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hydria.ownfields import operations, queries
from hydria.ownfields.queries import OwnSubjectWord
from hydria.ownfields.web import fitting
from hydria.ownfields.web.forms import OwnFieldForm
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import Column, Filter, Kind, Listing, show_list

FIELDS = Listing(
    name="own-fields",
    columns=(
        Column(
            name="name",
            label=gettext_lazy("Name"),
            value=lambda row: fitting.label_of(queries.field_card(row)),
            link=lambda row: reverse("own_field", args=[row.pk]),
        ),
        Column(name="code", label=gettext_lazy("Code"), value="code", sort="code"),
        Column(
            name="subject", label=gettext_lazy("Added to"), value=lambda row: row.get_subject_display(), group="subject"
        ),
        Column(name="kind", label=gettext_lazy("It holds"), value=lambda row: row.get_kind_display()),
        Column(
            name="required",
            label=gettext_lazy("Required"),
            value=lambda row: str(_("Yes") if row.is_required else _("No")),
        ),
        Column(name="retired", label=gettext_lazy("Asked for no more from"), value="retired_date", kind=Kind.DATE),
    ),
    filters=(
        Filter(
            name="subject",
            label=gettext_lazy("Added to"),
            lookup="subject",
            kind="choice",
            choices=lambda: OwnSubjectWord.choices,
        ),
    ),
    sort="code",
    empty=gettext_lazy("No field of your own yet"),
    empty_hint=gettext_lazy("Add what your company wants to know of people, accounts, premises, points or meters."),
)


@needs(Permission.SETTING_MANAGE)
def show_fields(request: HttpRequest) -> HttpResponseBase:
    """List the company's own fields (CUS-22)."""
    rows = queries.list_all_fields(actor=actor_of(request))
    return show_list(request, listing=FIELDS, rows=rows, title=_("Own fields"), template="ownfields/fields.html")


@needs(Permission.SETTING_MANAGE)
def edit_field(request: HttpRequest, field_id: int | None = None) -> HttpResponse:
    """Add an own field, or change one."""
    actor = actor_of(request)
    field = queries.field_card(queries.list_all_fields(actor=actor).get(pk=field_id)) if field_id else None
    form = OwnFieldForm(request.POST or None, field=field)

    def act(_data: dict[str, Any]) -> str:
        operations.save_field(actor=actor, **form.given)
        messages.success(request, _("Saved. Forms, pages, lists and the API show it now."))
        return reverse("own_fields")

    title = fitting.label_of(field) if field else _("New field")
    return handle_form(request, form=form, act=act, context={"title": title, "cancel": reverse("own_fields")})
