"""Forms of the administrator's pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.platform.events import EventKind
from hydria.platform.web.cards import permission_labels
from hydria.platform.web.forms import AmountField, DateField, DeskForm
from hydria.publicapi.domain.keys import SCOPES
from hydria.publicapi.web.words import kind_labels

GRACES = ((0, _("ends at once")), (1, _("one hour more")), (24, _("one day more")), (168, _("one week more")))


class KeyForm(DeskForm):
    """A key to be made."""

    name = forms.CharField(label=_("Program"), max_length=100, help_text=_("The audit names it so."))
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [row for row in permission_labels() if row[0] in SCOPES],
        help_text=_("Only what the program needs, and nothing that you may not do yourself."),
    )
    amount_limit_minor = AmountField(
        label=_("Largest amount of one act"), required=False, help_text=_("Leave empty for no limit.")
    )
    requests_per_minute_count = forms.IntegerField(
        label=_("Requests in a minute"), min_value=1, max_value=100_000, initial=600
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=3_650,
        required=False,
        initial=365,
        help_text=_("Leave empty for a key that never does."),
    )


class RotateForm(DeskForm):
    """Another secret."""

    grace_hours = forms.TypedChoiceField(label=_("The secret before"), coerce=int, choices=GRACES, initial=24)


class NewWebhookForm(DeskForm):
    """A webhook to be made."""

    name = forms.CharField(label=_("Program"), max_length=100)
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        help_text=_("Where the program listens, as https://erp.example.org/hydria."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(kind.value, kind_labels()[kind.value]) for kind in EventKind],
    )


class WebhookForm(NewWebhookForm):
    """A webhook to be changed."""

    is_active = forms.BooleanField(
        label=_("Is sent events"),
        required=False,
        help_text=_("While it is not, nothing is kept for it; events of the last 30 days can be sent again."),
    )


class ReplayForm(DeskForm):
    """From when on events are sent again."""

    since = DateField(label=_("All events since"))
