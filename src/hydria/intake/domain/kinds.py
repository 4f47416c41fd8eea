"""
Own the closed list of record kinds that files can feed, with their fields.

A kind names the table that it fills (`model`), how one of its rows is told from another (`identity`) and, where
other systems number such rows, that its `key` is kept as an alias. Kinds are listed in the order in which they
are written: a kind refers only to kinds above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """Say how the text of a cell is understood."""

    TEXT = "text"
    WHOLE = "whole"  # a whole number
    QUANTITY = "quantity"  # at most three decimals; kept in thousandths
    MONEY = "money"  # kept in minor units of the company's currency
    DEGREES = "degrees"  # at most six decimals
    DATE = "date"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    Describe one field of a kind.

    column     the column of the table; a reference's ends in `_id`; "" when the field only narrows a reference
    refers_to  the kind whose key the field holds
    default    what a new row gets when the mapping does not feed the field; None leaves the column empty
    low, high  bounds of a number, in whole units of the field
    """

    name: str
    type: FieldType = FieldType.TEXT
    column: str
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    length_max: int = 0
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    Describe one kind of record.

    identity    the fields that tell rows apart; repeats in one file must agree in all other fields
    has_alias   the identity is `key`, kept as an `ExternalAlias`
    is_fact     a repeat in the file is worth a warning; a register row may be told many times over
    is_posted   written through the posting operations of its context: never updated, never deleted
    is_mirrored posted, and undone by a mirror of each row
    happened    the field of the day on which a fact was over: no file knows a day after the one on which it came
    """

    name: str
    model: str
    fields: tuple[Field, ...]
    identity: tuple[str, ...]
    has_alias: bool = False
    is_fact: bool = False
    is_posted: bool = False
    is_mirrored: bool = False
    happened: str = ""

    def field(self, name: str) -> Field | None:
        """Return the field of a name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def is_ranged(self) -> bool:
        """Tell whether rows hold for a time, `from` a day `until` (and without) another."""
        return any(field.column == "from" for field in self.fields)


def _text(name: str, length_max: int, *, required: bool = False, column: str = "", default: str | None = "") -> Field:
    return Field(name=name, column=column or name, required=required, length_max=length_max, default=default)


def _ref(name: str, kind: str, *, column: str = "", required: bool = True) -> Field:
    return Field(name=name, column=column or f"{name}_id", required=required, refers_to=kind, length_max=120)


def _date(name: str, *, required: bool = False, column: str = "") -> Field:
    return Field(name=name, type=FieldType.DATE, column=column or name, required=required)


def _whole(name: str, low: int, high: int, *, required: bool = False, default: str | None = None) -> Field:
    return Field(name=name, type=FieldType.WHOLE, column=name, required=required, default=default, low=low, high=high)


def _quantity(name: str, *, column: str, required: bool = False, default: str | None = None) -> Field:
    return Field(
        name=name,
        type=FieldType.QUANTITY,
        column=column,
        required=required,
        default=default,
        low=0,
        high=10**12,
    )


def _choice(name: str, choices: str, *, default: str | None = None) -> Field:
    return Field(name=name, column=name, choices=tuple(choices.split()), default=default, required=default is None)


def _truth(name: str, *, default: str | None = None) -> Field:
    return Field(name=name, type=FieldType.TRUTH, column=name, default=default, required=default is None)


def _coded_list(name: str, model: str, *more: Field) -> Kind:
    fields = (_text("code", 20, required=True), _text("name", 100, required=True), *more)
    return Kind(name=name, model=model, fields=fields, identity=("code",))


_KEY = _text("key", 120, required=True)
_DURING = (_date("from", required=True), _date("until"))

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _coded_list("service", "premises.Service", _text("unit", 10, default="m3")),
        _coded_list("category", "premises.Category"),
        _coded_list("zone", "premises.Zone"),
        _coded_list("sector", "premises.Sector", _ref("zone", "zone")),
        _coded_list("cycle", "premises.BillingCycle", _whole("period_months", 1, 12, default="1")),
        _coded_list("route", "premises.Route", _ref("sector", "sector"), _ref("cycle", "cycle")),
        Kind(
            name="party",
            model="parties.Party",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("number", 30, required=True),
                _choice("kind", "PERSON ORGANIZATION", default="PERSON"),
                _text("name", 200, required=True),
                _text("email", 254),
                _text("phone", 50),
                _text("address", 300),
                _text("language", 5),
                _text("notes", 2000),
                _truth("is_protected", default="false"),
            ),
        ),
        Kind(
            name="identifier",
            model="parties.PartyIdentifier",
            identity=("country", "kind", "value"),
            fields=(
                _choice("kind", "TAX NATIONAL PASSPORT OTHER"),
                _text("country", 2, required=True),
                _text("value", 40, required=True),
                _ref("party", "party"),
            ),
        ),
        Kind(
            name="premise",
            model="premises.Premise",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("number", 30, required=True),
                _text("address", 300, required=True),
                _text("city", 100),
                _text("cadastral_code", 60, default=None),
                Field(name="longitude", type=FieldType.DEGREES, column="longitude", low=-180, high=180),
                Field(name="latitude", type=FieldType.DEGREES, column="latitude", low=-90, high=90),
            ),
        ),
        Kind(
            name="premise_party",
            model="premises.PremiseParty",
            identity=("premise", "party", "role", "from"),
            fields=(_ref("premise", "premise"), _ref("party", "party"), _choice("role", "OWNER TENANT"), *_DURING),
        ),
        Kind(
            name="point",
            model="premises.ServicePoint",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("number", 30, required=True),
                _ref("premise", "premise"),
                _ref("service", "service"),
                _ref("route", "route"),
                _whole("route_sequence", 0, 2_000_000_000, required=True),
                _truth("is_metered", default="true"),
                _truth("is_disconnectable"),
            ),
        ),
        Kind(
            name="units",
            model="premises.PointUnits",
            identity=("point", "category", "from"),
            fields=(
                _ref("point", "point", column="service_point_id"),
                _ref("category", "category"),
                _whole("unit_count", 1, 100_000, required=True),
                *_DURING,
            ),
        ),
        Kind(
            name="account",
            model="agreements.Account",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("number", 30, required=True),
                _choice("delivery_mode", "PAPER EMAIL", default="PAPER"),
                _text("delivery_address", 300),
                _text("language", 5),
                _date("opened_date", required=True),
                _date("closed_date"),
            ),
        ),
        Kind(
            name="account_party",
            model="agreements.AccountParty",
            identity=("account", "party", "role", "from"),
            fields=(
                _ref("account", "account"),
                _ref("party", "party"),
                _choice("role", "HOLDER PAYER GUARANTOR MEMBER", default="HOLDER"),
                *_DURING,
            ),
        ),
        Kind(
            name="agreement",
            model="agreements.ServiceAgreement",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("number", 30, required=True),
                _ref("account", "account"),
                _ref("point", "point", column="service_point_id"),
                *_DURING,
            ),
        ),
        Kind(
            name="terms",
            model="agreements.AgreementTerms",
            identity=("agreement", "from"),
            fields=(
                _ref("agreement", "agreement"),
                _text("tariff", 60, required=True, column="tariff_code"),
                _ref("category", "category"),
                Field(name="inputs", column="inputs", default="{}", length_max=4000),
                *_DURING,
            ),
        ),
        Kind(
            name="meter",
            model="metering.Meter",
            identity=("key",),
            has_alias=True,
            fields=(
                _KEY,
                _text("serial", 40, required=True),
                _text("make", 60),
                _text("model", 60),
                _text("size", 20),
                _date("manufactured_date"),
            ),
        ),
        Kind(
            name="register",
            model="metering.Register",
            identity=("meter", "channel"),
            fields=(
                _ref("meter", "meter"),
                _text("channel", 20, required=True),
                _text("unit", 10, default="m3"),
                _whole("digits", 3, 9, default="5"),
                _whole("multiplier", 1, 100_000, default="1"),
                _truth("is_counted", default="true"),
            ),
        ),
        Kind(
            name="installation",
            model="metering.Installation",
            identity=("meter", "from"),
            fields=(
                _ref("meter", "meter"),
                _ref("point", "point", column="service_point_id"),
                _quantity("initial", column="initial_milli", default="0"),
                _quantity("final", column="final_milli"),
                _text("evidence", 250),
                *_DURING,
            ),
        ),
        Kind(
            name="reading",
            model="metering.Reading",
            identity=("meter", "channel", "date"),
            is_fact=True,
            happened="date",
            fields=(
                _ref("meter", "meter", column="register_id"),
                # Which dial of the meter; the main one when not told.
                Field(name="channel", column="", length_max=20, default="MAIN"),
                _date("date", required=True, column="read_date"),
                _quantity("value", column="value_milli"),
                _text("observation", 20),
                _text("reader", 80),
            ),
        ),
        Kind(
            name="consumption",
            model="metering.Consumption",
            identity=("point", "start"),
            is_fact=True,
            happened="end",
            fields=(
                _ref("point", "point", column="service_point_id"),
                _date("start", required=True, column="start_date"),
                _date("end", required=True, column="end_date"),
                _quantity("quantity", column="quantity_milli", required=True),
                _choice("kind", "MEASURED ESTIMATED ADJUSTED ASSUMED", default="MEASURED"),
            ),
        ),
        # What a customer owed on the day of the take-over; a negative amount is held for the customer.
        Kind(
            name="opening",
            model="receivables.Item",
            identity=("key",),
            has_alias=True,
            is_fact=True,
            is_posted=True,
            fields=(
                _KEY,
                _ref("account", "account"),
                Field(name="amount", type=FieldType.MONEY, column="amount_minor", required=True),
                _date("effective", required=True, column="effective_date"),
                _date("due", required=True, column="due_date"),
                _text("document", 40, column="document_code"),
            ),
        ),
        # Money received elsewhere: the history at a take-over, or the file of a collector.
        Kind(
            name="payment",
            model="payments.Payment",
            identity=("key",),
            is_fact=True,
            is_posted=True,
            is_mirrored=True,
            fields=(
                _text("key", 40, required=True),
                _ref("account", "account", required=False),
                _text("document", 40),
                Field(
                    name="amount",
                    type=FieldType.MONEY,
                    column="amount_minor",
                    required=True,
                    low=0,
                    high=10**12,
                ),
                _date("date", required=True, column="effective_date"),
                _choice("tender", "CASH CARD CHECK TRANSFER", default="TRANSFER"),
                _text("reference", 60),
            ),
        ),
    )
}
