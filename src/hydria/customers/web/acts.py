"""Everything that can be done with an account, by permission and by how things stand."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.agreements.queries import AccountCard, AgreementCard
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that can be done, and when one does it; `key` is the key that leads there."""

    label: str
    hint: str
    href: str
    icon: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Acts on the same thing."""

    label: str
    acts: tuple[Act, ...]


def list_acts(actor: Actor, account: AccountCard, *, today: datetime.date) -> list[Group]:
    """Return what the actor may do with an account, its holder and each of its agreements."""
    groups = [Group(label=_("Customer and account"), acts=tuple(_on_account(actor, account)))]
    if actor.may(Permission.AGREEMENT_EDIT):
        live = [agreement for agreement in account.agreements if agreement.end_date is None or agreement.is_active]
        groups += [
            Group(
                label=f"{agreement.number} · {agreement.service} · {agreement.address}",
                acts=tuple(_on_agreement(agreement, today=today, has_keys=len(live) == 1)),
            )
            for agreement in live
        ]
    return groups


def _on_account(actor: Actor, account: AccountCard) -> list[Act]:
    def act(name: str, label: str, hint: str, *, icon: str, key: str) -> Act:
        return Act(label=label, hint=hint, href=reverse(name, args=[account.account_id]), icon=icon, key=key)

    acts = [
        act("note_new", _("Write a note"), _("What was said, seen or promised"), icon="note", key="n"),
        act("file_new", _("Attach a file"), _("A paper or a photograph"), icon="paperclip", key="f"),
        act("alert_new", _("Raise an alert"), _("Fraud, lawyers, debt, protection"), icon="flag", key="w"),
    ]
    if account.holder:
        acts += [
            act("party_change", _("Change the particulars"), _("Name, phone, e-mail, address"), icon="id", key="d"),
            act(
                "identifier_new",
                _("Add an official number"),
                _("Checked by the rule of its country"),
                icon="number",
                key="i",
            ),
        ]
    if actor.may(Permission.FEE_QUOTE):
        hint = _("Connection, works, certificates: what it costs")
        acts.append(act("fee_choose", _("Quote a fee"), hint, icon="receipt", key="q"))
    if actor.may(Permission.AGREEMENT_EDIT):
        hint = _("To an heir or a successor, with its debt")
        acts.append(act("holder_change", _("Hand the account over"), hint, icon="users", key="h"))
    return acts


def _on_agreement(agreement: AgreementCard, *, today: datetime.date, has_keys: bool) -> list[Act]:
    def act(name: str, label: str, hint: str, *, icon: str, key: str) -> Act:
        href = reverse(name, args=[agreement.agreement_id])
        return Act(label=label, hint=hint, href=href, icon=icon, key=key if has_keys else "")

    acts = [
        act("contract_print", _("Print the contract"), _("It is archived with the account"), icon="printer", key="p")
    ]
    if agreement.end_date is not None:
        return acts
    acts += [
        act(
            "agreement_move",
            _("Change the customer of this place"),
            _("New account; the debt stays"),
            icon="transfer",
            key="m",
        ),
        act("agreement_terms", _("Change category or tariff"), _("From a day on"), icon="stairs-up", key="t"),
        act(
            "agreement_units",
            _("Change the units"),
            _("Dwellings or businesses at the point"),
            icon="building",
            key="u",
        ),
        act("agreement_exempt", _("Grant an exemption"), _("With its evidence"), icon="shield", key="x"),
    ]
    for granted in agreements.list_exemptions(agreement_id=agreement.agreement_id, today=today):
        href = reverse("exemption_end", args=[agreement.agreement_id, granted.exemption_id])
        label = _("End the exemption from %s") % granted.code
        acts.append(Act(label=label, hint=granted.evidence, href=href, icon="shield-off"))
    if agreement.exclusion_reason and not agreement.suspension_reason:
        acts.append(act("agreement_include", _("Bill again"), agreement.exclusion_reason, icon="file-invoice", key="b"))
    elif not agreement.exclusion_reason:
        acts.append(
            act(
                "agreement_exclude",
                _("Leave out of billing"),
                _("With a reason and a review"),
                icon="file-off",
                key="b",
            )
        )
    if agreement.suspension_reason:
        acts.append(
            act("agreement_resume", _("Resume the supply"), agreement.suspension_reason, icon="player-play", key="s")
        )
    else:
        acts.append(
            act("agreement_suspend", _("Suspend the supply"), _("The agreement stays"), icon="player-pause", key="s")
        )
    acts.append(act("agreement_end", _("End the supply"), _("With the final reading"), icon="player-stop", key="e"))
    return acts
