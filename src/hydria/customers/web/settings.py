"""What the administrator sets for the front office: the rule on debt, types of document, texts of contracts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.customers import operations, queries
from hydria.customers.domain.contracts import NAMES
from hydria.customers.domain.procedures import DebtRule, Procedure
from hydria.customers.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list

Data = dict[str, Any]


@needs(Permission.SETTING_MANAGE)
def show_document_types(request: HttpRequest) -> HttpResponseBase:
    """List the kinds of paper that customers hand in."""
    rows = queries.list_all_document_types()
    return show_list(
        request,
        listing=lists.DOCUMENT_TYPES,
        rows=rows,
        title=_("Types of document"),
        template="customers/document_types.html",
    )


@needs(Permission.SETTING_MANAGE)
def edit_document_type(request: HttpRequest, code: str = "") -> HttpResponse:
    """Add a type of document, or change one."""
    initial: Data = {}
    if code:
        known = queries.list_all_document_types().get(code=code)
        names = ("code", "name", "procedures", "is_active")
        initial = {name: getattr(known, name) for name in names}

    def act(data: Data) -> str:
        procedures = [Procedure(procedure) for procedure in data.pop("procedures")]
        operations.save_document_type(actor=actor_of(request), procedures=procedures, **data)
        messages.success(request, _("Saved."))
        return reverse("document_types")

    context = {"title": code or _("New type of document"), "cancel": reverse("document_types")}
    form = forms.DocumentTypeForm(request.POST or None, initial=initial or None)
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.SETTING_MANAGE)
def show_contract_templates(request: HttpRequest) -> HttpResponseBase:
    """List the texts of contracts."""
    return show_list(
        request,
        listing=lists.CONTRACT_TEMPLATES,
        rows=queries.list_contract_templates(),
        title=_("Contracts"),
        template="customers/contract_templates.html",
    )


@needs(Permission.SETTING_MANAGE)
def edit_contract_template(request: HttpRequest, template_id: int = 0) -> HttpResponse:
    """Write the text of a contract, or change one."""
    initial: Data = {}
    if template_id:
        known = queries.list_contract_templates().get(pk=template_id)
        initial = {"name": known.name, "language": known.language, "text": known.text}

    def act(data: Data) -> str:
        operations.save_contract_template(actor=actor_of(request), **data)
        messages.success(request, _("Saved."))
        return reverse("contract_templates")

    context = {
        "title": initial.get("name") or _("New contract"),
        "cancel": reverse("contract_templates"),
        "names": ["{{" + name + "}}" for name in NAMES],
    }
    form = forms.ContractTemplateForm(request.POST or None, initial=initial or None)
    return handle_form(request, form=form, act=act, template="customers/contract_template.html", context=context)


@needs(Permission.SETTING_MANAGE)
def edit_debt_rule(request: HttpRequest) -> HttpResponse:
    """Set what open debt means for a change of customer."""

    def act(data: Data) -> str:
        operations.set_debt_rule(actor=actor_of(request), debt_rule=DebtRule(data["debt_rule"]), reason=data["reason"])
        messages.success(request, _("Saved."))
        return reverse("document_types")

    form = forms.DebtRuleForm(request.POST or None, initial={"debt_rule": queries.get_debt_rule()})
    context = {"title": _("Debt at a change of customer"), "cancel": reverse("document_types")}
    return handle_form(request, form=form, act=act, context=context)
