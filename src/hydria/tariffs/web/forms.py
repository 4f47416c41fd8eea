"""Forms of tariffs: a text, a reason, and the account that a tariff asks for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.formats import spell_unit
from hydria.platform.web.forms import DateField, DeskForm
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.document import SIZE_MAX
from hydria.tariffs.domain.form import Input, Kind
from hydria.tariffs.queries import GalleryRow

_INPUT = "input-"
_NUMBER_PLACES = 6


class StartForm(DeskForm):
    """Ask where a new tariff starts from."""

    name = forms.RegexField(
        label=_("Short name"),
        regex=r"^[\w.-]+$",
        max_length=60,
        help_text=_("It names the tariff for good: agreements, files and programs use it. Such as water_2027."),
    )
    start = forms.ChoiceField(label=_("Start from"))

    def __init__(self, *args: Any, gallery: Iterable[GalleryRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = self.fields["start"]
        assert isinstance(start, forms.ChoiceField)
        start.required = False
        start.choices = [
            ("", _("A small example of our own")),
            (_("Gallery: real tariffs"), [(row.name, f"{row.title} ({row.currency})") for row in gallery]),
        ]


class TextForm(DeskForm):
    """Take a tariff text with the reason for its change; `known_hash` names the text that was edited."""

    text = forms.CharField(
        label=_("Text of the tariff"),
        max_length=SIZE_MAX,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 32, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "wrap": "off"}
        ),
    )
    reason = forms.CharField(label=_("What you changed, and why"), max_length=250, required=False)
    known_hash = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_text(self) -> str:
        """Return the text with the line ends that texts are kept with; browsers send others."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class ReasonForm(DeskForm):
    """Ask why."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class RemarkForm(DeskForm):
    """Ask for a remark that may be left out."""

    reason = forms.CharField(label=_("Remark"), max_length=250, required=False)


class AccountForm(DeskForm):
    """Ask for everything that a tariff prices an account by: its inputs, and the days supplied."""

    start_date = DateField(label=_("First day supplied"), required=False)
    end_date = DateField(
        label=_("Day of the next reading"),
        required=False,
        help_text=_("Without days, the newest prices count."),
    )

    def __init__(self, *args: Any, tariff: CompiledTariff, language: str, **kwargs: Any) -> None:
        self.tariff = tariff
        own = {_INPUT + entry.name: _field(entry, language) for entry in tariff.inputs}
        self.base_fields = {**own, **type(self).base_fields}  # type: ignore[misc]  # each form asks for its own
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse days that run backwards or are given by half."""
        data = dict(super().clean() or {})
        start_date, end_date = data.get("start_date"), data.get("end_date")
        if bool(start_date) != bool(end_date):
            raise forms.ValidationError(_("Give both days or neither."), code="half_a_period")
        if start_date and end_date and end_date <= start_date:
            self.add_error(
                "end_date", forms.ValidationError(_("This day is not after the first one."), code="reversed")
            )
        return data

    def account(self) -> dict[str, str]:
        """Return the inputs as the tariff reads them; the days supplied follow from the dates."""
        data = self.cleaned_data
        given = {entry.name: _text(data.get(_INPUT + entry.name)) for entry in self.tariff.inputs}
        if "days" in given and data.get("start_date") and data.get("end_date"):
            given["days"] = str((data["end_date"] - data["start_date"]).days)
        return {name: text for name, text in given.items() if text}


def initial_of(account: dict[str, str]) -> dict[str, str]:
    """Return what an account form starts with."""
    return {_INPUT + name: text for name, text in account.items()}


def _field(entry: Input, language: str) -> forms.Field:
    label = entry.text.get(language) or entry.text.get("") or entry.name
    is_needed = entry.default is None
    if entry.kind is Kind.TRUTH:
        return forms.ChoiceField(label=label, choices=[("true", _("yes")), ("false", _("no"))], required=is_needed)
    if entry.kind is Kind.TEXT or entry.values:
        return forms.ChoiceField(label=label, choices=[(word, word) for word in entry.values], required=is_needed)
    return forms.DecimalField(
        label=label,
        required=is_needed,
        max_digits=18,
        decimal_places=_NUMBER_PLACES,
        help_text=spell_unit(entry.unit),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value or "")
