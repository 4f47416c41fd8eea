"""Forms of metering."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any

from babel.dates import format_date
from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hydria.metering.domain.estimation import Method
from hydria.metering.domain.policy import DEFAULT_POLICY, Policy, to_thresholds
from hydria.metering.models import FollowUp, ReadingEffect
from hydria.metering.operations import AppliesTo
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import DateField, DeskForm

_NUMBER_MAX = 10**10
"""More than any dial has digits for."""
_PPM_PER_MILLI_PERCENT = 10

METHOD_LABELS = {
    Method.OWN_AVERAGE: _("Own average"),
    Method.SAME_PERIOD_LAST_YEAR: _("Same period of last year"),
    Method.PEERS: _("Median of its peers"),
    Method.FIXED: _("Fixed use per day"),
}


class QuantityField(forms.Field):
    """What a dial shows, typed in the reader's spelling; cleaned to thousandths."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
    default_error_messages = {"invalid": _("Enter a number, such as %(example)s.")}

    def to_python(self, value: object) -> int | None:
        """Return thousandths."""
        typed = re.sub(r"\s", "", str(value or ""))
        if not typed:
            return None
        try:
            number = parse_decimal(typed, locale=get_formats().locale, strict=True)
        except NumberFormatError as error:
            raise self._refusal() from error
        # Decimals know NaN and 1E999999; dials do not.
        if not number.is_finite() or not 0 <= number <= _NUMBER_MAX or number * 1000 != int(number * 1000):
            raise self._refusal()
        return int(number * 1000)

    def _refusal(self) -> forms.ValidationError:
        example = {"example": get_formats().quantity(1_234_500)}
        return forms.ValidationError(self.error_messages["invalid"], code="invalid", params=example)

    def prepare_value(self, value: object) -> object:
        """Spell thousandths; keep what was typed."""
        return get_formats().quantity(value) if isinstance(value, int) else value


class ShareField(QuantityField):
    """A percentage with decimals; cleaned to millionths of the whole."""

    def to_python(self, value: object) -> int | None:
        """Return millionths."""
        milli = super().to_python(value)
        return None if milli is None else milli * _PPM_PER_MILLI_PERCENT

    def prepare_value(self, value: object) -> object:
        """Spell millionths; keep what was typed."""
        return super().prepare_value(value // _PPM_PER_MILLI_PERCENT if isinstance(value, int) else value)


class DecisionForm(DeskForm):
    """Say why a consumption is accepted or estimated."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class CorrectionForm(DeskForm):
    """Put in what the dial really showed."""

    value_milli = QuantityField(label=_("Right reading"))
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args: Any, dials: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(dials) > 1:
            select = forms.Select(attrs={"class": "form-select"})
            self.fields["register_id"] = forms.TypedChoiceField(
                label=_("Dial"), choices=dials, coerce=int, widget=select
            )
        # One key puts the cursor into the field; Enter sends it.
        self.fields["value_milli"].widget.attrs |= {"data-key": "c", "data-key-label": _("Correct the reading")}


class ExchangeForm(DeskForm):
    """Take a meter out and put another one in."""

    exchanged_date = DateField(label=_("Day of the exchange"))
    final_milli = QuantityField(label=_("What the old meter showed"))
    serial = forms.CharField(label=_("Serial number of the new meter"), max_length=40)
    make = forms.CharField(label=_("Make"), max_length=60, required=False)
    size = forms.CharField(label=_("Size"), max_length=20, required=False)
    digits = forms.IntegerField(label=_("Whole digits of its dial"), min_value=3, max_value=9, initial=5)
    initial_milli = QuantityField(label=_("What the new meter shows"), initial=0)
    evidence = forms.CharField(label=_("Evidence"), max_length=250, help_text=_("The order, the photo, who was there."))

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_exchanged_date(self) -> datetime.date:
        """Refuse days to come: the meter would hang where nobody can read it yet."""
        exchanged_date: datetime.date = self.cleaned_data["exchanged_date"]
        if exchanged_date > self._today:
            raise forms.ValidationError(_("The day lies in the future"), code="date_in_future")
        return exchanged_date


class ObservationForm(DeskForm):
    """What readers may note, and what it does."""

    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Capital letters, digits and _; files name it."))
    effect = forms.ChoiceField(label=_("What it does to the value"), choices=ReadingEffect.choices)
    follow_up = forms.ChoiceField(label=_("What follows"), choices=FollowUp.choices)
    from_date = DateField(label=_("From"), required=False)
    until_date = DateField(label=_("Until"), required=False, help_text=_("The first day on which it is gone."))
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = not is_new
        for place, (language, name) in enumerate(settings.LANGUAGES, start=1):
            label = _("Name (%(language)s)") % {"language": name}
            field = forms.CharField(label=label, max_length=60, required=False)
            field.widget.attrs["class"] = "form-control"
            self.fields[f"name_{language}"] = field
            self.order_fields(["code", *(f"name_{code}" for code, _name in settings.LANGUAGES[:place])])

    def clean(self) -> dict[str, Any]:
        """Gather the names by language."""
        data = super().clean() or {}
        return data | {"names": {code: data.get(f"name_{code}", "") for code, _name in settings.LANGUAGES}}


_THRESHOLD_LABELS = {
    "high_percent": _("High above this percentage of the usual quantity"),
    "spread_times": _("... and this many spreads away from it"),
    "high_milli_min": _("... but never below this quantity"),
    "low_percent": _("Low below this percentage of the usual quantity"),
    "peers_percent": _("Without history: held above this percentage of what peers use"),
    "peers_low_percent": _("Without history: marked below this percentage of what peers use"),
    "zero_periods_max": _("Zeros in a row after which the meter counts as stopped"),
    "estimates_max": _("Estimates in a row after which the next one is escalated"),
    "history_periods_min": _("Measured periods that a judgement needs"),
    "opening_ppm_min": _("Roll-over: the dial stood at least at this percentage of its capacity"),
    "usual_percent_max": _("Roll-over: at most this percentage of the usual quantity"),
    "quantity_milli_min": _("Roll-over: or at most this quantity"),
    "own_periods_max": _("Estimates: newest periods of the own average"),
    "fixed_per_day_milli": _("Estimates: fixed use per day"),
    "step_milli": _("Estimates: whole multiples of this quantity"),
}


def threshold_label(name: str) -> str:
    """Return what a threshold is called."""
    return str(_THRESHOLD_LABELS.get(name, _("Estimates: method tried first")))


def spell_threshold(name: str, value: object) -> str:
    """Return a threshold as people write it: quantities in the unit of the service, shares in percent."""
    if not isinstance(value, int):
        return str(METHOD_LABELS[Method(value[0])] if isinstance(value, list) and value else value)
    return str(_threshold_field(name).prepare_value(value))


def _threshold_field(name: str) -> forms.Field:
    if "milli" in name:
        return QuantityField(required=False)
    return (
        ShareField(required=False)
        if "ppm" in name
        else forms.IntegerField(min_value=0, max_value=10**12, required=False)
    )


class ThresholdsForm(DeskForm):
    """
    Thresholds from a day on, for all or for some. An empty field says what the more general rules say.

    Cleaned to `applies_to` and `thresholds`.
    """

    category_id = forms.TypedChoiceField(label=_("Category"), coerce=int, empty_value=None, required=False)
    service_id = forms.TypedChoiceField(label=_("Service"), coerce=int, empty_value=None, required=False)
    first_month = forms.TypedChoiceField(label=_("Season from"), coerce=int, empty_value=None, required=False)
    last_month = forms.TypedChoiceField(label=_("Season through"), coerce=int, empty_value=None, required=False)
    from_date = DateField(label=_("Holds from"), help_text=_("For periods whose last day is this one or later."))

    def __init__(
        self,
        *args: Any,
        categories: Sequence[tuple[int, str]],
        services: Sequence[tuple[int, str]],
        general: Policy,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        locale = get_formats().locale
        months = [(month, format_date(datetime.date(2000, month, 1), "LLLL", locale=locale)) for month in range(1, 13)]
        choices = {"category_id": categories, "service_id": services, "first_month": months, "last_month": months}
        for name, offered in choices.items():
            everyone = _("The whole year") if name.endswith("_month") else _("All")
            self.fields[name].choices = [("", everyone), *offered]  # type: ignore[attr-defined]
        usual = to_thresholds(general)
        for name, label in _THRESHOLD_LABELS.items():
            field = _threshold_field(name)
            field.label = label
            field.widget.attrs |= {"class": "form-control", "placeholder": spell_threshold(name, usual[name])}
            self.fields[name] = field
        self.fields["first_method"] = forms.ChoiceField(
            label=_("Estimates: method tried first"),
            choices=[("", _("As before")), *((str(method), label) for method, label in METHOD_LABELS.items())],
            required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), max_length=250, widget=forms.TextInput(attrs={"class": "form-control"})
        )

    def clean(self) -> dict[str, Any]:
        """Gather whom it applies to, and the thresholds under one name."""
        data = super().clean() or {}
        first, last = data.get("first_month"), data.get("last_month")
        if (first is None) != (last is None):
            raise forms.ValidationError(_("A season has a first and a last month."), code="season_unfit")
        thresholds = {name: data[name] for name in _THRESHOLD_LABELS if data.get(name) is not None}
        if method := data.get("first_method"):
            others = [str(other) for other in DEFAULT_POLICY.estimation.methods if other != method]
            thresholds["methods"] = [method, *others]
        applies_to = AppliesTo(
            category_id=data.get("category_id"),
            service_id=data.get("service_id"),
            months=None if first is None or last is None else (first, last + 1),
        )
        return data | {"thresholds": thresholds, "applies_to": applies_to}
