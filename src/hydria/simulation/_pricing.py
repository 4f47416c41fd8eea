"""
Price the accounts of one chunk by every scenario and tally what comes of it; nothing is written here.

Every bill goes through `billing.queries.rehearse`, the path of a billing run. A proposal replaces some tariffs: only
the rows that it touches are priced again, the others owe what they owe now.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.billing import queries as billing
from hydria.kernel.periods import Period
from hydria.simulation.domain import tally as tallies
from hydria.simulation.domain.comparison import (
    ScenarioBills,
    compare_accounts,
    tally_accounts,
    tally_bills,
    tally_burden,
)
from hydria.simulation.domain.elasticity import answer_to_price
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.domain.tally import CURRENT, Tally
from hydria.simulation.domain.tenths import TENTHS, UNMEASURED, monthly_use, tenth_of
from hydria.simulation.models import SimulatedVersion, Simulation, SimulationChunk
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.queries import VersionCard

Int64Array = npt.NDArray[np.int64]
Versions = Mapping[str, VersionCard]

# What a person is called does not change a price, and identifies nobody in a fingerprint.
_NOT_PRICED = ("holder_id", "holder_name", "holder_tax_id", "address", "tariff_version_id", "is_billed",
               "usual_minor", "usual_days", "history_count")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    Hold what became of a chunk.

    accounts   as `compare_accounts` returns them
    set_aside  account_id, scenario, code, owner, data, bill_count, quantity_milli
    """

    tally: Tally
    accounts: pl.DataFrame
    set_aside: pl.DataFrame
    register_hash: str
    accounts_hash: str


def price_chunk(simulation: Simulation, chunk: SimulationChunk) -> Outcome:
    """Price the accounts of a chunk over all months of its simulation."""
    scope = dataclasses.replace(
        scope_of(simulation), first_account_id=chunk.first_account_id, end_account_id=chunk.end_account_id
    )
    used = billing.load_used(months=months_of(simulation), scope=scope)
    if used.is_empty():
        return _nothing_used()
    scenarios = list_scenarios(simulation)
    months_later = months_between(simulation.from_date, simulation.prices_date)
    tenths = _tenths_of(used, simulation, scope)
    elasticity_milli = np.array(simulation.elasticity_milli or [0] * (TENTHS + 1), dtype=np.int64)[tenths]
    used_milli = used["quantity_milli"].to_numpy()
    current = billing.rehearse(used, versions=scenarios[0], quantity_milli=used_milli, months_later=months_later)
    rehearsals, bills = [current], [_bills_of(current, used_milli)]
    for versions in scenarios[1:]:
        proposed = _rehearse_beside(current, used, versions, scenarios[0], used_milli, months_later)
        answered_milli = _answer(used, current, proposed, elasticity_milli)
        answered = _rehearse_beside(proposed, used, versions, versions, answered_milli, months_later)
        rehearsals += [proposed, answered]
        bills.append(_bills_of(answered, answered_milli))
    return _outcome(simulation, used, tenths, rehearsals, bills)


def _outcome(
    simulation: Simulation,
    used: pl.DataFrame,
    tenths: Int64Array,
    rehearsals: Sequence[billing.Rehearsal],
    bills: Sequence[ScenarioBills],
) -> Outcome:
    is_compared = np.logical_and.reduce([rehearsal.is_priced for rehearsal in rehearsals])
    rows = used.select(
        "account_id",
        "period_date",
        "category",
        "sector",
        "tariff_code",
        social=_social_groups(used["exemptions"]),
        units=pl.col("units").fill_null(1),
        days=(pl.col("end_date") - pl.col("start_date")).dt.total_days(),
        tenth=pl.Series(tenths),
        is_compared=pl.Series(is_compared),
    )
    accounts = compare_accounts(rows, bills)
    set_aside = _set_aside(used, rehearsals)
    limit_ppm = simulation.incomes.get("limit_ppm", 0)
    tally = {
        **tally_bills(rows, bills),
        **tally_accounts(accounts, scenario_count=len(bills)),
        **tally_burden(accounts, scenario_count=len(bills), incomes=incomes_of(simulation), limit_ppm=limit_ppm),
        "set_aside": tallies.add_up("set_aside", [set_aside.with_columns(account_count=pl.lit(1))]),
    }
    return Outcome(
        tally=tally,
        accounts=accounts,
        set_aside=set_aside,
        register_hash=_hash_of(used.drop(_NOT_PRICED)),
        accounts_hash=_hash_of(accounts),
    )


def _nothing_used() -> Outcome:
    nothing = pl.DataFrame()
    return Outcome(
        tally=tallies.add_tallies([]), accounts=nothing, set_aside=nothing, register_hash="", accounts_hash=""
    )


def _hash_of(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()


def _tenths_of(used: pl.DataFrame, simulation: Simulation, scope: billing.RehearsedScope) -> Int64Array:
    """Return the tenth of each row's account, 0 where nobody measures what it uses."""
    use = billing.measure_use(months=months_of(simulation), scope=scope)
    use_milli = monthly_use(quantity_milli=use["quantity_milli"].to_numpy(), days=use["days"].to_numpy())
    tenths = tenth_of(use_milli, edges_milli=np.array(simulation.tenth_edges_milli, dtype=np.int64))
    by_account = use.select("account_id", tenth=pl.Series(tenths, dtype=pl.Int64))
    joined = used.select("account_id").join(by_account, on="account_id", how="left", maintain_order="left")
    return joined["tenth"].fill_null(UNMEASURED).to_numpy()


def _rehearse_beside(
    known: billing.Rehearsal,
    used: pl.DataFrame,
    versions: Versions,
    known_versions: Versions,
    quantity_milli: Int64Array,
    months_later: int,
) -> billing.Rehearsal:
    """Price the rows whose tariff or quantity is not that of a known rehearsal, and take the others from it."""
    replaced = [
        code
        for code, version in versions.items()
        if code not in known_versions or known_versions[code].version_hash != version.version_hash
    ]
    used_milli = used["quantity_milli"].to_numpy()
    touched = used["tariff_code"].is_in(replaced).fill_null(value=False).to_numpy() | (quantity_milli != used_milli)
    rows = np.flatnonzero(touched)
    if not len(rows):
        return known
    part = billing.rehearse(
        used[rows], versions=versions, quantity_milli=quantity_milli[rows], months_later=months_later
    )
    total_minor, is_priced = known.total_minor.copy(), known.is_priced.copy()
    total_minor[rows], is_priced[rows] = part.total_minor, part.is_priced
    kept = [
        dataclasses.replace(
            line, rows=line.rows[~touched[line.rows]], amount_minor=line.amount_minor[~touched[line.rows]]
        )
        for line in known.lines
    ]
    priced = [dataclasses.replace(line, rows=rows[line.rows]) for line in part.lines]
    unpriced = [row for row in known.unpriced if not touched[row.row]]
    unpriced += [dataclasses.replace(row, row=int(rows[row.row])) for row in part.unpriced]
    return billing.Rehearsal(
        lines=(*kept, *priced), total_minor=total_minor, is_priced=is_priced, unpriced=tuple(unpriced)
    )


def _answer(
    used: pl.DataFrame, current: billing.Rehearsal, proposed: billing.Rehearsal, elasticity_milli: Int64Array
) -> Int64Array:
    """Return what each row would use, its account knowing what all of its months would cost."""
    used_milli = used["quantity_milli"].to_numpy()
    if not elasticity_milli.any():
        return used_milli
    both = current.is_priced & proposed.is_priced
    _ids, account = np.unique(used["account_id"].to_numpy(), return_inverse=True)
    paid = np.zeros((2, len(_ids)), dtype=np.int64)
    np.add.at(paid[0], account[both], current.total_minor[both])
    np.add.at(paid[1], account[both], proposed.total_minor[both])
    return answer_to_price(
        quantity_milli=used_milli,
        current_minor=paid[0][account],
        proposed_minor=paid[1][account],
        elasticity_milli=elasticity_milli,
    )


def _bills_of(rehearsal: billing.Rehearsal, quantity_milli: Int64Array) -> ScenarioBills:
    charges = [(line.charge, line.rows, line.amount_minor) for line in rehearsal.lines]
    return ScenarioBills(total_minor=rehearsal.total_minor, quantity_milli=quantity_milli, charges=charges)


def _social_groups(exemptions: pl.Series) -> pl.Series:
    """Return the exemptions of each row as one word: their codes in order, joined by a plus sign."""
    words = {text: "+".join(sorted(json.loads(text))) for text in exemptions.drop_nulls().unique().to_list()}
    return exemptions.replace_strict(words, default="", return_dtype=pl.String)


def _set_aside(used: pl.DataFrame, rehearsals: Sequence[billing.Rehearsal]) -> pl.DataFrame:
    """Return the rows that some scenario cannot price, by account and reason; the first scenario that fails counts."""
    found: dict[int, dict[str, object]] = {}
    for place, rehearsal in enumerate(rehearsals):
        for row in rehearsal.unpriced:
            # Rehearsals: the current one, then two for each proposal, before and after use answers to price.
            scenario = (place + 1) // 2
            facts = {"code": row.obstacle.code, "owner": str(row.obstacle.owner or ""), "data": json.dumps(row.data)}
            found.setdefault(row.row, {"row": row.row, "scenario": scenario, **facts})
    schema = {"row": pl.Int64, "scenario": pl.Int64, "code": pl.String, "owner": pl.String, "data": pl.String}
    rows = pl.DataFrame(list(found.values()), schema=schema, orient="row").sort("row")
    of_account = used.select("account_id", "quantity_milli")[rows["row"].to_numpy()]
    return (
        rows.hstack(of_account)
        .group_by("account_id", "scenario", "code", "owner", maintain_order=True)
        .agg(pl.col("data").first(), pl.len().cast(pl.Int64).alias("bill_count"), pl.col("quantity_milli").sum())
    )


def list_scenarios(simulation: Simulation) -> list[dict[str, VersionCard]]:
    """Return for each scenario the text to price with by tariff; a proposal keeps what it does not replace."""
    rows = list(simulation.versions.order_by("scenario", "tariff_code"))
    found = [{row.tariff_code: _card(row) for row in rows if row.scenario == CURRENT}]
    for scenario in sorted({row.scenario for row in rows} - {CURRENT}):
        found.append(found[0] | {row.tariff_code: _card(row) for row in rows if row.scenario == scenario})
    return found


def months_of(simulation: Simulation) -> Period:
    """Return the months whose consumption is priced."""
    return Period(simulation.from_date, simulation.until_date)


def months_between(start_date: datetime.date, end_date: datetime.date) -> int:
    """
    Count the months from one first of a month to another.

    >>> months_between(datetime.date(2025, 11, 1), datetime.date(2027, 1, 1))
    14
    """
    return (end_date.year - start_date.year) * 12 + end_date.month - start_date.month


def scope_of(simulation: Simulation) -> billing.RehearsedScope:
    """Return what part of the register a simulation prices."""
    cycle_ids, sectors, categories = (simulation.scope.get(name, ()) for name in ("cycle_ids", "sectors", "categories"))
    return billing.RehearsedScope(cycle_ids=tuple(cycle_ids), sectors=tuple(sectors), categories=tuple(categories))


def incomes_of(simulation: Simulation) -> Incomes:
    """Return the incomes that a simulation weighs bills against."""
    plain = simulation.incomes or {"group": IncomeGroup.CATEGORY, "income_minor": {}}
    return Incomes(group=IncomeGroup(plain["group"]), income_minor=plain["income_minor"])


def _card(row: SimulatedVersion) -> VersionCard:
    return VersionCard(  # a version that nobody posts by needs no posting routes
        id=row.version_id,
        code=row.tariff_code,
        sequence=row.sequence,
        version_hash=row.version_hash,
        compiled=_compiled(row.text, row.tariff_code),
        charges=(),
    )


@lru_cache(maxsize=32)
def _compiled(text: str, code: str) -> CompiledTariff:
    return compile_tariff(text, name=code)
