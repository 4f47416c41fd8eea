"""The form by which the administrator adds an own field or changes one."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hydria.ownfields.domain.kinds import OwnKind, Subject
from hydria.ownfields.queries import OwnFieldCard, OwnKindWord, OwnSubjectWord
from hydria.ownfields.web.fitting import NumberField
from hydria.platform.web.forms import DateField, DeskForm


class OwnFieldForm(DeskForm):
    """An own field; what it is added to, its code and what it holds are fixed once it is there."""

    subject = forms.ChoiceField(label=_("Added to"), choices=OwnSubjectWord.choices)
    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        help_text=_("Capital letters, digits and _, such as GATE_KEY. It never changes."),
    )
    kind = forms.ChoiceField(label=_("It holds"), choices=OwnKindWord.choices)
    options = forms.CharField(
        label=_("Values of the list"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line: code = name"),
    )
    is_required = forms.BooleanField(label=_("Required"), required=False)
    pattern = forms.CharField(
        label=_("Pattern of a text"),
        max_length=200,
        required=False,
        help_text=_("A regular expression: [A-Z]{2}[0-9]{4}"),
    )
    low_micro = NumberField(label=_("Least number"), required=False)
    high_micro = NumberField(label=_("Greatest number"), required=False)
    position = forms.IntegerField(label=_("Place among the fields"), initial=100, min_value=0, max_value=9999)
    retired_date = DateField(label=_("Asked for no more from"), required=False)

    def __init__(self, *args: Any, field: OwnFieldCard | None = None, **kwargs: Any) -> None:
        initial = _initial(field) if field else {}
        super().__init__(*args, initial=initial, **kwargs)
        words = {}
        for code, language in settings.LANGUAGES:
            words[f"label_{code}"] = forms.CharField(label=f"{_('Name')} ({language})", max_length=80, required=False)
            words[f"hint_{code}"] = forms.CharField(label=f"{_('Help')} ({language})", max_length=200, required=False)
        fixed = ("subject", "code", "kind")
        self.fields = {
            **{name: self.fields[name] for name in fixed},
            **words,
            **{name: own for name, own in self.fields.items() if name not in fixed},
        }
        if field is not None:
            for name in fixed:
                self.fields[name].disabled = True
        self.dress()

    def clean_options(self) -> list[tuple[str, str]]:
        """Return the values of a list as (code, name); a line without a name is called like its code."""
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]
        pairs = [re.split(r"\s*=\s*", line, maxsplit=1) for line in lines]
        return [(pair[0], pair[-1]) for pair in pairs]

    @property
    def given(self) -> dict[str, Any]:
        """Return the field as the operation takes it."""
        data = self.cleaned_data
        plain = ("code", "options", "is_required", "pattern", "low_micro", "high_micro", "position", "retired_date")
        return {
            "subject": Subject(data["subject"]),
            "kind": OwnKind(data["kind"]),
            "labels": {code: data[f"label_{code}"] for code, _language in settings.LANGUAGES},
            "hints": {code: data[f"hint_{code}"] for code, _language in settings.LANGUAGES},
            **{name: data[name] for name in plain},
        }


def _initial(field: OwnFieldCard) -> dict[str, Any]:
    return {
        "subject": field.subject,
        "code": field.code,
        "kind": field.kind,
        "options": "\n".join(f"{code} = {name}" for code, name in field.options),
        "is_required": field.is_required,
        "pattern": field.rule.pattern,
        "low_micro": field.rule.low_micro,
        "high_micro": field.rule.high_micro,
        "position": field.position,
        "retired_date": field.retired_date,
        **{f"label_{language}": label for language, label in field.labels.items()},
        **{f"hint_{language}": hint for language, hint in field.hints.items()},
    }
