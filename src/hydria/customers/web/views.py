"""The guided acts on customers, their agreements and their particulars."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.agreements import operations as agreements
from hydria.agreements import queries as agreements_queries
from hydria.agreements.operations import DeliveryMode
from hydria.agreements.queries import AccountCard, AgreementCard
from hydria.customers import operations
from hydria.customers.web import acts, candidates, forms, lists, previews
from hydria.customers.web.guiding import Change, Preview, guide
from hydria.metering import queries as metering
from hydria.parties import operations as parties
from hydria.parties import queries as parties_queries
from hydria.parties.operations import Identifier, IdentifierKind
from hydria.platform.access import Actor, Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.listing import show_list
from hydria.premises import operations as premises

Data = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Who acts, on which day, on which agreement of which account."""

    actor: Actor
    today: datetime.date
    account: AccountCard
    agreement: AgreementCard

    @property
    def home(self) -> str:
        return reverse("account", args=[self.account.account_id])

    def context(self, *, title: str, submit: str, lead: str = "") -> dict[str, Any]:
        """Return what the page of an act says around its form."""
        holder = self.account.holder.name if self.account.holder else ""
        agreement = self.agreement
        return {
            "title": title,
            "submit": submit,
            "lead": lead or f"{agreement.number} · {agreement.service} · {agreement.address}",
            "subject": holder or self.account.number,
            "cancel": self.home,
        }


def _scene(request: HttpRequest, agreement_id: int) -> _Scene:
    actor, today = actor_of(request), timezone.localdate()
    account_id, agreement = agreements_queries.get_agreement_card(actor=actor, agreement_id=agreement_id, today=today)
    account = agreements_queries.get_account_card(actor=actor, account_id=account_id, today=today)
    return _Scene(actor=actor, today=today, account=account, agreement=agreement)


# New customers


@needs(Permission.AGREEMENT_EDIT)
def connect(request: HttpRequest) -> HttpResponse:
    """Take a customer in: person, place, meter, account and agreement in one act."""
    form = forms.ConnectionForm(request.POST or None, initial={"start_date": timezone.localdate()})

    def act(data: Data) -> str:
        agreement_id = operations.connect_customer(
            actor=actor_of(request),
            key=data["key"],
            customer=form.customer,
            place=form.place,
            start_date=data["start_date"],
            tariff_code=data["tariff_code"],
            category_code=data["category_code"],
            checked=form.checked,
            first_meter=form.first_meter,
            delivery_mode=DeliveryMode(data["delivery_mode"]),
        )
        return _address_of_account(request, agreement_id)

    context = {
        "title": _("New connection"),
        "submit": _("Connect the customer"),
        "subject": _("Accounts"),
        "cancel": reverse("accounts"),
        **candidates.of_person(request),
        **candidates.of_place(request),
    }
    return guide(
        request,
        form=form,
        act=act,
        preview=lambda data: previews.of_connection(form, data),
        done=_("The customer is connected."),
        context=context,
        template="customers/connection.html",
    )


def _address_of_account(request: HttpRequest, agreement_id: int) -> str:
    account_id, _agreement = agreements_queries.get_agreement_card(
        actor=actor_of(request), agreement_id=agreement_id, today=timezone.localdate()
    )
    return reverse("account", args=[account_id])


@needs(Permission.REGISTER_VIEW)
def find_alike(request: HttpRequest) -> HttpResponse:
    """Answer while a name is typed: who may be registered already."""
    return render_page(request, "customers/_people.html", candidates.of_person(request))


@needs(Permission.REGISTER_VIEW)
def find_places(request: HttpRequest) -> HttpResponse:
    """Answer while an address is typed: which points are there, and who holds them."""
    return render_page(request, "customers/_places.html", candidates.of_place(request))


# What can be done with an account


@needs(Permission.REGISTER_EDIT)
def show_acts(request: HttpRequest, account_id: int) -> HttpResponse:
    """Offer everything that can be done with an account, its holder and its agreements."""
    actor, today = actor_of(request), timezone.localdate()
    account = agreements_queries.get_account_card(actor=actor, account_id=account_id, today=today)
    context = {
        "title": _("What shall be done?"),
        "subject": account.holder.name if account.holder else account.number,
        "cancel": reverse("account", args=[account_id]),
        "groups": acts.list_acts(actor, account, today=today),
    }
    return render_page(request, "customers/acts.html", context)


@needs(Permission.AGREEMENT_EDIT)
def move(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Give a place to another customer, with the final reading of the one before."""
    scene = _scene(request, agreement_id)
    form = forms.MoveForm(request.POST or None, dials=_dials(scene), today=scene.today)

    def act(data: Data) -> str:
        new_id = operations.move_customer(
            actor=scene.actor,
            key=data["key"],
            agreement_id=agreement_id,
            customer=form.customer,
            from_date=data["from_date"],
            shown_milli=form.shown_milli,
            reason=data["reason"],
            checked=form.checked,
            today=scene.today,
        )
        return _address_of_account(request, new_id)

    context = scene.context(title=_("Change the customer of this place"), submit=_("Change the customer"))
    return guide(
        request,
        form=form,
        act=act,
        preview=lambda data: previews.of_move(
            form, data, actor=scene.actor, account=scene.account, agreement=scene.agreement, today=scene.today
        ),
        done=_("The place has its new customer."),
        context=context | candidates.of_person(request) | {"other_fields": forms.beside_person(form)},
        template="customers/person_act.html",
    )


@needs(Permission.AGREEMENT_EDIT)
def change_holder(request: HttpRequest, account_id: int) -> HttpResponse:
    """Give an account to an heir or a successor, with all that is agreed and owed."""
    actor, today = actor_of(request), timezone.localdate()
    account = agreements_queries.get_account_card(actor=actor, account_id=account_id, today=today)
    form = forms.HolderForm(request.POST or None, today=today)

    def act(data: Data) -> str:
        operations.hand_account_over(
            actor=actor,
            account_id=account_id,
            customer=form.customer,
            from_date=data["from_date"],
            reason=data["reason"],
        )
        return reverse("account", args=[account_id])

    context = {
        "title": _("Hand the account over"),
        "submit": _("Hand the account over"),
        "lead": _("To an heir or a successor, who takes it over with all that is agreed and owed."),
        "subject": account.holder.name if account.holder else account.number,
        "cancel": reverse("account", args=[account_id]),
    }
    return guide(
        request,
        form=form,
        act=act,
        preview=lambda data: previews.of_holder(form, data, actor=actor, account=account, today=today),
        done=_("The account has its new holder."),
        context=context | candidates.of_person(request) | {"other_fields": forms.beside_person(form)},
        template="customers/person_act.html",
    )


@needs(Permission.AGREEMENT_EDIT)
def end(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """End a supply with its final reading."""
    scene = _scene(request, agreement_id)
    form = forms.EndForm(request.POST or None, dials=_dials(scene), today=scene.today)

    def act(data: Data) -> str:
        operations.end_supply(
            actor=scene.actor,
            agreement_id=agreement_id,
            end_date=data["from_date"],
            shown_milli=form.shown_milli,
            reason=data["reason"],
            today=scene.today,
        )
        return scene.home

    return guide(
        request,
        form=form,
        act=act,
        preview=lambda data: previews.of_end(
            form, data, actor=scene.actor, account=scene.account, agreement=scene.agreement, today=scene.today
        ),
        done=_("The supply has ended."),
        context=scene.context(title=_("End the supply"), submit=_("End the supply")),
    )


def _dials(scene: _Scene) -> list[metering.DialCard]:
    if not scene.agreement.is_metered:
        return []
    return metering.list_dials(service_point_id=scene.agreement.service_point_id, on_date=scene.today)


# What is agreed


def _guide_agreement(
    request: HttpRequest,
    scene: _Scene,
    *,
    form: forms.DeskForm,
    act: Callable[[Data], object],
    preview: Callable[[Data], Preview],
    title: str,
    done: str,
) -> HttpResponse:
    """Guide an act on one agreement, which leads back to its account and is called like its page."""

    def act_and_return(data: Data) -> str:
        act(data)
        return scene.home

    context = scene.context(title=title, submit=title)
    return guide(request, form=form, act=act_and_return, preview=preview, done=done, context=context)


@needs(Permission.AGREEMENT_EDIT)
def change_terms(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Change the category or the tariff of an agreement."""
    scene = _scene(request, agreement_id)
    initial = {"category_code": scene.agreement.category_code, "tariff_code": scene.agreement.tariff_code}
    form = forms.TermsForm(request.POST or None, initial=initial, today=scene.today)
    return _guide_agreement(
        request,
        scene,
        form=form,
        act=lambda data: agreements.change_terms(
            actor=scene.actor,
            agreement_id=agreement_id,
            inputs=agreements_queries.get_inputs(agreement_id=agreement_id),
            **data,
        ),
        preview=lambda data: previews.of_terms(form, data, **_of(scene)),
        title=_("Change category or tariff"),
        done=_("Category and tariff are changed."),
    )


def _of(scene: _Scene) -> dict[str, Any]:
    return {"actor": scene.actor, "account_id": scene.account.account_id, "agreement": scene.agreement}


@needs(Permission.AGREEMENT_EDIT)
def change_units(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Change how many units a point serves."""
    scene = _scene(request, agreement_id)
    initial = {"category_code": scene.agreement.category_code}
    form = forms.UnitsForm(request.POST or None, initial=initial, today=scene.today)
    return _guide_agreement(
        request,
        scene,
        form=form,
        act=lambda data: premises.change_units(
            actor=scene.actor, service_point_id=scene.agreement.service_point_id, **data
        ),
        preview=lambda data: previews.of_units(form, data, **_of(scene)),
        title=_("Change the units"),
        done=_("The units are changed."),
    )


@needs(Permission.AGREEMENT_EDIT)
def exempt(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Free an agreement from a tax or charge."""
    scene = _scene(request, agreement_id)
    return _guide_agreement(
        request,
        scene,
        form=forms.ExemptionForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.grant_exemption(actor=scene.actor, agreement_id=agreement_id, **data),
        preview=lambda data: previews.of_exemption(data, **_of(scene)),
        title=_("Grant an exemption"),
        done=_("The exemption is granted."),
    )


@needs(Permission.AGREEMENT_EDIT)
def end_exemption(request: HttpRequest, agreement_id: int, exemption_id: int) -> HttpResponse:
    """Let a tax or charge be due again."""
    scene = _scene(request, agreement_id)
    found = agreements_queries.list_exemptions(agreement_id=agreement_id, today=scene.today)
    code = next((card.code for card in found if card.exemption_id == exemption_id), None)
    if code is None:
        raise Http404
    return _guide_agreement(
        request,
        scene,
        form=forms.DayForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.end_exemption(
            actor=scene.actor, exemption_id=exemption_id, end_date=data["from_date"], reason=data["reason"]
        ),
        preview=lambda data: Preview(
            changes=(Change(label=_("Exempt from %s") % code, before=_("Yes"), after=_("No")),),
            since=get_formats().date(data["from_date"]),
        ),
        title=_("End the exemption from %s") % code,
        done=_("The exemption has ended."),
    )


@needs(Permission.AGREEMENT_EDIT)
def exclude(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Leave an agreement out of billing."""
    scene = _scene(request, agreement_id)
    return _guide_agreement(
        request,
        scene,
        form=forms.ExclusionForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.exclude_from_billing(actor=scene.actor, agreement_id=agreement_id, **data),
        preview=lambda data: previews.of_exclusion(data, **_of(scene)),
        title=_("Leave out of billing"),
        done=_("The agreement is left out of billing."),
    )


@needs(Permission.AGREEMENT_EDIT)
def include(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Bill an agreement again."""
    scene = _scene(request, agreement_id)
    return _guide_agreement(
        request,
        scene,
        form=forms.DayForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.include_in_billing(actor=scene.actor, agreement_id=agreement_id, **data),
        preview=lambda data: Preview(
            changes=(Change(label=_("Billing"), before=scene.agreement.exclusion_reason, after=_("Billed")),),
            since=get_formats().date(data["from_date"]),
        ),
        title=_("Bill again"),
        done=_("The agreement is billed again."),
    )


@needs(Permission.AGREEMENT_EDIT)
def suspend(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Interrupt a supply."""
    scene = _scene(request, agreement_id)
    return _guide_agreement(
        request,
        scene,
        form=forms.SuspensionForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.suspend_service(
            actor=scene.actor, agreement_id=agreement_id, **(data | {"is_billed": data["is_billed"] == "yes"})
        ),
        preview=lambda data: previews.of_suspension(data, **_of(scene)),
        title=_("Suspend the supply"),
        done=_("The supply is suspended."),
    )


@needs(Permission.AGREEMENT_EDIT)
def resume(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Supply again."""
    scene = _scene(request, agreement_id)
    return _guide_agreement(
        request,
        scene,
        form=forms.DayForm(request.POST or None, today=scene.today),
        act=lambda data: agreements.resume_service(actor=scene.actor, agreement_id=agreement_id, **data),
        preview=lambda data: Preview(
            changes=(Change(label=_("Supply"), before=_("Suspended"), after=_("Active")),),
            since=get_formats().date(data["from_date"]),
        ),
        title=_("Resume the supply"),
        done=_("The supply is resumed."),
    )


# Particulars


@needs(Permission.REGISTER_EDIT)
def change_party(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change how the holder of an account is called and reached."""
    actor = actor_of(request)
    party = _holder(request, account_id)
    names = ("name", "phone", "email", "address", "language")
    form = forms.PartyForm(request.POST or None, initial={name: getattr(party, name) for name in names})

    def act(data: Data) -> str:
        parties.change_party(actor=actor, party_id=party.party_id, **data)
        return reverse("account", args=[account_id])

    return guide(
        request,
        form=form,
        act=act,
        preview=lambda data: previews.of_party(
            data, party=party, account_count=previews.count_accounts(party.party_id)
        ),
        done=_("The particulars are changed."),
        context=_party_context(party, account_id, title=_("Change the particulars")),
    )


@needs(Permission.REGISTER_EDIT)
def add_identifier(request: HttpRequest, account_id: int) -> HttpResponse:
    """Add an official number to the holder of an account."""
    actor, party = actor_of(request), _holder(request, account_id)

    def act(data: Data) -> str:
        number = Identifier(kind=IdentifierKind(data["kind"]), country=data["country"], value=data["value"])
        parties.add_identifier(actor=actor, party_id=party.party_id, identifier=number)
        return reverse("account", args=[account_id])

    return guide(
        request,
        form=forms.IdentifierForm(request.POST or None),
        act=act,
        preview=lambda data: Preview(
            changes=(Change(label=IdentifierKind(data["kind"]).label, after=f"{data['value']} {data['country']}"),)
        ),
        done=_("The number is added."),
        context=_party_context(party, account_id, title=_("Add an official number")),
    )


def _holder(request: HttpRequest, account_id: int) -> parties_queries.PartyCard:
    """Return who holds an account; one that nobody holds today has no page for this."""
    account = agreements_queries.get_account_card(
        actor=actor_of(request), account_id=account_id, today=timezone.localdate()
    )
    party_id = account.holder.party_id if account.holder else 0
    parties_queries.access_party(actor=actor_of(request), party_id=party_id)
    return parties_queries.get_party_cards(party_ids=[party_id])[party_id]


def _party_context(party: parties_queries.PartyCard, account_id: int, *, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "submit": title,
        "lead": f"{party.name} · {party.number}",
        "subject": party.name,
        "cancel": reverse("account", args=[account_id]),
    }


@needs(Permission.REGISTER_VIEW)
def show_exclusions(request: HttpRequest) -> HttpResponseBase:
    """List what is left out of billing, for review (CUS-11)."""
    rows = agreements_queries.list_exclusions(actor=actor_of(request), today=timezone.localdate())
    return show_list(request, listing=lists.EXCLUSIONS, rows=rows, title=_("Left out of billing"))
