"""Screens of concessions: who has what, programs, funds, what ends, what was lost, discounts on debts."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hydria.agreements import queries as agreements
from hydria.agreements.queries import AgreementCard
from hydria.concessions import operations, queries
from hydria.concessions.domain.funds import FundState
from hydria.concessions.queries import GrantCard, LossCard
from hydria.concessions.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.web.asking import day_asked
from hydria.platform.web.doors import actor_of, answer_file, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import build_list, show_list
from hydria.receivables import queries as receivables

Data = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementConcessions:
    """An agreement with what it has, had and lost."""

    agreement: AgreementCard
    grants: tuple[GrantCard, ...]
    losses: tuple[LossCard, ...]
    automatic: tuple[str, ...]


# Who has what


@needs(Permission.CONCESSION_VIEW)
def show_grants(request: HttpRequest) -> HttpResponseBase:
    """List who was granted what."""
    actor, today = actor_of(request), timezone.localdate()
    counts = {
        "ending_count": queries.list_ending(actor=actor, today=today).count(),
        "lost_count": queries.list_losses(actor=actor, on_date=today).count(),
        "short_count": sum(
            fund.standing.state is not FundState.ACTIVE for fund in queries.list_fund_cards(actor=actor, on_date=today)
        ),
    }
    return show_list(
        request,
        listing=lists.GRANTS,
        rows=queries.list_grants(actor=actor, today=today),
        title=_("Concessions"),
        template="concessions/grants.html",
        context=counts,
    )


@needs(Permission.CONCESSION_VIEW)
def show_ending(request: HttpRequest) -> HttpResponseBase:
    """List what ends within 60 days and who was told."""
    actor, today = actor_of(request), timezone.localdate()
    return show_list(
        request,
        listing=lists.ENDING,
        rows=queries.list_ending(actor=actor, today=today),
        title=_("Concessions that end soon"),
        template="concessions/ending.html",
        context={"may_grant": actor.may(Permission.CONCESSION_GRANT)},
    )


@needs(Permission.CONCESSION_GRANT)
def warn_ending(request: HttpRequest) -> HttpResponse:
    """Record that the holders of all concessions that end soon were told."""
    actor = actor_of(request)
    rows: Any = queries.list_ending(actor=actor, today=timezone.localdate())
    untold_ids = [row.pk for row in rows.order_by("id") if row.warned_at is None]

    def act(data: Data) -> str:
        count = operations.warn(actor=actor, grant_ids=untold_ids, reason=data["reason"])
        messages.success(request, ngettext("%d holder was told.", "%d holders were told.", count) % count)
        return reverse("concessions_ending")

    count = len(untold_ids)
    context = {
        "title": _("Record that they were told"),
        "submit": ngettext("Record for %d holder", "Record for %d holders", count) % count,
        "cancel": reverse("concessions_ending"),
    }
    return handle_form(request, form=forms.WarningForm(request.POST or None), act=act, context=context)


@needs(Permission.CONCESSION_VIEW)
def show_losses(request: HttpRequest) -> HttpResponseBase:
    """List what was lost without anybody having said so; billing waits for these."""
    today = timezone.localdate()
    return show_list(
        request,
        listing=lists.LOSSES,
        rows=queries.list_losses(actor=actor_of(request), on_date=today),
        title=_("Concessions lost without a word"),
        template="concessions/losses.html",
    )


@needs(Permission.CONCESSION_VIEW)
def show_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the concessions of an account by agreement, and the discounts on its debts."""
    actor, today = actor_of(request), timezone.localdate()
    account = agreements.get_account_card(actor=actor, account_id=account_id, today=today)
    ids = [agreement.agreement_id for agreement in account.agreements]
    grants = queries.get_grant_cards(actor=actor, agreement_ids=ids, today=today)
    losses = queries.list_loss_cards(actor=actor, agreement_ids=ids, on_date=today)
    programs = queries.list_program_cards(on_date=today)
    context = {
        "title": _("Concessions"),
        "account": account,
        "rows": [
            AgreementConcessions(
                agreement=agreement,
                grants=tuple(grant for grant in grants if grant.agreement_id == agreement.agreement_id),
                losses=tuple(loss for loss in losses if loss.agreement_id == agreement.agreement_id),
                automatic=tuple(program.name for program in programs if agreement.category_code in program.categories),
            )
            for agreement in account.agreements
        ],
        "state_labels": dict(lists.GrantState.choices),
        "discounts": queries.list_discounts(actor=actor, account_id=account_id)
        if actor.may(Permission.RECEIVABLE_VIEW)
        else [],
        "may_grant": actor.may(Permission.CONCESSION_GRANT),
        "may_discount": actor.may(Permission.CONCESSION_DISCOUNT) and actor.may(Permission.RECEIVABLE_VIEW),
    }
    return render_page(request, "concessions/account.html", context)


@needs(Permission.CONCESSION_GRANT)
def grant(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Grant a program to an agreement; `from` and `program` in the address propose a renewal."""
    actor, today = actor_of(request), timezone.localdate()
    account_id, agreement = agreements.get_agreement_card(actor=actor, agreement_id=agreement_id, today=today)
    home = reverse("account_concessions", args=[account_id])

    def act(data: Data) -> str:
        file = data.pop("evidence_file")
        operations.grant(actor=actor, agreement_id=agreement_id, evidence_file=file.read() if file else b"", **data)
        messages.success(request, _("The concession is granted."))
        return home

    form = forms.GrantForm(
        request.POST or None,
        request.FILES or None,
        agreement_id=agreement_id,
        from_date=day_asked(request, "from", default=today),
        initial={"program_code": request.GET.get("program", "")},
    )
    context = {
        "title": _("Grant a concession"),
        "submit": _("Grant"),
        "cancel": home,
        "lead": f"{agreement.number} · {agreement.service} · {agreement.address}",
        "evidence_wanted": form.evidence_wanted,
        "has_programs": form.has_programs,
    }
    return handle_form(request, form=form, act=act, template="concessions/grant.html", context=context)


@needs(Permission.CONCESSION_VIEW)
def show_evidence(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Show the paper that a concession rests on."""
    return answer_file(sha256=queries.get_evidence_hash(actor=actor_of(request), grant_id=grant_id))


@needs(Permission.CONCESSION_GRANT)
def end_concession(request: HttpRequest, agreement_id: int, code: str) -> HttpResponse:
    """End a concession of an agreement, or say why it is gone already."""
    actor, today = actor_of(request), timezone.localdate()
    account_id, agreement = agreements.get_agreement_card(actor=actor, agreement_id=agreement_id, today=today)
    home = reverse("account_concessions", args=[account_id])

    def act(data: Data) -> str:
        operations.end_concession(actor=actor, agreement_id=agreement_id, program_code=code, **data)
        messages.success(request, _("The end is recorded."))
        return home

    context = {
        "title": _("End the concession"),
        "submit": _("Record the end"),
        "cancel": home,
        "lead": f"{agreement.number} · {agreement.service} · {agreement.address}",
    }
    form = forms.EndForm(request.POST or None, initial={"end_date": today})
    return handle_form(request, form=form, act=act, template="concessions/act.html", context=context)


# Programs


@needs(Permission.CONCESSION_VIEW)
def show_programs(request: HttpRequest) -> HttpResponseBase:
    """List programs."""
    actor = actor_of(request)
    return show_list(
        request,
        listing=lists.PROGRAMS,
        rows=queries.list_programs(actor=actor),
        title=_("Programs"),
        template="concessions/programs.html",
        context={"may_manage": actor.may(Permission.CONCESSION_MANAGE)},
    )


@needs(Permission.CONCESSION_VIEW)
def show_program(request: HttpRequest, program_id: int) -> HttpResponse:
    """Show a program with who may do what and what it has used."""
    actor, today = actor_of(request), timezone.localdate()
    program = queries.get_program_card(actor=actor, program_id=program_id)
    context = {
        "title": program.name,
        "program": program,
        "is_over": program.end_date is not None and program.end_date <= today,
        "rules": queries.list_role_rules(program_id=program_id),
        "list": build_list(request, listing=lists.USES, rows=queries.list_uses(actor=actor, program_id=program_id)),
        "may_manage": actor.may(Permission.CONCESSION_MANAGE),
    }
    return render_page(request, "concessions/program.html", context, fragments={"list-uses": "platform/_list.html"})


@needs(Permission.CONCESSION_MANAGE)
def create_program(request: HttpRequest) -> HttpResponse:
    """Make a program."""

    def act(data: Data) -> str:
        program = operations.save_program(actor=actor_of(request), code=data["code"], terms=form.terms)
        return reverse("program", args=[program.pk])

    form = forms.ProgramForm(request.POST or None, is_new=True, initial={"from_date": timezone.localdate()})
    context = {"title": _("New program"), "submit": _("Make the program"), "cancel": reverse("programs")}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.CONCESSION_MANAGE)
def change_program(request: HttpRequest, program_id: int) -> HttpResponse:
    """Change the terms of a program."""
    program = queries.get_program_card(actor=actor_of(request), program_id=program_id)
    home = reverse("program", args=[program_id])

    def act(data: Data) -> str:
        operations.save_program(actor=actor_of(request), code=program.code, terms=form.terms)
        messages.success(request, _("The program is changed."))
        return home

    initial = {
        **{f"name_{language}": name for language, name in program.names.items()},
        "kind": program.kind,
        "fund_code": queries.find_fund_code(fund_id=program.fund_id),
        "from_date": program.start_date,
        "until_date": program.end_date,
        "evidence": program.evidence,
        "months_max": program.months_max,
        "categories": program.categories,
        "discount_max_minor": program.discount_max_minor,
        "percent_milli": program.percent_milli,
        "ranks": ", ".join(str(rank) for rank in program.ranks),
    }
    form = forms.ProgramForm(request.POST or None, is_new=False, initial=initial)
    context = {"title": _("Change %s") % program.name, "submit": _("Change the program"), "cancel": home}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.CONCESSION_MANAGE)
def change_rules(request: HttpRequest, program_id: int) -> HttpResponse:
    """Say what single roles may do in a program."""
    actor = actor_of(request)
    program = queries.get_program_card(actor=actor, program_id=program_id)
    home = reverse("program", args=[program_id])

    def act(data: Data) -> str:
        operations.set_rules(actor=actor, program_id=program_id, rules=form.rules)
        return home

    form = forms.RulesForm(request.POST or None, rules=queries.list_role_rules(program_id=program_id))
    context = {"title": _("Limits of roles"), "program": program, "cancel": home, "rows": form.rows}
    return handle_form(request, form=form, act=act, template="concessions/rules.html", context=context)


@needs(Permission.CONCESSION_MANAGE)
def end_program(request: HttpRequest, program_id: int) -> HttpResponse:
    """End a program with all its grants."""
    actor = actor_of(request)
    program = queries.get_program_card(actor=actor, program_id=program_id)
    home = reverse("program", args=[program_id])

    def act(data: Data) -> str:
        count = operations.end_program(actor=actor, program_id=program_id, **data)
        messages.success(request, ngettext("%d grant ends with it.", "%d grants end with it.", count) % count)
        return home

    context = {
        "title": _("End %s") % program.name,
        "submit": _("End the program"),
        "cancel": home,
        "lead": _("Every grant that lasts longer ends on that day, each by its own event."),
    }
    form = forms.EndForm(request.POST or None, initial={"end_date": timezone.localdate()})
    return handle_form(request, form=form, act=act, template="concessions/act.html", context=context)


# Funds


@needs(Permission.CONCESSION_VIEW)
def show_funds(request: HttpRequest) -> HttpResponse:
    """Show the funds with what is left of their budgets."""
    actor = actor_of(request)
    context = {
        "title": _("Funds"),
        "funds": queries.list_fund_cards(actor=actor, on_date=timezone.localdate()),
        "state_labels": _fund_states(),
        "may_manage": actor.may(Permission.CONCESSION_MANAGE),
    }
    return render_page(request, "concessions/funds.html", context)


@needs(Permission.CONCESSION_VIEW)
def show_fund(request: HttpRequest, fund_id: int) -> HttpResponse:
    """Show a fund with its budgets and what they paid for."""
    actor, today = actor_of(request), timezone.localdate()
    fund = queries.get_fund_card(actor=actor, fund_id=fund_id, on_date=today)
    context = {
        "title": fund.name,
        "fund": fund,
        "budgets": queries.list_budget_cards(actor=actor, fund_id=fund_id),
        "state_labels": _fund_states(),
        "list": build_list(request, listing=lists.USES, rows=queries.list_uses(actor=actor, fund_id=fund_id)),
        "may_manage": actor.may(Permission.CONCESSION_MANAGE),
    }
    return render_page(request, "concessions/fund.html", context, fragments={"list-uses": "platform/_list.html"})


def _fund_states() -> dict[str, str]:
    return {"ACTIVE": _("Enough is left"), "NEAR": _("80 % or more is taken"), "EXHAUSTED": _("Nothing is left")}


@needs(Permission.CONCESSION_MANAGE)
def create_fund(request: HttpRequest) -> HttpResponse:
    """Make a fund."""

    def act(data: Data) -> str:
        fund = operations.save_fund(actor=actor_of(request), **data)
        return reverse("fund_budget", args=[fund.pk])

    context = {"title": _("New fund"), "submit": _("Make the fund"), "cancel": reverse("funds")}
    return handle_form(request, form=forms.FundForm(request.POST or None), act=act, context=context)


@needs(Permission.CONCESSION_MANAGE)
def set_budget(request: HttpRequest, fund_id: int) -> HttpResponse:
    """Set what a fund may give in some days; the same days again change the amount."""
    actor, today = actor_of(request), timezone.localdate()
    fund = queries.get_fund_card(actor=actor, fund_id=fund_id, on_date=today)
    home = reverse("fund", args=[fund_id])

    def act(data: Data) -> str:
        operations.set_budget(actor=actor, fund_id=fund_id, **data)
        messages.success(request, _("The budget is set."))
        return home

    initial = {
        "from_date": fund.start_date or today.replace(month=1, day=1),
        "until_date": fund.end_date or datetime.date(today.year + 1, 1, 1),
        "budget_minor": fund.standing.budget_minor or None,
    }
    form = forms.BudgetForm(request.POST or None, initial=initial)
    context = {
        "title": _("Budget of %s") % fund.name,
        "submit": _("Set the budget"),
        "cancel": home,
        "lead": _("The same days again change the amount."),
    }
    return handle_form(request, form=form, act=act, template="concessions/act.html", context=context)


# Discounts


@needs(Permission.CONCESSION_DISCOUNT)
def give_discount(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take something off chosen debts of an account."""
    actor, today, formats = actor_of(request), timezone.localdate(), get_formats()
    actor.require(Permission.RECEIVABLE_VIEW)
    account = agreements.get_account_card(actor=actor, account_id=account_id, today=today)
    programs = [program for program in queries.list_program_cards(on_date=today) if program.discount_max_minor]
    debts = receivables.list_open_items(account_id=account_id, today=today)
    home = _after_discount(request, account_id)

    def act(data: Data) -> str:
        discount = operations.give_discount(
            actor=actor, account_id=account_id, given_at=timezone.now(), effective_date=today, **data
        )
        words = {"code": discount.code, "amount": formats.money(discount.amount_minor)}
        messages.success(request, _("Discount %(code)s of %(amount)s is given.") % words)
        return home

    form = forms.DiscountForm(
        request.POST or None,
        programs=[(program.code, program.name) for program in programs],
        debts=[
            (debt.item_id, f"{debt.kind_label} {debt.document_code} · {formats.money(debt.open_minor)}")
            for debt in debts
        ],
    )
    context = {
        "title": _("Give a discount"),
        "submit": _("Give the discount"),
        "cancel": home,
        "lead": f"{account.holder.name if account.holder else ''} · {account.number}",
        "has_programs": bool(programs),
        "has_debts": bool(debts),
    }
    return handle_form(request, form=form, act=act, template="concessions/discount.html", context=context)


def _after_discount(request: HttpRequest, account_id: int) -> str:
    """Return to the till, where the discount was asked for there, or to the account's concessions."""
    return reverse("till_account" if "till" in request.GET else "account_concessions", args=[account_id])


@needs(Permission.CONCESSION_DISCOUNT)
def reverse_discount(request: HttpRequest, discount_id: int) -> HttpResponse:
    """Take a discount back by its mirror."""
    actor = actor_of(request)
    given = queries.get_discount_card(actor=actor, discount_id=discount_id)
    home = reverse("account_concessions", args=[given.account_id])

    def act(data: Data) -> str:
        operations.reverse_discount(
            actor=actor,
            discount_id=discount_id,
            reversed_at=timezone.now(),
            effective_date=timezone.localdate(),
            **data,
        )
        messages.success(request, _("Discount %s is taken back.") % given.code)
        return home

    context = {
        "title": _("Take back discount %s") % given.code,
        "submit": _("Take it back"),
        "cancel": home,
        "lead": _("What it settled is owed again, its journal is undone by a mirror, its fund gets the money back."),
    }
    form = forms.ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="concessions/act.html", context=context)
