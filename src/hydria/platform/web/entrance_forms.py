"""Forms for coming in: log-in, the second factor, and what is asked before it changes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.forms import DeskForm

CODE_LETTERS_MAX = 40


class LogInForm(DeskForm, AuthenticationForm):
    """Name and password."""


class PasswordAskedForm(DeskForm):
    """A form that asks for the reader's password, to show that it is them and not who found the desk open."""

    current = forms.CharField(
        label=_("Password now"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, user: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current(self) -> str:
        """Check that the reader knows the password that holds now."""
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise forms.ValidationError(_("This is not your password."), code="wrong_password")
        return current


class PasswordForm(PasswordAskedForm):
    """A reader's own new password."""

    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters."),
    )


class CodeForm(DeskForm):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LETTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_("Six digits of your app, or a recovery code."),
    )


class AppForm(CodeForm):
    """The first code of an app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("The six digits that the app shows now.")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class PasswordAndCodeForm(CodeForm, PasswordAskedForm):
    """Both halves, before the second one is changed."""

    field_order = ("current", "code")


class PasswordAndAppForm(AppForm, PasswordAskedForm):
    """The password, and the first code of an app."""

    field_order = ("current", "code")


class ReasonForm(DeskForm):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason for the change"), max_length=250)
