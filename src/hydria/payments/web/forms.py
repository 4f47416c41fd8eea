"""Forms of the till."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hydria.payments import queries
from hydria.payments._documents import Debt
from hydria.payments.domain.tenders import ChangeNotCovered, Tendered, TenderKind, give_change
from hydria.platform.queries import list_offices
from hydria.platform.web.forms import AmountField, DeskForm


class OpenSessionForm(DeskForm):
    """
    Choose a till and say what is in its drawer.

    last_till_id  the till that the cashier had last; where no choice is left to make, the cursor starts in the amount,
                  so that Enter opens the till
    """

    till_id = forms.TypedChoiceField(label=_("Till"), coerce=int)
    float_minor = AmountField(label=_("Cash in the drawer"), initial=0)

    def __init__(self, *args: Any, last_till_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tills = self.fields["till_id"]
        assert isinstance(tills, forms.ChoiceField)
        tills.choices = [(till.pk, till.name) for till in queries.list_tills()]
        tills.initial = last_till_id
        if last_till_id or len(tills.choices) == 1:
            self.fields["float_minor"].widget.attrs["autofocus"] = True


class NewTillForm(DeskForm):
    """Name a till."""

    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Short, such as T1."))
    name = forms.CharField(label=_("Name"), max_length=100)
    office_id = forms.TypedChoiceField(
        label=_("Office"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=lambda: [("", _("All offices")), *((office.pk, office.name) for office in list_offices())],
    )


class CloseSessionForm(DeskForm):
    """Say what was counted."""

    counted_minor = AmountField(
        label=_("Cash counted"), help_text=_("Count everything in the drawer, with the opening float.")
    )


class ReversalForm(DeskForm):
    """Say why a payment is given back."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


def _choice_of_debts(label: Any) -> forms.TypedMultipleChoiceField:
    settled = _("One of the debts chosen is settled meanwhile. Look at what is still open and choose again.")
    return forms.TypedMultipleChoiceField(
        label=label,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": settled},
    )


class PaymentForm(DeskForm):
    """
    Money handed over for an account.

    A debt is chosen whole, by its first item in `documents`, or part by part in `item_ids`.

    Clean data holds `tenders` (change taken off), `change_minor`, `item_ids` (None settles by the company's rule) and
    `key`, which makes sending the form twice pay once.
    """

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    documents = _choice_of_debts(_("Debts"))
    item_ids = _choice_of_debts(_("Charges"))
    amount_minor = AmountField(label=_("To pay"))
    cash_minor = AmountField(label=_("Cash"), required=False)
    card_minor = AmountField(label=_("Card"), required=False)
    card_reference = forms.CharField(label=_("Card slip"), max_length=60, required=False)
    check_minor = AmountField(label=_("Check"), required=False)
    check_reference = forms.CharField(label=_("Bank and check number"), max_length=60, required=False)
    transfer_minor = AmountField(label=_("Transfer"), required=False)
    transfer_reference = forms.CharField(label=_("Transfer number"), max_length=60, required=False)

    def __init__(self, *args: Any, debts: Sequence[Debt], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("documents", [(debt.parts[0].item_id, debt.document_code) for debt in debts])
        self._offer("item_ids", [(part.item_id, part.name) for debt in debts for part in debt.parts])
        self.items_of = {debt.parts[0].item_id: debt.item_ids for debt in debts}
        self.fields["amount_minor"].widget.attrs["data-due"] = ""
        for kind in TenderKind:
            self.fields[f"{kind.lower()}_minor"].widget.attrs["data-tender"] = ""
            if reference := self.fields.get(f"{kind.lower()}_reference"):
                reference.widget.attrs["placeholder"] = reference.label
        self.fields["cash_minor"].widget.attrs["autofocus"] = True

    def _offer(self, name: str, choices: list[tuple[int, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _refuse(self, kind: TenderKind, sentence: Any) -> None:
        self.add_error(f"{kind.lower()}_minor", ValidationError(sentence, code="change_not_covered"))

    def clean(self) -> dict[str, Any]:
        """Turn the fields into tenders, with the change taken off the cash."""
        data = super().clean() or {}
        tendered = [
            Tendered(
                kind=kind,
                amount_minor=data[f"{kind.lower()}_minor"],
                reference=data.get(f"{kind.lower()}_reference", ""),
            )
            for kind in TenderKind
            if data.get(f"{kind.lower()}_minor")
        ]
        due_minor = data.get("amount_minor")
        if self.errors or due_minor is None:
            return data
        if not tendered:
            # The exact amount in cash is what happens most often; Enter is enough to say so.
            tendered = [Tendered(kind=TenderKind.CASH, amount_minor=due_minor)]
        try:
            tenders, change_minor = give_change(tendered=tendered, due_minor=due_minor)
        except ChangeNotCovered as refusal:
            if int(refusal.args[0]) < 0:
                self._refuse(tendered[-1].kind, _("What was handed over is less than what is to be paid."))
            else:
                other = next(tender.kind for tender in tendered if tender.kind is not TenderKind.CASH)
                self._refuse(other, _("Change is given from cash only; lower the other amounts."))
            return data
        chosen = {
            *data["item_ids"],
            *itertools.chain.from_iterable(self.items_of[first] for first in data["documents"]),
        }
        return {
            "key": data["key"],
            "tenders": tenders,
            "change_minor": change_minor,
            "item_ids": sorted(chosen) or None,
        }
