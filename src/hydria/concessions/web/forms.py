"""Forms of concessions; programs, funds and categories are chosen, never remembered."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.concessions import queries
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.models import KIND_LABELS
from hydria.concessions.operations import ProgramTerms
from hydria.kernel.periods import add_months
from hydria.metering.web.forms import QuantityField
from hydria.platform import queries as platform
from hydria.platform.web.forms import AmountField, DateField, DeskForm
from hydria.premises import queries as premises

RANKS_MAX = 10


def _categories() -> list[tuple[str, str]]:
    return [(category.code, category.name) for category in premises.list_categories()]


def _funds() -> list[tuple[str, str | Promise]]:
    return [("", _("The company")), *queries.list_fund_names()]


class ProgramForm(DeskForm):
    """What a program gives to whom, until when, and who pays."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=40,
        help_text=_("One small word. Tariffs ask for concession_<code> and post its line to discount.<code>."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KIND_LABELS.items()))
    fund_code = forms.ChoiceField(label=_("Who pays"), required=False, choices=_funds)
    from_date = DateField(label=_("From"))
    until_date = DateField(label=_("Up to, without"), required=False, help_text=_("Empty: until it is ended."))
    evidence = forms.CharField(label=_("What the customer has to show"), max_length=250, required=False)
    months_max = forms.IntegerField(
        label=_("Months that it may be granted at a time"), min_value=1, max_value=600, initial=12
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories that have it without being granted it"),
        required=False,
        choices=_categories,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: it is granted to one agreement at a time."),
    )
    discount_max_minor = AmountField(
        label=_("Largest discount at the till"), required=False, help_text=_("Empty: it is not given at the till.")
    )
    percent_milli = QuantityField(
        label=_("Percentage that it takes off chosen debts"),
        required=False,
        help_text=_("Empty: whoever gives it says how much."),
    )
    ranks = forms.CharField(
        label=_("Ranks of the debts that it is for"),
        required=False,
        max_length=60,
        help_text=_("As the tariff ranks its charges, such as 20, 30. Empty: all debts."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {
            f"name_{language}": forms.CharField(
                label=_("Name (%(language)s)") % {"language": word},
                max_length=100,
                required=False,
                widget=forms.TextInput(attrs={"class": "form-control"}),
            )
            for language, word in settings.LANGUAGES
        }
        code = {"code": self.fields.pop("code")} if is_new else {}
        self.fields.pop("code", None)
        self.fields = {**code, **names, **self.fields}

    def clean_code(self) -> str:
        """Refuse a code that another program has; an existing one is changed on its own page."""
        code = str(self.cleaned_data["code"])
        if code in queries.list_program_codes():
            raise forms.ValidationError(_("Another program has this code."), code="code_taken")
        return code

    def clean_ranks(self) -> list[int]:
        """Read ranks between commas."""
        parts = [part.strip() for part in self.cleaned_data["ranks"].split(",") if part.strip()]
        if len(parts) > RANKS_MAX or not all(part.isdecimal() and len(part) <= 3 for part in parts):
            raise forms.ValidationError(_("Type numbers between commas, such as 20, 30."), code="ranks_unclear")
        return [int(part) for part in parts]

    @property
    def terms(self) -> ProgramTerms:
        """Return what was typed, as the operation takes it."""
        data = self.cleaned_data
        own = ("from_date", "until_date", "fund_code", "evidence", "categories", "months_max")
        return ProgramTerms(
            names={language: data[f"name_{language}"] for language, _word in settings.LANGUAGES},
            kind=ProgramKind(data["kind"]),
            percent_milli=data["percent_milli"] or None,
            discount_max_minor=data["discount_max_minor"] or None,
            ranks=data["ranks"],
            **{name: data[name] for name in own},
        )


class RulesForm(DeskForm):
    """What single roles may do in a program: months at most, discount at most; both empty: as everybody."""

    def __init__(self, *args: Any, rules: Sequence[tuple[str, int, int]], **kwargs: Any) -> None:
        known = {role: (months, amount_minor) for role, months, amount_minor in rules}
        self.roles = list(platform.list_roles().values_list("code", "name"))
        super().__init__(*args, **kwargs)
        for code, _name in self.roles:
            months, amount_minor = known.get(code, (None, None))
            self.fields[f"months_{code}"] = forms.IntegerField(
                label=_("Months"), min_value=0, max_value=600, required=False, initial=months
            )
            self.fields[f"discount_{code}"] = AmountField(label=_("Discount"), required=False, initial=amount_minor)
            for name in (f"months_{code}", f"discount_{code}"):
                self.fields[name].widget.attrs["class"] = "num form-control"

    @property
    def rows(self) -> list[tuple[str, Any, Any]]:
        """Return one row per role: its name and its two fields."""
        return [(name, self[f"months_{code}"], self[f"discount_{code}"]) for code, name in self.roles]

    @property
    def rules(self) -> dict[str, tuple[int, int]]:
        """Return the rules by role; a role with both fields empty has none."""
        data = self.cleaned_data
        typed = {code: (data[f"months_{code}"], data[f"discount_{code}"]) for code, _name in self.roles}
        return {
            code: (months or 0, minor or 0) for code, (months, minor) in typed.items() if (months, minor) != (None,) * 2
        }


class FundForm(DeskForm):
    """A fund."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=100)
    provider = forms.CharField(label=_("Who provides it"), max_length=200)

    def clean_code(self) -> str:
        """Refuse a code that another fund has."""
        code = str(self.cleaned_data["code"])
        if code in dict(queries.list_fund_names()):
            raise forms.ValidationError(_("Another fund has this code."), code="code_taken")
        return code


class BudgetForm(DeskForm):
    """What a fund may give in some days."""

    from_date = DateField(label=_("From"))
    until_date = DateField(label=_("Up to, without"))
    budget_minor = AmountField(label=_("Budget"))
    reason = forms.CharField(label=_("What it rests on"), max_length=200, help_text=_("The decree, the agreement."))


class GrantForm(DeskForm):
    """A program for an agreement, with the evidence."""

    program_code = forms.ChoiceField(label=_("Program"))
    from_date = DateField(label=_("From"))
    until_date = DateField(label=_("Up to, without"))
    evidence = forms.CharField(label=_("Evidence"), max_length=250, help_text=_("The paper, its number and its date."))
    evidence_file = forms.FileField(
        label=_("Scan of it"),
        required=False,
        help_text=_("A PDF or a picture, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.webp"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args: Any, agreement_id: int, from_date: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = queries.list_grantable(agreement_id=agreement_id, on_date=from_date)
        field = self.fields["program_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(program.code, program.name) for program in programs]
        months = programs[0].months_max if programs else 12
        self.fields["from_date"].initial = from_date
        self.fields["until_date"].initial = add_months(from_date, months)
        self.has_programs = bool(programs)
        self.evidence_wanted = [(program.name, program.evidence) for program in programs if program.evidence]


class EndForm(DeskForm):
    """From when on a concession no longer counts, and why."""

    end_date = DateField(label=_("First day without it"))
    reason = forms.CharField(label=_("Reason"), max_length=250)


class WarningForm(DeskForm):
    """How holders were told."""

    reason = forms.CharField(label=_("How they were told"), max_length=250, help_text=_("The letter, the call."))


class ReasonForm(DeskForm):
    """A reason is all that is asked."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class DiscountForm(DeskForm):
    """A program that is given at the till, on chosen debts of an account."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    program_code = forms.ChoiceField(label=_("Program"))
    item_ids = forms.TypedMultipleChoiceField(
        label=_("Debts"), coerce=int, widget=forms.CheckboxSelectMultiple, help_text=_("What it is taken off.")
    )
    amount_minor = AmountField(
        label=_("Amount"), required=False, help_text=_("Empty: the percentage of the program, if it has one.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(
        self, *args: Any, programs: Sequence[tuple[str, str]], debts: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("program_code", programs), ("item_ids", debts)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices)
        self.fields["key"].initial = uuid.uuid4().hex
        self.fields["item_ids"].initial = [item_id for item_id, _label in debts]
