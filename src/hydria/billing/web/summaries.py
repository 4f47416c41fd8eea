"""The words and numbers of a billing beside earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.billing._board import SummaryPage
from hydria.billing.domain.summary import BillingSummary, Share, change_percent, match
from hydria.platform.web.formats import get_formats

Figure = Fraction | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of three billings, spelled; a change is empty where there was nothing to change from."""

    name: str
    this: str
    before: str
    change: str
    year_ago: str
    year_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures that belong together."""

    title: str
    rows: tuple[Row, ...]


def summary_tables(page: SummaryPage) -> list[Table]:
    """Return the indicators of a billing, then its money by charge and by category, each beside earlier billings."""
    money = get_formats().money
    tables = [Table(title=_("Indicators"), rows=tuple(_indicators(page)))]
    for title, of in (
        (_("By charge"), lambda summary: summary.charges),
        (_("By category"), lambda summary: summary.categories),
    ):
        rows = [
            _row(_name(shares), *(None if share is None else share.amount_minor for share in shares), spell=money)
            for shares in _matched(page, of)
        ]
        tables.append(Table(title=title, rows=tuple(rows)))
    return tables


def _indicators(page: SummaryPage) -> list[Row]:
    formats = get_formats()
    billings = (page.this, page.before, page.year_ago)

    def of_all(figure: Callable[[BillingSummary], Figure]) -> list[Figure]:
        return [None if billing is None else figure(billing) for billing in billings]

    rows = [
        _row(_("Invoices"), *of_all(lambda billing: billing.invoice_count), spell=_spell_count),
        _row(_("Amount billed"), *of_all(lambda billing: billing.total_minor), spell=formats.money),
        _row(_("Average invoice"), *of_all(lambda billing: billing.average_minor), spell=formats.money),
    ]
    for shares in _matched(page, lambda summary: summary.services):
        if not any(share is not None and share.quantity_milli for share in shares):
            continue
        name = _name(shares)
        figures: list[tuple[str, Callable[[Share], Figure], Callable[[int], str]]] = [
            (_("%(service)s: quantity"), lambda share: share.quantity_milli, formats.quantity),
            (_("%(service)s: average price of a unit"), _unit_price, formats.money),
            (_("%(service)s: estimated, %%"), lambda share: _part(share.estimated_count, share), _spell_percent),
            (_("%(service)s: nothing used, %%"), lambda share: _part(share.unused_count, share), _spell_percent),
        ]
        for words, figure, spell in figures:
            told = (None if share is None else figure(share) for share in shares)
            rows.append(_row(words % {"service": name}, *told, spell=spell))
    return rows


def _matched(
    page: SummaryPage, of: Callable[[BillingSummary], tuple[Share, ...]]
) -> list[tuple[Share | None, Share | None, Share | None]]:
    here = of(page.this)
    before = of(page.before) if page.before else ()
    year_ago = {share.code: share for share in of(page.year_ago)} if page.year_ago else {}
    found = []
    for this, earlier in match(here, before):
        code = (this or earlier).code  # type: ignore[union-attr]  # one of a pair is always there
        found.append((this, earlier, year_ago.get(code)))
    return found


def _row(name: str, this: Figure, before: Figure, year_ago: Figure, *, spell: Callable[[int], str]) -> Row:
    """Spell a figure and its changes; what is a percentage already has none, percent of percent mislead."""

    def spelled(figure: Figure) -> str:
        return "" if figure is None else spell(round(figure))

    return Row(
        name=name,
        this=spelled(this),
        before=spelled(before),
        change="" if spell is _spell_percent else _spell_change(this, before),
        year_ago=spelled(year_ago),
        year_change="" if spell is _spell_percent else _spell_change(this, year_ago),
    )


def _name(shares: tuple[Share | None, ...]) -> str:
    share = next(share for share in shares if share is not None)
    names = dict(share.names)
    return names.get(get_language() or "") or names.get("en") or next(iter(names.values()), share.code)


def _unit_price(share: Share) -> Figure:
    return Fraction(share.amount_minor * 1000, share.quantity_milli) if share.quantity_milli else None


def _part(count: int, share: Share) -> Figure:
    return Fraction(count * 1000, share.count) if share.count else None


def _spell_count(count: int) -> str:
    return get_formats().quantity(count * 1000)


def _spell_percent(per_mille: int) -> str:
    """Spell thousandths as percent with one decimal."""
    return get_formats().quantity(per_mille * 100)


def _spell_change(now: Figure, before: Figure) -> str:
    percent = change_percent(now, before)
    if percent is None:
        return ""
    tenths = round(percent * 10)
    sign = "+" if tenths > 0 else ""
    return f"{sign}{get_formats().quantity(tenths * 100)} %"
