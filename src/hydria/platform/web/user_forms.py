"""Forms for preferences, users, roles and the company."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hydria.platform import queries
from hydria.platform.web.cards import permission_labels
from hydria.platform.web.forms import AmountField, DateField, DateInput, DeskForm, EditForm


class PreferencesForm(DeskForm):
    """How the reader likes the screens."""

    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
    theme = forms.ChoiceField(
        label=_("Appearance"),
        choices=[("auto", _("As this computer")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    density = forms.ChoiceField(
        label=_("Lists"), choices=[("comfortable", _("Comfortable")), ("dense", _("Dense: more rows on a screen"))]
    )


class LeaveFields(DeskForm):
    """Ask for an exemption, once it turned out that rights would come together which are kept apart."""

    leave_reason = forms.CharField(
        label=_("Why they are held together nevertheless"), required=False, max_length=250, widget=forms.HiddenInput
    )
    leave_until = DateField(
        label=_("Exempt until"),
        required=False,
        widget=forms.HiddenInput,
        help_text=_("The exemption is recorded and shown to everybody who looks after users; it ends within a year."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and (self.data.get("leave_reason") or self.data.get("leave_until")):
            self.ask_for_leave()

    def ask_for_leave(self) -> None:
        """Show the two fields, after all others."""
        for name, widget in (("leave_reason", forms.TextInput()), ("leave_until", DateInput())):
            widget.attrs["class"] = "form-control"
            self.fields[name].widget = widget
        self.order_fields([name for name in self.fields if not name.startswith("leave_")])


class _UserFields(LeaveFields):
    full_name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), required=False)
    office_id = forms.TypedChoiceField(
        label=_("Office"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=lambda: [("", _("All offices")), *((office.pk, office.name) for office in queries.list_offices())],
    )
    role_ids = forms.TypedMultipleChoiceField(
        label=_("Roles"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(role.pk, role.title) for role in queries.list_roles()],
    )


class NewUserForm(_UserFields):
    """A log-in to be made."""

    username = forms.CharField(
        label=_("Log-in name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters; tell it to the person, who can change it."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
    field_order = ("username", "full_name", "password")


class UserForm(EditForm, _UserFields):
    """A log-in to be changed."""

    password = forms.CharField(
        label=_("New password"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    is_active = forms.BooleanField(label=_("May log in"), required=False)
    reason = forms.CharField(label=_("Reason for the change"), max_length=250)


class RoleForm(LeaveFields):
    """What a role may do."""

    permissions = forms.MultipleChoiceField(
        label=_("May"), required=False, widget=forms.CheckboxSelectMultiple, choices=permission_labels
    )
    amount_limit_minor = AmountField(
        label=_("Largest amount of one act"), required=False, help_text=_("Leave empty for no limit.")
    )
    asks_second_factor = forms.BooleanField(
        label=_("Asks for a second factor"),
        required=False,
    )
    reason = forms.CharField(label=_("Reason for the change"), max_length=250)


class NewRoleForm(RoleForm):
    """A role of the company's own."""

    name = forms.CharField(label=_("Name"), max_length=100)
    field_order = ("name",)


class CombinationForm(DeskForm):
    """A rule: who holds one of these should hold none of those."""

    name = forms.CharField(label=_("Name"), max_length=150)
    permissions = forms.MultipleChoiceField(
        label=_("Who may do one of these"), widget=forms.CheckboxSelectMultiple, choices=permission_labels
    )
    conflicting = forms.MultipleChoiceField(
        label=_("should do none of these"), widget=forms.CheckboxSelectMultiple, choices=permission_labels
    )
    is_active = forms.BooleanField(label=_("Holds"), required=False, initial=True)
    reason = forms.CharField(label=_("Reason for the change"), max_length=250)


class OfficeForm(DeskForm):
    """A place where customers are attended."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=100)


class SecurityForm(DeskForm):
    """When a desk that nobody uses is closed."""

    idle_minutes = forms.IntegerField(
        label=_("Minutes without use"),
        min_value=5,
        max_value=720,
        help_text=_("After so long the next click asks for the password again."),
    )
    reason = forms.CharField(label=_("Reason for the change"), max_length=250)


class CompanyForm(EditForm):
    """What documents say of the company."""

    name = forms.CharField(label=_("Name"), max_length=200)
    legal_name = forms.CharField(label=_("Legal name"), max_length=200, required=False)
    tax_id = forms.CharField(label=_("Tax number"), max_length=30, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=50, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    website = forms.CharField(label=_("Website"), max_length=200, required=False)
    gln = forms.CharField(
        label=_("GLN"),
        max_length=13,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("The GS1 number that collectors know the company by; it stands in the barcode of invoices."),
    )
    accent = forms.RegexField(
        label=_("Color of documents"), regex=r"^#[0-9a-f]{6}$", widget=forms.TextInput(attrs={"type": "color"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=lambda: [(name, name) for name in sorted(zoneinfo.available_timezones())]
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".svg,.png"}),
        help_text=_("SVG or PNG, at most 300 kB. It is printed at the head of every document."),
    )
    removes_logo = forms.BooleanField(label=_("Print no logo"), required=False)
    reason = forms.CharField(label=_("Reason for the change"), max_length=250)
