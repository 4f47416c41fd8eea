"""Screens of billing: cycles and their periods, runs, invoices."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.billing import operations, queries
from hydria.billing._board import BoardCard, Stage, get_summary_page, list_board
from hydria.billing._readiness import list_readiness
from hydria.billing.documents import printing
from hydria.billing.domain.obstacles import AMOUNT_OUT_OF_LINE
from hydria.billing.domain.states import RunState
from hydria.billing.models import RunStateWord
from hydria.billing.web import forms, lists, wording
from hydria.billing.web.summaries import summary_tables
from hydria.platform.access import Actor, Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list
from hydria.platform.web.states import label_of

ONE_DAY = datetime.timedelta(days=1)


@needs(Permission.BILLING_VIEW)
def show_board(request: HttpRequest) -> HttpResponse:
    """Show where the billing of each cycle stands, column by column."""
    actor = actor_of(request)
    cards = [_board_card(actor, card) for card in list_board(actor=actor)]
    context = {
        "title": _("Cycle board"),
        "may_run": actor.may(Permission.BILLING_RUN),
        "columns": [
            {
                "code": stage.value,
                "label": wording.STAGES[stage],
                "cards": [card for card in cards if card["row"].stage is stage],
            }
            for stage in Stage
        ],
    }
    return render_page(request, "billing/board.html", context)


def _board_card(actor: Actor, card: BoardCard) -> dict[str, Any]:
    """Return a card with the one act that takes its period further, for those who may do it."""
    run = None if card.run_id is None else reverse("run", args=[card.run_id])
    start = reverse("run_start", args=[card.period_id])
    acts = {
        Stage.READING: (Permission.BILLING_RUN, _("Start the run"), start),
        Stage.REVIEW: (Permission.BILLING_CONFIRM, _("Review and confirm"), run),
    }
    if card.stage is Stage.CONFIRMED and card.parked_count:
        acts[Stage.CONFIRMED] = (
            Permission.BILLING_RUN,
            _("Bill what was parked"),
            reverse("run_follow_up", args=[card.period_id]),
        )
    permission, label, href = acts.get(card.stage, (Permission.BILLING_RUN, "", None))
    may_act = href is not None and actor.may(permission)
    return {
        "row": card,
        "last_date": card.end_date - ONE_DAY,
        "href": run or start,
        "next_label": label if may_act else "",
        "next_href": href if may_act else "",
    }


@needs(Permission.BILLING_VIEW)
def show_readiness(request: HttpRequest, period_id: int) -> HttpResponse:
    """Count the readings of a period, for its card on the board."""
    routes = list_readiness(actor=actor_of(request), period_id=period_id)
    context = {
        name: sum(getattr(route, name) for route in routes)
        for name in ("due_count", "ready_count", "held_count", "missing_count")
    }
    return render(request, "billing/_readiness.html", context)


@needs(Permission.BILLING_VIEW)
def show_cycles(request: HttpRequest) -> HttpResponseBase:
    """List the periods of all cycles with where their runs stand."""
    actor = actor_of(request)
    return show_list(
        request,
        listing=lists.PERIODS,
        rows=queries.list_periods(actor=actor),
        title=_("Cycles"),
        template="billing/cycles.html",
        context={"may_run": actor.may(Permission.BILLING_RUN)},
    )


@needs(Permission.BILLING_RUN)
def open_period(request: HttpRequest) -> HttpResponse:
    """Open a period of a cycle; the dates that follow the last one are proposed."""
    proposed = queries.propose_period(actor=actor_of(request))
    initial = {}
    if proposed is not None:
        initial = {
            "cycle_id": proposed.cycle_id,
            "start_date": proposed.start_date,
            "last_date": proposed.end_date - ONE_DAY,
            "issue_date": proposed.issue_date,
            "due_date": proposed.due_date,
        }

    def act(data: dict[str, Any]) -> str:
        period = operations.open_period(
            actor=actor_of(request),
            cycle_id=data["cycle_id"],
            start_date=data["start_date"],
            end_date=data["last_date"] + ONE_DAY,
            issue_date=data["issue_date"],
            due_date=data["due_date"],
        )
        return reverse("run_start", args=[period.pk])

    context = {"title": _("Open a period"), "submit": _("Open the period"), "cancel": reverse("cycles")}
    return handle_form(request, form=forms.PeriodForm(request.POST or None, initial=initial), act=act, context=context)


@needs(Permission.BILLING_RUN)
def measure_period(request: HttpRequest, period_id: int) -> HttpResponse:
    """Work out what was used in a period, so that what is odd can be looked at before the run."""

    def act(_data: dict[str, Any]) -> str:
        operations.measure_period(actor=actor_of(request), period_id=period_id)
        return reverse("run_start", args=[period_id])

    return _ask(
        request,
        act=act,
        title=_("Work out the consumption"),
        consequence=_(
            "What each meter of the cycle used is worked out from its readings up to the end of the period, and judged."
            " What is odd waits at the incidents."
        ),
        submit=_("Work out the consumption"),
        cancel=reverse("run_start", args=[period_id]),
    )


@needs(Permission.BILLING_RUN)
def start_run(request: HttpRequest, period_id: int) -> HttpResponse:
    """Start the run of a period."""

    def act(_data: dict[str, Any]) -> str:
        operations.measure_period(actor=actor_of(request), period_id=period_id)
        run = operations.start_run(actor=actor_of(request), period_id=period_id, requested_at=timezone.now())
        return reverse("run", args=[run.pk])

    return _ask(
        request,
        act=act,
        title=_("Start the run"),
        consequence=_(
            "Every agreement due in the period is priced in the background. The drafts are nothing fiscal: until the"
            " run is confirmed it can be abandoned."
        ),
        submit=_("Start the run"),
        cancel=reverse("cycles"),
        routes=list_readiness(actor=actor_of(request), period_id=period_id),
        measure=reverse("period_measure", args=[period_id]),
    )


@needs(Permission.BILLING_RUN)
def start_follow_up(request: HttpRequest, period_id: int) -> HttpResponse:
    """Start a run for what the confirmed one left parked."""

    def act(_data: dict[str, Any]) -> str:
        operations.measure_period(actor=actor_of(request), period_id=period_id)
        run = operations.start_follow_up(actor=actor_of(request), period_id=period_id, requested_at=timezone.now())
        return reverse("run", args=[run.pk])

    return _ask(
        request,
        act=act,
        title=_("Bill what was parked"),
        consequence=_("A further run of the period prices the agreements that have no invoice yet."),
        submit=_("Start the run"),
        cancel=reverse("cycles"),
    )


@needs(Permission.BILLING_VIEW)
def show_runs(request: HttpRequest) -> HttpResponseBase:
    """List the runs."""
    return show_list(request, listing=lists.RUNS, rows=queries.list_runs(), title=_("Runs"))


@needs(Permission.BILLING_VIEW)
def show_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show a run: progress while it is priced, then exceptions and proof."""
    actor = actor_of(request)
    run = queries.get_run_page(actor=actor, run_id=run_id)
    if request.headers.get("HX-Target") == "run-live" and run.state != RunState.PRICING:
        # The whole page anew: what can be done with a priced run stands in its head.
        return HttpResponse(headers={"HX-Refresh": "true"})
    summary = get_summary_page(actor=actor, run_id=run_id)
    context = {
        "title": f"{run.cycle} {run.start_date:%Y-%m}",
        "run": run,
        "state_label": label_of(RunStateWord, run.state),
        "last_date": run.end_date - ONE_DAY,
        "is_pricing": run.state == RunState.PRICING,
        "exceptions": [
            {
                "kind": row.kind,
                "code": row.code,
                "reason": wording.REASONS.get(row.code, row.code),
                "owner": wording.OWNERS.get(row.owner, ""),
                "count": row.count,
            }
            for row in run.exceptions
        ],
        "equations": wording.equations_of(run.proof) if run.proof else [],
        "faults": [wording.FAULTS[code] for code in run.proof.faults] if run.proof else [],
        "funnel": wording.funnel_of(run.proof) if run.proof else None,
        "summary_page": summary,
        "summary": summary_tables(summary) if summary else [],
        "may_run": actor.may(Permission.BILLING_RUN),
        "may_confirm": actor.may(Permission.BILLING_CONFIRM) and run.state == RunState.DRAFT,
        "is_open": run.state in (RunState.PRICING, RunState.DRAFT),
        "is_draft": run.state == RunState.DRAFT,
        "is_confirmed": run.state == RunState.CONFIRMED,
    }
    return render_page(request, "billing/run.html", context, fragments={"run-live": "billing/_run_live.html"})


@needs(Permission.BILLING_VIEW)
def show_exceptions(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """List what a run did not bill."""
    run = queries.get_run(run_id=run_id)
    return show_list(
        request,
        listing=lists.EXCEPTIONS,
        rows=queries.list_exceptions(actor=actor_of(request), run_id=run_id),
        title=_("Agreements set aside"),
        template="billing/of_run.html",
        context={"run_id": run_id, "run_title": f"{run.period.cycle.name} {run.period.start_date:%Y-%m}"},
    )


@needs(Permission.BILLING_VIEW)
def show_run_invoices(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """List the invoices of a run."""
    run = queries.get_run(run_id=run_id)
    return show_list(
        request,
        listing=lists.RUN_INVOICES,
        rows=queries.list_invoices_of_run(actor=actor_of(request), run_id=run_id),
        title=_("Invoices of the run"),
        template="billing/of_run.html",
        context={"run_id": run_id, "run_title": f"{run.period.cycle.name} {run.period.start_date:%Y-%m}"},
    )


@needs(Permission.BILLING_CONFIRM)
def confirm_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Confirm a draft."""
    run = queries.get_run_page(actor=actor_of(request), run_id=run_id)

    def act(_data: dict[str, Any]) -> str:
        operations.confirm_run(actor=actor_of(request), run_id=run_id, confirmed_at=timezone.now())
        messages.success(request, _("The run is confirmed: its invoices are numbered and posted."))
        return reverse("run", args=[run_id])

    return _ask(
        request,
        act=act,
        title=_("Confirm the run"),
        consequence=_(
            "%(count)s invoices get their numbers and are posted. They can then only be corrected by credit notes."
            " What is parked stays for a follow-up run."
        )
        % {"count": run.invoice_count},
        submit=_("Confirm"),
        cancel=reverse("run", args=[run_id]),
    )


@needs(Permission.BILLING_RUN)
def retry_parked(request: HttpRequest, run_id: int) -> HttpResponse:
    """Price the parked agreements of a draft again."""
    actor = actor_of(request)

    def act(data: dict[str, Any]) -> str:
        operations.measure_period(actor=actor, period_id=queries.get_run(run_id=run_id).period_id)
        accepted = queries.list_exceptions(actor=actor, run_id=run_id).filter(code=AMOUNT_OUT_OF_LINE.code)
        operations.retry_parked(
            actor=actor,
            run_id=run_id,
            now=timezone.now(),
            accepted_agreement_ids=list(accepted.values_list("agreement_id", flat=True))
            if data["accepts_amounts"]
            else [],
            reason=data["reason"],
        )
        return reverse("run", args=[run_id])

    return _ask(
        request,
        act=act,
        form=forms.AcceptForm(request.POST or None),
        title=_("Price again what is parked"),
        consequence=_("The drafts of the accounts concerned are made anew; all others stay as they are."),
        submit=_("Price again"),
        cancel=reverse("run", args=[run_id]),
    )


@needs(Permission.BILLING_RUN)
def abandon_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Give a run up that is not confirmed."""

    def act(data: dict[str, Any]) -> str:
        operations.abandon_run(
            actor=actor_of(request), run_id=run_id, reason=data["reason"], abandoned_at=timezone.now()
        )
        messages.success(request, _("The run is abandoned; the period can be run anew."))
        return reverse("run", args=[run_id])

    return _ask(
        request,
        act=act,
        form=forms.ReasonForm(request.POST or None),
        title=_("Abandon the run"),
        consequence=_("All its drafts are deleted. The period can then be run anew."),
        submit=_("Abandon the run"),
        cancel=reverse("run", args=[run_id]),
    )


@needs(Permission.BILLING_VIEW)
def show_invoices(request: HttpRequest) -> HttpResponseBase:
    """List the numbered invoices."""
    rows = queries.list_numbered_invoices(actor=actor_of(request))
    return show_list(request, listing=lists.INVOICES, rows=rows, title=_("Invoices"))


@needs(Permission.BILLING_VIEW)
def show_invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show an invoice whose every line opens its explanation."""
    invoice = queries.get_invoice_page(actor=actor_of(request), invoice_id=invoice_id)
    context = {
        "title": _("Invoice %s") % invoice.code if invoice.code else _("Draft"),
        "invoice": invoice,
        "changes": wording.change_rows(invoice.changes),
    }
    return render_page(request, "billing/invoice.html", context)


@needs(Permission.BILLING_VIEW)
def show_invoice_pdf(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Print an invoice, or its draft."""
    invoice = queries.access_invoice(actor=actor_of(request), invoice_id=invoice_id)
    pdf = printing.print_invoices(invoice_ids=[invoice.pk])
    return HttpResponse(pdf, content_type="application/pdf")


@needs(Permission.BILLING_VIEW)
def show_line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Explain one line, in the drawer or as a page of its own."""
    line = queries.get_line_explanation(actor=actor_of(request), line_id=line_id)
    card = wording.explanation_card(line)
    return render_page(
        request,
        "billing/line.html",
        {"title": card.story.name, "explanation": card},
        fragments={"drawer-body": "billing/_line.html"},
    )


def _ask(request: HttpRequest, *, act: Any, consequence: str, form: Any = None, **context: Any) -> HttpResponse:
    """Show what an act will do and do it when it is confirmed."""
    return handle_form(
        request,
        form=form or forms.EmptyForm(request.POST if request.method == "POST" else None),
        act=act,
        template="billing/act.html",
        context={"consequence": consequence, **context},
    )
