"""Forms of fees; tariffs are chosen, and what a price depends on is asked by the text itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hydria.fees.domain.states import BillingMode
from hydria.fees.models import MODE_LABELS
from hydria.fees.queries import AskedInput
from hydria.metering.web.forms import QuantityField
from hydria.platform.access import SYSTEM
from hydria.platform.web.formats import spell_unit
from hydria.platform.web.forms import DeskForm
from hydria.tariffs import queries as tariffs

INPUT_PREFIX = "input_"


def _tariffs() -> list[tuple[str, str]]:
    return [(row.code, row.title or row.code) for row in tariffs.list_tariffs(actor=SYSTEM, today=timezone.localdate())]


class FeeForm(DeskForm):
    """A fee of the list."""

    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("The tariff's text may ask for it as the input “fee”.")
    )
    name = forms.CharField(label=_("Name"), max_length=100)
    tariff_code = forms.ChoiceField(label=_("Tariff that prices it"), choices=_tariffs)
    valid_days = forms.IntegerField(label=_("Days that a quotation holds"), min_value=1, max_value=365, initial=30)
    due_days = forms.IntegerField(label=_("Days to pay an invoice of its own"), min_value=0, max_value=365, initial=10)
    instalments_max = forms.IntegerField(label=_("Instalments at most"), min_value=1, max_value=60, initial=1)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class QuoteForm(DeskForm):
    """What a fee is quoted for; one field for each thing that its price depends on."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Sequence[AskedInput], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex
        self._asked = asked
        for entry in asked:
            self.fields[INPUT_PREFIX + entry.name] = _field_of(entry)
        self.fields["note"] = forms.CharField(
            label=_("What it is for"),
            max_length=200,
            required=False,
            widget=forms.TextInput(attrs={"class": "form-control"}),
        )

    @property
    def quantity_milli(self) -> int:
        """Return how much is asked for, in thousandths; one where the price does not depend on it."""
        typed = self.cleaned_data.get(f"{INPUT_PREFIX}usage")
        return 1000 if typed is None else int(typed)

    @property
    def inputs(self) -> dict[str, str]:
        """Return the other inputs by name."""
        names = [entry.name for entry in self._asked if entry.name != "usage"]
        given = {name: self.cleaned_data.get(INPUT_PREFIX + name) for name in names}
        return {
            name: f"{value / 1000:g}" if isinstance(value, int) else str(value)
            for name, value in given.items()
            if value not in (None, "")
        }


def _field_of(entry: AskedInput) -> forms.Field:
    if not entry.values:
        unit = f" ({spell_unit(entry.unit)})" if entry.unit else ""
        field: forms.Field = QuantityField(label=f"{entry.label}{unit}", required=not entry.default)
        field.widget.attrs["class"] = "num form-control"
        return field
    words = {"true": _("Yes"), "false": _("No")}
    choices = [(value, words.get(value, value)) for value in entry.values]
    select = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=entry.label, choices=choices, initial=entry.default, widget=select)


class AcceptForm(DeskForm):
    """How what was quoted is billed."""

    mode = forms.ChoiceField(label=_("Billed"), choices=list(MODE_LABELS.items()), widget=forms.RadioSelect)
    instalment_count = forms.IntegerField(label=_("In how many parts"), min_value=1, max_value=60, initial=1)

    def __init__(self, *args: Any, instalments_max: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].initial = BillingMode.AT_ONCE
        field = self.fields["instalment_count"]
        field.help_text = (
            _("Equal parts without interest, one on each of the next invoices; at most %d.") % instalments_max
        )
        if instalments_max == 1:
            field.widget = forms.HiddenInput()
