"""Forms of the front office. Dated facts ask for their day and the reason; what they name is chosen, not remembered."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.agreements.operations import DeliveryMode
from hydria.customers import queries
from hydria.customers.domain.procedures import Procedure
from hydria.customers.models import DEBT_RULE_LABELS, MARKER_LABELS, PROCEDURE_LABELS
from hydria.customers.operations import Checked, FirstMeter, NewCustomer, NewPlace
from hydria.metering.operations import NewMeter
from hydria.metering.queries import DialCard
from hydria.metering.web.forms import QuantityField
from hydria.parties.operations import Identifier, IdentifierKind, PartyKind
from hydria.platform.access import SYSTEM
from hydria.platform.queries import get_company
from hydria.platform.web.formats import get_formats, spell_unit
from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises import queries as premises
from hydria.tariffs import queries as tariffs

Choices = list[tuple[str, str | Promise]]
_COUNTRIES = ("DO", "MX", "AR", "GR", "ES", "CL", "CO")
"""Where official numbers are checked; the company's own country comes first."""


def _categories() -> Choices:
    return [(category.code, category.name) for category in premises.list_categories()]


def _tariffs() -> Choices:
    # What a tariff is called is no secret from those who may agree on one.
    return [(row.code, row.title or row.code) for row in tariffs.list_tariffs(actor=SYSTEM, today=timezone.localdate())]


def _countries() -> Choices:
    own = get_company().country
    return [(code, code) for code in dict.fromkeys([*filter(None, [own]), *_COUNTRIES])]


class _DatedForm(DeskForm):
    """An act that counts from a day on, for a reason."""

    from_date = DateField(label=_("From"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    field_order: Sequence[str] | None = None

    def __init__(self, *args: Any, today: datetime.date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if today is not None:
            self.fields["from_date"].initial = today
        last = {name: self.fields.pop(name) for name in ("from_date", "until_date", "reason") if name in self.fields}
        self.fields.update(last)


class _DialFields(DeskForm):
    """What every dial of a point shows; one field each, with what it showed last."""

    def __init__(self, *args: Any, dials: Sequence[DialCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dials = dials
        formats = get_formats()
        for dial in dials:
            field = QuantityField(
                label=_("Meter %(serial)s shows (%(unit)s)") % {"serial": dial.serial, "unit": spell_unit(dial.unit)},
                help_text=_("It showed %(value)s on %(day)s.")
                % {"value": formats.quantity(dial.last_milli), "day": formats.date(dial.last_date)},
            )
            field.widget.attrs["class"] = "num form-control"
            self.fields[f"dial_{dial.register_id}"] = field

    @property
    def shown_milli(self) -> dict[int, int]:
        """Return what was typed, in thousandths, by register id."""
        return {dial.register_id: self.cleaned_data[f"dial_{dial.register_id}"] for dial in self.dials}


class PersonFields(DeskForm):
    """Somebody who is registered already, or is to be."""

    party_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=PartyKind.choices)
    identifier_kind = forms.ChoiceField(
        label=_("Official number"), choices=IdentifierKind.choices, initial=IdentifierKind.NATIONAL
    )
    identifier_country = forms.ChoiceField(label=_("Country"), choices=_countries)
    identifier = forms.CharField(label=_("Number"), max_length=40, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=50, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    person_address = forms.CharField(label=_("Postal address"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = not self.data.get("party_id")

    @property
    def customer(self) -> NewCustomer | int:
        """Return who it is, as the operations take it."""
        data = self.cleaned_data
        if data["party_id"]:
            return int(data["party_id"])
        number = Identifier(
            kind=IdentifierKind(data["identifier_kind"]),
            country=data["identifier_country"],
            value=data["identifier"],
        )
        return NewCustomer(
            kind=PartyKind(data["kind"]),
            name=data["name"],
            identifiers=[number] if data["identifier"] else [],
            phone=data["phone"],
            email=data["email"],
            address=data["person_address"],
        )


def beside_person(form: PersonFields) -> list[forms.BoundField]:
    """Return what a form asks besides who somebody is."""
    return [field for field in form if field.name not in PersonFields.base_fields and not field.is_hidden]


class _ChecklistFields(DeskForm):
    """The documents that an act asks for, to be ticked off."""

    procedure: Procedure

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = queries.list_document_types(procedure=self.procedure)
        if self._wanted:
            self.fields["documents"] = forms.MultipleChoiceField(
                label=_("Documents seen"),
                choices=self._wanted,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("What is not ticked stays on the account as missing."),
            )

    @property
    def checked(self) -> Checked:
        """Return what was seen and what is missing, by name."""
        seen = set(self.cleaned_data.get("documents", ()))
        return Checked(
            documents_seen=[name for code, name in self._wanted if code in seen],
            documents_missing=[name for code, name in self._wanted if code not in seen],
            feasibility=self.cleaned_data.get("feasibility", ""),
        )


class ConnectionForm(PersonFields, _ChecklistFields):
    """Who, where, what is agreed, with which meter, after which checks."""

    procedure = Procedure.CONNECTION
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    service_point_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    address = forms.CharField(label=_("Address of supply"), max_length=300)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    cadastral_code = forms.CharField(label=_("Cadastral code"), max_length=60, required=False)
    service_code = forms.ChoiceField(label=_("Service"), choices=premises.list_services)
    route_code = forms.ChoiceField(
        label=_("Route"),
        choices=lambda: [(route.code, f"{route.code} {route.name}") for route in premises.list_routes()],
        widget=forms.Select(attrs={"data-picker": "", "aria-label": _("Route")}),
    )
    unit_count = forms.IntegerField(label=_("Units"), min_value=1, max_value=100_000, initial=1)
    is_disconnectable = forms.ChoiceField(
        label=_("May it be cut off?"),
        choices=[
            ("", "–"),
            ("yes", _("Yes")),
            ("no", _("No: hospital, school, protected user")),
        ],
    )
    serial = forms.CharField(label=_("Serial number of the meter"), max_length=40, required=False)
    make = forms.CharField(label=_("Make"), max_length=60, required=False)
    size = forms.CharField(label=_("Size"), max_length=20, required=False)
    digits = forms.IntegerField(label=_("Whole digits of its dial"), min_value=3, max_value=9, initial=5)
    initial_milli = QuantityField(label=_("First reading"), initial=0)
    evidence = forms.CharField(label=_("Evidence of the installation"), max_length=250, required=False)
    category_code = forms.ChoiceField(label=_("Category"), choices=_categories)
    tariff_code = forms.ChoiceField(label=_("Tariff"), choices=_tariffs)
    delivery_mode = forms.ChoiceField(label=_("Invoices by"), choices=DeliveryMode.choices)
    start_date = DateField(label=_("First day of supply"))
    feasibility = forms.CharField(
        label=_("Feasibility"), max_length=250, help_text=_("What the technical check found, and who made it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex
        for name in ("address", "is_disconnectable"):
            self.fields[name].required = not self.data.get("service_point_id")

    def clean(self) -> dict[str, Any]:
        """Ask for the evidence where a meter is installed."""
        data = super().clean() or {}
        if data.get("serial") and not data.get("evidence"):
            self.add_error("evidence", _("Name the evidence: the order, the photo, who saw it."))
        return data

    @property
    def place(self) -> NewPlace | int:
        """Return where it is, as the operations take it."""
        data = self.cleaned_data
        if data["service_point_id"]:
            return int(data["service_point_id"])
        names = ("address", "city", "cadastral_code", "service_code", "route_code", "category_code", "unit_count")
        return NewPlace(
            **{name: data[name] for name in names},
            is_metered=bool(data["serial"]),
            is_disconnectable=data["is_disconnectable"] == "yes",
        )

    @property
    def first_meter(self) -> FirstMeter | None:
        """Return the meter that is put in, if any."""
        data = self.cleaned_data
        if not data["serial"]:
            return None
        meter = NewMeter(serial=data["serial"], make=data["make"], size=data["size"], digits=data["digits"])
        return FirstMeter(meter=meter, initial_milli=data["initial_milli"], evidence=data["evidence"])


class MoveForm(PersonFields, _DialFields, _ChecklistFields, _DatedForm):
    """Who comes after the customer of today, and what the meter shows on the day."""

    procedure = Procedure.MOVE
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex


class HolderForm(PersonFields, _DatedForm):
    """Who takes the account over with all it owes."""


class EndForm(_DialFields, _DatedForm):
    """The last day, and what the meter shows on it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_date"].label = _("First day without supply")


class TermsForm(_DatedForm):
    """What an agreement is billed by."""

    category_code = forms.ChoiceField(label=_("Category"), choices=_categories)
    tariff_code = forms.ChoiceField(label=_("Tariff"), choices=_tariffs)


class UnitsForm(_DatedForm):
    """How many units of a category a point serves."""

    category_code = forms.ChoiceField(label=_("Category"), choices=_categories)
    unit_count = forms.IntegerField(
        label=_("Units"), min_value=0, max_value=100_000, help_text=_("0 ends the category at this point.")
    )


class ExemptionForm(DeskForm):
    """A tax or charge that is not owed, with the paper that says so."""

    code = forms.CharField(
        label=_("Tax or charge"),
        max_length=60,
        help_text=_("As the tariff calls it: itbis for its input exempt_itbis."),
    )
    evidence = forms.CharField(label=_("Evidence"), max_length=200, help_text=_("The certificate and its number."))
    from_date = DateField(label=_("From"))
    until_date = DateField(
        label=_("Up to, without"),
        required=False,
        help_text=_("When the evidence expires; empty: until further notice."),
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_date"].initial = today


class ExclusionForm(_DatedForm):
    """Why an agreement is not billed, and when somebody looks again."""

    until_date = DateField(label=_("Up to, without"), required=False)
    review_date = DateField(label=_("Look again on"), help_text=_("It appears on the list of exclusions until then."))


class SuspensionForm(_DatedForm):
    """From when to when nothing is supplied, and whether the tariff goes on being due."""

    until_date = DateField(label=_("Up to, without"), required=False)
    is_billed = forms.ChoiceField(
        label=_("Billing"),
        choices=[("no", _("Leave it out of billing for as long")), ("yes", _("Go on billing what the tariff says"))],
    )


class DayForm(_DatedForm):
    """A day and a reason are all that is asked."""


class ReasonForm(DeskForm):
    """A reason is all that is asked."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class PartyForm(DeskForm):
    """How a party is called and reached."""

    name = forms.CharField(label=_("Name"), max_length=200)
    phone = forms.CharField(label=_("Phone"), max_length=50, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    address = forms.CharField(label=_("Postal address"), max_length=300, required=False)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("As the company")), *settings.LANGUAGES]
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class IdentifierForm(DeskForm):
    """An official number."""

    kind = forms.ChoiceField(label=_("Kind"), choices=IdentifierKind.choices)
    country = forms.ChoiceField(label=_("Country"), choices=_countries)
    value = forms.CharField(label=_("Number"), max_length=40)


class _AboutForm(DeskForm):
    """Something that is kept with the account, or with the customer wherever they are one."""

    about = forms.ChoiceField(
        label=_("Keep with"),
        choices=[("account", _("This account")), ("party", _("The customer, on every account"))],
    )


class NoteForm(_AboutForm):
    """Something to remember."""

    field_order = ("text", "about")
    text = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}))


class AttachmentForm(_AboutForm):
    """A file to keep."""

    field_order = ("file", "type_code", "title", "expires_date", "about")
    file = forms.FileField(
        label=_("File"),
        help_text=_("A PDF or a picture, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.webp"}),
    )
    type_code = forms.ChoiceField(
        label=_("Type"), required=False, choices=lambda: [("", _("Other")), *queries.list_document_types()]
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    expires_date = DateField(label=_("Counts until, without"), required=False)


class MarkerForm(_DatedForm, _AboutForm):
    """An alert for everybody who opens the account."""

    field_order = ("kind", "about")
    kind = forms.ChoiceField(label=_("Alert"), choices=list(MARKER_LABELS.items()))
    until_date = DateField(label=_("Up to, without"), required=False)


class DebtRuleForm(DeskForm):
    """What open debt means for a change of customer."""

    debt_rule = forms.ChoiceField(
        label=_("When the customer who leaves owes money"), choices=list(DEBT_RULE_LABELS.items())
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class DocumentTypeForm(DeskForm):
    """A kind of paper, and the acts that ask for it."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=100)
    procedures = forms.MultipleChoiceField(
        label=_("Asked for by"),
        required=False,
        choices=list(PROCEDURE_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class ContractTemplateForm(DeskForm):
    """The text of a contract."""

    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
    text = forms.CharField(
        label=_("Text"), widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true"}), max_length=50_000
    )


class ContractForm(DeskForm):
    """Which text to print."""

    template_id = forms.TypedChoiceField(
        label=_("Contract"),
        coerce=int,
        choices=lambda: [
            (template.pk, template.name) for template in queries.list_contract_templates().order_by("name")
        ],
    )
