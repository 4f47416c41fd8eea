"""Forms of the till."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hydria.payments import queries
from hydria.payments.domain.tenders import ChangeNotCovered, Tendered, TenderKind, give_change
from hydria.platform.web.forms import AmountField, DeskForm
from hydria.receivables.queries import OpenItemCard


class OpenSessionForm(DeskForm):
    """Choose a till and say what is in its drawer."""

    till_id = forms.TypedChoiceField(label=_("Till"), coerce=int)
    float_minor = AmountField(label=_("Cash in the drawer"), initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tills = self.fields["till_id"]
        assert isinstance(tills, forms.ChoiceField)
        tills.choices = [(till.pk, till.name) for till in queries.list_tills()]


class CloseSessionForm(DeskForm):
    """Say what was counted."""

    counted_minor = AmountField(
        label=_("Cash counted"), help_text=_("Count everything in the drawer, with the opening float.")
    )


class ReversalForm(DeskForm):
    """Say why a payment is given back."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class PaymentForm(DeskForm):
    """
    Money handed over for an account.

    Clean data holds `tenders` (change taken off), `change_minor`, `item_ids` (None settles by the company's rule) and
    `key`, which makes sending the form twice pay once.
    """

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    item_ids = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    amount_minor = AmountField(label=_("To pay"))
    cash_minor = AmountField(label=_("Cash"), required=False)
    card_minor = AmountField(label=_("Card"), required=False)
    card_reference = forms.CharField(label=_("Card slip"), max_length=60, required=False)
    check_minor = AmountField(label=_("Check"), required=False)
    check_reference = forms.CharField(label=_("Bank and check number"), max_length=60, required=False)
    transfer_minor = AmountField(label=_("Transfer"), required=False)
    transfer_reference = forms.CharField(label=_("Transfer number"), max_length=60, required=False)

    def __init__(self, *args: Any, open_items: list[OpenItemCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        debts = self.fields["item_ids"]
        assert isinstance(debts, forms.ChoiceField)
        debts.choices = [(item.item_id, item.document_code) for item in open_items]
        self.fields["amount_minor"].widget.attrs["data-due"] = ""
        for kind in TenderKind:
            self.fields[f"{kind.lower()}_minor"].widget.attrs["data-tender"] = ""
            if reference := self.fields.get(f"{kind.lower()}_reference"):
                reference.widget.attrs["placeholder"] = reference.label
        self.fields["cash_minor"].widget.attrs["autofocus"] = True

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
            missing = int(refusal.args[0]) < 0
            message = (
                _("What was handed over is less than what is to be paid.")
                if missing
                else _("Change is given from cash only; lower the other amounts.")
            )
            raise ValidationError(message, code="change_not_covered") from refusal
        return {
            "key": data["key"],
            "tenders": tenders,
            "change_minor": change_minor,
            "item_ids": data["item_ids"] or None,
        }
