"""Frozen cards of simulation: its tables with their bars, spelled for the page and plain for a workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from hydria.billing.web.wording import OWNERS, REASONS
from hydria.platform.web.formats import get_currency, get_formats, spell_unit
from hydria.simulation.domain.spread import NO_PERCENTAGE_BIN, UNCHANGED_BIN
from hydria.simulation.domain.tables import BillRow, Impact, ImpactRow, MoneyRow, Result, share_ppm
from hydria.simulation.models import SimulatedAccount
from hydria.simulation.queries import SimulationPage
from hydria.simulation.web.wording import DIMENSIONS, Names, bin_label, proposal_name

BAR_WIDTH = 200


class Kind(StrEnum):
    """What a cell holds; it decides alignment, spelling and the plain value."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "amount"
    CHANGE = "change"
    QUANTITY = "quantity"
    SHARE = "share"
    RATE = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its raw value (minor units, thousandths, millionths), None where there is nothing to say."""

    kind: Kind
    value: Any

    @property
    def is_number(self) -> bool:
        return self.kind is not Kind.TEXT

    @property
    def text(self) -> str:
        """Spell the value as the reader writes it."""
        if self.value is None:
            return "–"
        formats = get_formats()
        match self.kind:
            case Kind.COUNT:
                return formats.quantity(self.value * 1000)
            case Kind.AMOUNT:
                return formats.amount(self.value)
            case Kind.CHANGE:
                return _signed(self.value, formats.amount)
            case Kind.QUANTITY:
                return formats.quantity(self.value)
            case Kind.SHARE:
                return _signed(_tenths_of_percent(self.value), formats.percent)
            case Kind.RATE:
                return formats.percent(_tenths_of_percent(self.value))
        return str(self.value)

    @property
    def plain(self) -> Any:
        """Return the value for a file: numbers in whole units, shares in percent."""
        if self.value is None or self.kind in (Kind.TEXT, Kind.COUNT):
            return self.value
        if self.kind in (Kind.AMOUNT, Kind.CHANGE):
            return get_currency().to_decimal(self.value)
        return Decimal(self.value).scaleb(-3 if self.kind is Kind.QUANTITY else -4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a row in a picture two hundred wide and twenty high."""

    x: int
    y: int
    width: int
    height: int
    css_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; its first cell may lead to the accounts behind it."""

    cells: tuple[Cell, ...]
    href: str = ""
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    A table as shown and as exported.

    sheet      its name in a workbook
    bars_head  what the bars in its rows show; empty where it has none
    axis       where the bars' zero is
    """

    sheet: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    foot: tuple[Cell, ...] = ()
    bars_head: str = ""
    axis: int = 0
    note: str = ""

    @property
    def headed(self) -> list[tuple[str, bool]]:
        """Return the heads, each with whether numbers stand below."""
        kinds = [cell.is_number for cell in (self.rows[0].cells if self.rows else self.foot)]
        return list(zip(self.heads, kinds or [False] * len(self.heads), strict=True))


def revenue_table(page: SimulationPage, result: Result, names: Names) -> Table:
    """Return what each charge brings in each scenario."""
    largest = max((max(row.amounts_minor) for row in result.charges), default=0)
    return Table(
        sheet=_("Charges"),
        title=_("Revenue by charge"),
        heads=(_("Charge"), *_money_heads(page)),
        rows=tuple(
            Row(
                cells=(_text(names.of_charge(row.key)), *_money_cells(row)),
                bars=_amount_bars(row.amounts_minor, largest),
            )
            for row in result.charges
        ),
        foot=(_text(_("Total")), *_money_cells(result.total)),
        bars_head=_("Outline: now. Filled: proposed."),
    )


def breakdown_table(page: SimulationPage, result: Result, names: Names, *, dimension: str) -> Table:
    """Return how many bills, how much water and how much money each key of a breakdown has."""
    rows = result.by_dimension[dimension]
    largest = max((max(row.amounts_minor) for row in rows), default=0)
    return Table(
        sheet=str(DIMENSIONS[dimension]),
        title=_("Revenue by %(dimension)s") % {"dimension": str(DIMENSIONS[dimension]).lower()},
        heads=(str(DIMENSIONS[dimension]), *_bill_heads(page)),
        rows=tuple(
            Row(
                cells=(_text(names.of_key(dimension, row.key)), *_bill_cells(row)),
                bars=_amount_bars(row.amounts_minor, largest),
            )
            for row in rows
        ),
        foot=(_text(_("Total")), *_bill_cells(result.total)),
        bars_head=_("Outline: now. Filled: proposed."),
    )


def impact_table(page: SimulationPage, impact: Impact, names: Names, *, dimension: str, scenario: int) -> Table:
    """Return who pays less and more in each group, with bars to both sides of the accounts that do."""
    rows = impact.by_dimension[dimension]
    largest = max((max(row.winner_count, row.loser_count) for row in rows), default=0)
    middle = BAR_WIDTH // 2

    def bars(row: ImpactRow) -> tuple[Bar, ...]:
        less, more = (_length(count, largest, middle) for count in (row.winner_count, row.loser_count))
        return (
            Bar(x=middle - less, y=4, width=less, height=12, css_class="bars-less"),
            Bar(x=middle, y=4, width=more, height=12, css_class="bars-more"),
        )

    def href(row: ImpactRow) -> str:
        # Only what the list of accounts can be narrowed by, with a key that it has words for.
        if dimension == "units" or not row.key:
            return ""
        return accounts_href(page, scenario=scenario, **{dimension: row.key})

    return Table(
        sheet=f"{DIMENSIONS[dimension]} {proposal_name(scenario)}",
        title=_("Who pays less, who pays more, by %(dimension)s") % {"dimension": str(DIMENSIONS[dimension]).lower()},
        heads=(
            str(DIMENSIONS[dimension]),
            *([_("Uses in 30 days (%(unit)s)") % {"unit": spell_unit(page.unit)}] if dimension == "tenth" else []),
            _("Accounts"),
            _("Pay less"),
            _("Pay the same"),
            _("Pay more"),
            _("Saved in all"),
            _("Added in all"),
            _("Change"),
        ),
        rows=tuple(
            Row(
                cells=(
                    _text(names.of_key(dimension, row.key)),
                    *([_text(_use_of_tenth(page, int(row.key)))] if dimension == "tenth" else []),
                    *_impact_cells(row),
                ),
                href=href(row),
                bars=bars(row),
            )
            for row in rows
        ),
        foot=(_text(_("Total")), *([_text("")] if dimension == "tenth" else []), *_impact_cells(impact.total)),
        bars_head=_("← pay less · pay more →"),
        axis=middle,
    )


def spread_table(impact: Impact, *, scenario: int) -> Table:
    """Return how many accounts change by how much."""
    largest = max((count for count, _change in impact.spread), default=0)

    def css_class(place: int) -> str:
        if place == UNCHANGED_BIN:
            return "bars-same"
        return "bars-less" if place < UNCHANGED_BIN else "bars-more"

    return Table(
        sheet=_("Spread %(proposal)s") % {"proposal": proposal_name(scenario)},
        title=_("How much bills change"),
        heads=(_("Change of the bill"), _("Accounts"), _("Together")),
        rows=tuple(
            Row(
                cells=(_text(bin_label(place)), _cell(Kind.COUNT, count), _cell(Kind.CHANGE, change_minor)),
                bars=(Bar(x=0, y=4, width=_length(count, largest, BAR_WIDTH), height=12, css_class=css_class(place)),),
            )
            for place, (count, change_minor) in enumerate(impact.spread)
            if count or place != NO_PERCENTAGE_BIN
        ),
        foot=(
            _text(_("Total")),
            _cell(Kind.COUNT, impact.total.account_count),
            _cell(Kind.CHANGE, impact.total.proposed_minor - impact.total.current_minor),
        ),
        bars_head=_("Accounts"),
    )


def burden_table(page: SimulationPage, result: Result, names: Names) -> Table:
    """Return what the bills of each group weigh against its income, in every scenario."""
    group = str(page.incomes.group)
    scenarios = [_("Now"), *(_("Proposal %s") % proposal_name(place) for place in range(1, len(page.scenarios)))]
    limit = get_formats().percent(page.limit_ppm)
    return Table(
        sheet=_("Affordability"),
        title=_("What bills weigh against incomes"),
        heads=(
            str(DIMENSIONS[group]),
            _("Accounts"),
            pgettext("household", "Income"),
            *(_("Bill: %s") % scenario for scenario in scenarios),
            *(_("Share: %s") % scenario for scenario in scenarios),
            *(_("Above: %s") % scenario for scenario in scenarios),
        ),
        rows=tuple(
            Row(
                cells=(
                    _text(names.of_key(group, row.key)),
                    _cell(Kind.COUNT, row.account_count),
                    _cell(Kind.AMOUNT, row.income_minor),
                    *(_cell(Kind.AMOUNT, amount) for amount in row.monthly_minor),
                    *(_cell(Kind.RATE, share) for share in row.shares_ppm),
                    *(_cell(Kind.COUNT, count) for count in row.above_counts),
                )
            )
            for row in result.burden
        ),
        note=_("Bills are those of one dwelling in thirty days; above are accounts that pay more than %(limit)s.")
        % {"limit": limit},
    )


def set_aside_table(page: SimulationPage, result: Result) -> Table:
    """Return why bills are in no sum."""
    href = reverse("simulation_set_aside", args=[page.simulation_id])
    return Table(
        sheet=_("Set aside"),
        title=_("Bills set aside"),
        heads=(_("Reason"), _("Waits for"), _("Priced by"), _("Bills"), _("Accounts"), _("Quantity")),
        rows=tuple(
            Row(
                cells=(
                    _text(str(REASONS.get(row.code, row.code))),
                    _text(str(OWNERS.get(row.owner, row.owner))),
                    _text(proposal_name(row.scenario) if row.scenario else _("Now")),
                    _cell(Kind.COUNT, row.bill_count),
                    _cell(Kind.COUNT, row.account_count),
                    _cell(Kind.QUANTITY, row.quantity_milli),
                ),
                href=f"{href}?{urlencode({'reason': row.code})}",
            )
            for row in result.set_aside
        ),
    )


def total_cells(result: Result, *, scenario: int) -> dict[str, Cell]:
    """Return the figures at the head of a result, for one proposal."""
    total, place = result.total, scenario - 1
    current_milli, proposed_milli = total.quantities_milli[0], total.quantities_milli[scenario]
    return {
        "current": _cell(Kind.AMOUNT, total.amounts_minor[0]),
        "proposed": _cell(Kind.AMOUNT, total.amounts_minor[scenario]),
        "change": _cell(Kind.CHANGE, total.changes_minor[place]),
        "change_share": _cell(Kind.SHARE, total.changes_ppm[place]),
        "quantity": _cell(Kind.QUANTITY, proposed_milli),
        "quantity_share": _cell(Kind.SHARE, share_ppm(proposed_milli - current_milli, current_milli)),
    }


def affected_cells(account: SimulatedAccount) -> tuple[Cell, ...]:
    """Return one of the most affected accounts."""
    return (
        _text(account.account.number),
        _text(account.category),
        _cell(Kind.COUNT, account.units),
        _cell(Kind.QUANTITY, account.quantity_milli),
        _cell(Kind.AMOUNT, account.current_minor),
        _cell(Kind.AMOUNT, account.proposed_minor),
        _cell(Kind.CHANGE, account.change_minor),
        _cell(Kind.SHARE, share_ppm(account.change_minor, account.current_minor)),
    )


def accounts_href(page: SimulationPage, *, scenario: int, **filters: str) -> str:
    """Return the address of the accounts behind a figure."""
    address = reverse("simulation_accounts", args=[page.simulation_id, scenario])
    return f"{address}?{urlencode(filters)}" if filters else address


def _use_of_tenth(page: SimulationPage, tenth: int) -> str:
    """Return from which use on a tenth begins, and where the next one does."""
    if not tenth:
        return "–"
    edges = [get_formats().quantity(edge) for edge in page.tenth_edges_milli]
    if tenth == 1:
        return _("below %s") % edges[0]
    return _("%s and more") % edges[-1] if tenth > len(edges) else f"{edges[tenth - 2]} – {edges[tenth - 1]}"


def _money_heads(page: SimulationPage) -> list[str]:
    proposals = [proposal_name(scenario) for scenario in range(1, len(page.scenarios))]
    heads = [_("Now")]
    for proposal in proposals:
        heads += [_("Proposal %s") % proposal, _("Change"), "%"]
    return heads


def _bill_heads(page: SimulationPage) -> list[str]:
    return [_("Bills"), _("Quantity (%(unit)s)") % {"unit": spell_unit(page.unit)}, *_money_heads(page)]


def _money_cells(row: MoneyRow) -> list[Cell]:
    cells = [_cell(Kind.AMOUNT, row.amounts_minor[0])]
    proposed = zip(row.amounts_minor[1:], row.changes_minor, row.changes_ppm, strict=True)
    for amount_minor, change_minor, change_ppm in proposed:
        cells += [
            _cell(Kind.AMOUNT, amount_minor),
            _cell(Kind.CHANGE, change_minor),
            _cell(Kind.SHARE, change_ppm),
        ]
    return cells


def _bill_cells(row: BillRow) -> list[Cell]:
    return [_cell(Kind.COUNT, row.bill_count), _cell(Kind.QUANTITY, row.quantities_milli[0]), *_money_cells(row)]


def _impact_cells(row: ImpactRow) -> list[Cell]:
    counts = (row.account_count, row.winner_count, row.unchanged_count, row.loser_count)
    return [
        *(_cell(Kind.COUNT, count) for count in counts),
        _cell(Kind.AMOUNT, row.saved_minor),
        _cell(Kind.AMOUNT, row.added_minor),
        _cell(Kind.SHARE, row.change_ppm),
    ]


def _amount_bars(amounts_minor: Sequence[int], largest_minor: int) -> tuple[Bar, ...]:
    """Return the bar of each proposal, and around them the outline of what is now."""
    current, *proposed = amounts_minor
    height = 12 // len(proposed)
    filled = [
        Bar(
            x=0,
            y=4 + height * place,
            width=_length(amount, largest_minor, BAR_WIDTH),
            height=height,
            css_class="bars-new",
        )
        for place, amount in enumerate(proposed)
    ]
    outline = Bar(x=0, y=1, width=_length(current, largest_minor, BAR_WIDTH), height=18, css_class="bars-now")
    return (*filled, outline)


def _length(value: int, largest: int, width: int) -> int:
    """Return the length of a bar; whatever is above zero is at least visible."""
    return 0 if value <= 0 or largest <= 0 else max(value * width // largest, 1)


def _signed(value: int, spell: Callable[[int], str]) -> str:
    return f"+{spell(value)}" if value > 0 else spell(value)


def _tenths_of_percent(ppm: int) -> int:
    """Round millionths half away from zero to tenths of a percent."""
    size = (abs(ppm) + 500) // 1000 * 1000
    return size if ppm >= 0 else -size


def _cell(kind: Kind, value: Any) -> Cell:
    return Cell(kind=kind, value=value)


def _text(text: str) -> Cell:
    return Cell(kind=Kind.TEXT, value=text)
