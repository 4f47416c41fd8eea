"""Forms that lose nothing: errors beside the field and in a summary, refusals of operations shown the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import UnableToPermit
from hydria.platform.documents.formats import MINUS
from hydria.platform.documents.spelled import NotAnAmount
from hydria.platform.web.doors import render_page
from hydria.platform.web.formats import get_formats

UNPROCESSABLE = 422
AMOUNT_MAX_MINOR = 10**15
"""Far above any amount of one act, and far from the end of the database's integers, so that sums keep fitting."""
_PLAIN_INPUTS = (
    forms.TextInput,
    forms.Textarea,
    forms.NumberInput,
    forms.PasswordInput,
    forms.EmailInput,
    forms.FileInput,
)


class DateInput(forms.DateInput):
    """The browser's own date field, which shows the reader's order of day and month."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateField(forms.DateField):
    """A day."""

    widget = DateInput
    input_formats = ("%Y-%m-%d",)


class AmountField(forms.Field):
    """An amount typed in the reader's spelling; cleaned to minor units."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Enter an amount, such as %(example)s."),
        "unclear": _("“%(typed)s” can be read in two ways. If you mean %(example)s, write it so."),
        "negative": _("Enter an amount above zero."),
        "too_large": _("This amount is too large."),
    }

    def to_python(self, value: object) -> int | None:
        """Return minor units."""
        typed = str(value or "").strip()
        if not typed:
            return None
        if typed.startswith(("-", MINUS)):
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        formats = get_formats()
        try:
            amount_minor = formats.marks.read(typed)
        except NotAnAmount as refusal:
            code = "invalid" if refusal.meant_minor is None else "unclear"
            words = {"typed": typed[:30], "example": formats.amount(refusal.meant_minor or 123_450)}
            raise forms.ValidationError(self.error_messages[code], code=code, params=words) from refusal
        if amount_minor > AMOUNT_MAX_MINOR:
            raise forms.ValidationError(self.error_messages["too_large"], code="too_large")
        return amount_minor

    def prepare_value(self, value: object) -> object:
        """Spell minor units; keep what was typed."""
        return get_formats().amount(value) if isinstance(value, int) else value


class DeskForm(forms.Form):
    """A form whose fields carry the classes and the input modes of the design system."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.dress()

    def dress(self) -> None:
        """Give the fields their classes; a form that adds fields later does so again."""
        for field in self.fields.values():
            widget = field.widget
            own = "form-select" if isinstance(widget, forms.Select) else ""
            own = "form-check-input" if isinstance(widget, forms.CheckboxInput) else own
            own = own or ("form-control" if isinstance(widget, _PLAIN_INPUTS) else "")
            worn = (widget.attrs.get("class") or "").split()
            widget.attrs["class"] = " ".join(dict.fromkeys([*worn, *own.split()]))


class EditForm(DeskForm):
    """
    Edit one row that others may edit at the same time.

    initial  the row as it is now, with its `version`; what the editor saw travels with the form

    When somebody else saved meanwhile, nothing is saved: fields that only they changed take their value, fields that
    both changed keep what was typed and say what the other one set. Sent again, the form saves what it shows.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._shared():
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Refuse what was made from an older version, showing field by field what changed."""
        data = super().clean() or {}
        if data.get("version") != self.initial.get("version"):
            self._merge()
        return data

    def _shared(self) -> list[str]:
        """Return the fields that are kept: not secrets, files and the editor's own words about the change."""
        return [name for name in self.fields if name in self.initial and name != "version"]

    def _merge(self) -> None:
        assert isinstance(self.data, QueryDict)
        mine = self.data.copy()
        mine["version"] = str(self.initial["version"])
        for name in self._shared():
            field, initial_name = self.fields[name], self[name].html_initial_name
            seen, typed = _ticked(mine.getlist(initial_name)), _ticked(mine.getlist(name))
            now = _ticked(_listed(field.prepare_value(self.initial[name])))
            mine.setlist(initial_name, now)
            if now == seen:
                continue
            if typed == seen:
                mine.setlist(name, now)
            elif typed != now:
                words = {"value": _in_words(field, now) or "–"}
                sentence = _("Somebody else has set this to “%(value)s”. Save again to set it as you typed.")
                self.add_error(name, forms.ValidationError(sentence, code="changed_meanwhile", params=words))
        self.data = mine
        sentence = _("Somebody else has saved this while you had it open. Their changes are shown here; save again.")
        self.add_error(None, forms.ValidationError(sentence, code="changed_meanwhile"))


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else ["" if value is None else str(value)]


def _ticked(values: Sequence[str]) -> list[str]:
    """Return what a field says as a sorted list, whether it came from a box, a hidden field or the database."""
    return sorted({"on": "True"}.get(value, value) for value in values if value not in ("", "False"))


def _in_words(field: forms.Field, values: Sequence[str]) -> str:
    choices = {str(value): str(label) for value, label in getattr(field, "choices", ())}
    if isinstance(field, forms.BooleanField):
        choices = {"True": str(_("yes"))}
    return ", ".join(choices.get(value, value) for value in values)


def handle_form(
    request: HttpRequest,
    *,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
    template: str = "platform/form.html",
    context: Mapping[str, Any] | None = None,
    fragments: Mapping[str, str] | None = None,
) -> HttpResponse:
    """
    Show a form, or do what it asks for and go where `act` says.

    form  bound when the request is a POST: `MyForm(request.POST or None)`
    act   gets the cleaned data, calls one operation and returns the address to go to; what the operation refuses
          (`UnableTo...`) is shown above the form with everything that was typed still there
    """
    if request.method == "POST" and form.is_valid():
        try:
            address = act(form.cleaned_data)
        except UnableTo as refusal:
            form.add_error(None, forms.ValidationError(_sentence_of(refusal), code=refusal.code))
        else:
            return go_to(request, address)
    status = UNPROCESSABLE if form.errors else 200
    return render_page(request, template, {"form": form, **(context or {})}, fragments=fragments, status=status)


def _sentence_of(refusal: UnableTo) -> str:
    """Return a refusal in the reader's language; `access` is too far down to know any."""
    if not isinstance(refusal, UnableToPermit):
        return refusal.message
    sentences = {
        "permission_missing": _("You may not do this: it takes the permission %(permission)s."),
        "amount_above_limit": _("This amount is above your limit."),
    }
    return str(sentences[refusal.code]) % refusal.data


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to another page, whether the page or htmx asked."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
