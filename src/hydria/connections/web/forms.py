"""Forms of applications: who and where, and what each step asks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.connections.operations import WishedPlace
from hydria.connections.queries import DocumentRow
from hydria.customers import queries as customers
from hydria.customers.domain.procedures import Procedure
from hydria.customers.web.forms import ConnectionForm, PersonFields
from hydria.fees import queries as fees
from hydria.platform.people import list_logins
from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises import queries as premises


class ApplicationForm(PersonFields):
    """Who wishes to be connected, where, and when."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    service_point_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    address = forms.CharField(label=_("Address of supply"), max_length=300)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    cadastral_code = forms.CharField(label=_("Cadastral code"), max_length=60, required=False)
    service_code = forms.ChoiceField(label=_("Service"), choices=premises.list_services)
    category_code = forms.ChoiceField(
        label=_("Category"),
        choices=lambda: [(category.code, category.name) for category in premises.list_categories()],
    )
    unit_count = forms.IntegerField(label=_("Units"), min_value=1, max_value=100_000, initial=1)
    wished_date = DateField(label=_("Wished for"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex
        self.fields["address"].required = not self.data.get("service_point_id")

    @property
    def place(self) -> WishedPlace:
        """Return where it is; a registered point says its own address."""
        data = self.cleaned_data
        names = ("address", "city", "cadastral_code", "service_code", "category_code", "unit_count")
        given = {name: data[name] for name in names}
        if point_id := data["service_point_id"]:
            (line,) = premises.list_point_lines(service_point_ids=[point_id])
            given["address"] = line.address
        return WishedPlace(service_point_id=point_id or None, **given)


class DocumentsForm(DeskForm):
    """Which of the documents were seen."""

    documents = forms.MultipleChoiceField(
        label=_("Documents seen"), required=False, widget=forms.CheckboxSelectMultiple
    )
    missing_reason = forms.CharField(
        label=_("Why it may go on without the others"),
        max_length=200,
        required=False,
        help_text=_("Empty: it waits until all of them were seen."),
    )

    def __init__(self, *args: Any, rows: Sequence[DocumentRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["documents"].choices = [(row.document.code, row.document.name) for row in rows]
        self.fields["documents"].initial = [
            row.document.code for row in rows if row.is_seen or row.document.attachment_id
        ]


class FileForm(DeskForm):
    """The file of a document, kept with the applicant."""

    file = forms.FileField(label=_("File"), help_text=_("PDF, PNG, JPEG or WebP, up to 10 MB."))
    type_code = forms.ChoiceField(
        label=_("Type"), choices=lambda: customers.list_document_types(procedure=Procedure.CONNECTION)
    )
    expires_date = DateField(label=_("Counts until, without"), required=False)


class FeasibilityForm(DeskForm):
    """What the technical check found."""

    feasibility = forms.CharField(
        label=_("Feasibility"), max_length=250, help_text=_("What the technical check found, and who made it.")
    )


class AssignForm(DeskForm):
    """Who sees to the step, until when."""

    assigned_to = forms.CharField(label=_("Who sees to it"), max_length=150, help_text=_("A name or a log-in."))
    due_date = DateField(label=_("To be done by"))

    def clean_assigned_to(self) -> str:
        """Return the log-in of the person that was named."""
        typed = str(self.cleaned_data["assigned_to"])
        logins = list_logins(typed=typed)
        if typed in logins:
            return typed
        if len(logins) != 1:
            raise forms.ValidationError(_("Name one person who can log in."), code="person_unknown")
        return logins[0]


class ReasonForm(DeskForm):
    """Why an application ends."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class StepForm(DeskForm):
    """How the company does a step."""

    days_allowed = forms.IntegerField(label=_("Days that it takes at most"), min_value=1, max_value=365)
    is_used = forms.BooleanField(label=_("In use"), required=False)
    fee_codes = forms.MultipleChoiceField(
        label=_("Fees that are quoted when it begins"),
        required=False,
        choices=lambda: [(fee.code, fee.name) for fee in fees.list_fee_cards()],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, is_optional: bool, has_fees: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_optional:
            del self.fields["is_used"]
        if not has_fees:
            del self.fields["fee_codes"]


class ConnectForm(ConnectionForm):
    """The front office's form of a new connection; who it is and what was checked are known."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["feasibility"].required = False
        self.fields.pop("documents", None)
