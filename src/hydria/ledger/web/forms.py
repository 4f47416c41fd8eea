"""Forms of the ledger."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hydria.ledger import queries
from hydria.ledger.domain.journals import Posting
from hydria.platform.web.forms import AmountField, DateField, DeskForm

LINES = range(1, 7)


class JournalForm(DeskForm):
    """
    A journal by hand with up to six entries.

    Clean data holds `postings` and `request_id`, which makes sending the form twice post once.
    """

    request_id = forms.IntegerField(
        widget=forms.HiddenInput, initial=lambda: secrets.randbits(62), min_value=0, max_value=2**63 - 1
    )
    effective_date = DateField(label=_("Day"))
    description = forms.CharField(label=_("What for"), max_length=250)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = [(account.code, f"{account.code} {account.name}") for account in queries.list_ledger_accounts()]
        for line in LINES:
            self.fields[f"account_{line}"] = forms.ChoiceField(
                label=_("Ledger account"),
                required=False,
                choices=[("", ""), *accounts],
                widget=forms.Select(
                    attrs={"class": "form-select", "data-picker": "", "aria-label": _("Ledger account")}
                ),
            )
            for side, label in (("debit", _("Debit")), ("credit", _("Credit"))):
                field = AmountField(label=label, required=False)
                field.widget.attrs |= {"class": "num form-control", "aria-label": label}
                self.fields[f"{side}_{line}"] = field

    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return the fields of each entry."""
        return [(self[f"account_{line}"], self[f"debit_{line}"], self[f"credit_{line}"]) for line in LINES]

    def clean(self) -> dict[str, Any]:
        """Turn the filled lines into postings."""
        data = super().clean() or {}
        postings = []
        for line in LINES:
            code = data.get(f"account_{line}", "")
            debit_minor, credit_minor = data.get(f"debit_{line}") or 0, data.get(f"credit_{line}") or 0
            if not (debit_minor or credit_minor):
                continue
            if not code or (debit_minor and credit_minor):
                raise ValidationError(
                    _("Line %(line)s needs an account and either a debit or a credit."),
                    code="line_incomplete",
                    params={"line": line},
                )
            postings.append(Posting(code=code, debit_minor=debit_minor, credit_minor=credit_minor))
        return {**data, "postings": postings}


class ReasonForm(DeskForm):
    """Say why."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class CloseForm(DeskForm):
    """Nothing to fill in: closing is confirmed, not described."""
