"""
Invent the register of a town: people, places, accounts, agreements and meters, as columns.

Rows refer to each other by position (`_index` columns); `operations` turns positions into ids.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hydria.demo.domain import words

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]
TextArray = npt.NDArray[np.object_]

POINTS_PER_ROUTE = 125
HOUSEHOLD, SHOP, INDUSTRY, PUBLIC = "DOM", "COM", "IND", "PUB"
CATEGORIES = {HOUSEHOLD: "Doméstico", SHOP: "Comercial", INDUSTRY: "Industrial", PUBLIC: "Público"}
CATEGORY_SHARE_PERCENT = {HOUSEHOLD: 88, SHOP: 8, INDUSTRY: 1, PUBLIC: 3}
UNMETERED_PERCENT, EXCHANGED_PERCENT, MOVED_PERCENT, APARTMENT_PERCENT = 2, 1, 1, 4
SIZES = {
    HOUSEHOLD: ("15", "15", "15", "20"),
    SHOP: ("15", "20", "25"),
    INDUSTRY: ("25", "40", "50"),
    PUBLIC: ("20", "25", "40"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """
    Hold the register of n points. Point, premise and first account of a position belong together.

    category             text[n]   code of the category
    unit_count           int64[n]  dwelling or business units
    route_index          int64[n]  position of the route, 0 ..
    route_sequence       int64[n]  place on the route, in tens
    street, house_number           the address
    longitude, latitude  float[n]  degrees; places, never money
    is_metered           bool[n]
    size                 text[n]   nominal meter size
    dial_start_milli     int64[n]  what the dial showed on the first day
    moved_date           date[n]   day on which a new customer took over, NaT for most
    exchanged_date       date[n]   day on which the meter was exchanged, NaT for most
    holder_*                       one holder per agreement: n first ones, then one per move in order
    """

    first_date: datetime.date
    category: TextArray
    unit_count: Int64Array
    route_index: Int64Array
    route_sequence: Int64Array
    street: TextArray
    house_number: Int64Array
    longitude: npt.NDArray[np.float64]
    latitude: npt.NDArray[np.float64]
    is_metered: BoolArray
    size: TextArray
    dial_start_milli: Int64Array
    moved_date: DateArray
    exchanged_date: DateArray
    holder_name: TextArray
    holder_is_person: BoolArray
    holder_number: Int64Array

    @property
    def point_count(self) -> int:
        """Count the service points."""
        return len(self.category)

    @property
    def mover_index(self) -> npt.NDArray[np.intp]:
        """Return the positions of the points whose customer changed."""
        return np.flatnonzero(~np.isnat(self.moved_date))


def invent_town(
    *, rng: np.random.Generator, connections: int, first_date: datetime.date, last_date: datetime.date
) -> Town:
    """
    Invent a town with as many service points as asked for.

    first_date  the day on which all first agreements and meters are there
    last_date   the last day on which a customer may move or a meter be exchanged (not included)
    """
    codes = np.array(list(CATEGORY_SHARE_PERCENT), dtype=object)
    weights = np.array(list(CATEGORY_SHARE_PERCENT.values()), dtype=np.float64)
    category = codes[rng.choice(len(codes), size=connections, p=weights / weights.sum())]
    is_household = category == HOUSEHOLD
    is_apartments = is_household & _happens(rng, connections, APARTMENT_PERCENT)
    position = np.arange(connections, dtype=np.int64)
    is_metered = ~(is_household & _happens(rng, connections, UNMETERED_PERCENT))
    moved_date = _days_for(rng, is_household & _happens(rng, connections, MOVED_PERCENT), first_date, last_date)
    exchanged_date = _days_for(
        rng, is_metered & np.isnat(moved_date) & _happens(rng, connections, EXCHANGED_PERCENT), first_date, last_date
    )
    longitude, latitude = _places(rng, position)
    holder_category = np.concatenate([category, category[~np.isnat(moved_date)]])
    return Town(
        first_date=first_date,
        category=category,
        unit_count=np.where(is_apartments, rng.integers(2, 25, connections), 1),
        route_index=position // POINTS_PER_ROUTE,
        route_sequence=(position % POINTS_PER_ROUTE + 1) * 10,
        street=_pick(rng, words.STREETS, connections // 20 + 1)[position // 20],
        house_number=position % 20 * 2 + 1 + position % 2,
        longitude=longitude,
        latitude=latitude,
        is_metered=is_metered,
        size=_sizes(rng, category),
        dial_start_milli=_dials(rng, connections),
        moved_date=moved_date,
        exchanged_date=exchanged_date,
        holder_name=_names(rng, holder_category),
        holder_is_person=holder_category == HOUSEHOLD,
        holder_number=np.arange(1, len(holder_category) + 1),
    )


def _happens(rng: np.random.Generator, count: int, percent: int) -> BoolArray:
    return rng.integers(0, 100, count) < percent


def _pick(rng: np.random.Generator, choices: tuple[str, ...] | list[str], count: int) -> TextArray:
    return np.array(choices, dtype=object)[rng.integers(0, len(choices), count)]


def _days_for(
    rng: np.random.Generator, chosen: BoolArray, first_date: datetime.date, last_date: datetime.date
) -> DateArray:
    """Give each chosen row a day strictly inside the range, the others none."""
    days = rng.integers(10, max((last_date - first_date).days - 10, 11), len(chosen)).astype("timedelta64[D]")
    return np.where(chosen, np.datetime64(first_date, "D") + days, np.datetime64("NaT"))


def _places(rng: np.random.Generator, position: Int64Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lay the points out street by street around the town's square."""
    street, house = position // 20, position % 20
    columns = int(np.ceil(np.sqrt(street.max() + 1)))
    longitude = -70.53 + street % columns * 0.0019 + house * 0.00008 + rng.normal(0, 0.00001, len(position))
    latitude = 19.22 + street // columns * 0.0011 + house % 2 * 0.0002 + rng.normal(0, 0.00001, len(position))
    return np.round(longitude, 6), np.round(latitude, 6)


def _sizes(rng: np.random.Generator, category: TextArray) -> TextArray:
    sizes = np.empty(len(category), dtype=object)
    for code, choices in SIZES.items():
        chosen = category == code
        sizes[chosen] = _pick(rng, choices, int(chosen.sum()))
    return sizes


def _dials(rng: np.random.Generator, count: int) -> Int64Array:
    """Start most dials somewhere in their first years, and one in two hundred close to the end of its dial."""
    dial_m3 = rng.integers(5, 4_000, count)
    near_end = rng.integers(0, 200, count) == 0
    return np.where(near_end, rng.integers(99_850, 99_995, count), dial_m3) * 1000


def _names(rng: np.random.Generator, category: TextArray) -> TextArray:
    count = len(category)
    first, second, third = (
        _pick(rng, words.FIRST_NAMES, count),
        _pick(rng, words.FAMILY_NAMES, count),
        _pick(rng, words.FAMILY_NAMES, count),
    )
    person = first + " " + second + " " + third
    greek = _pick(rng, words.GREEK_NAMES, count)
    business = _pick(rng, words.BUSINESS_KINDS, count) + " " + _pick(rng, words.BUSINESS_NAMES, count)
    industry = "Industrias " + _pick(rng, words.BUSINESS_NAMES, count) + ", S.R.L."
    public = _pick(rng, words.PUBLIC_BODIES, count) + " " + _pick(rng, words.SECTORS, count)
    names = np.where(rng.integers(0, 100, count) == 0, greek, person)
    names = np.where(category == SHOP, business, names)
    names = np.where(category == INDUSTRY, industry, names)
    return np.where(category == PUBLIC, public, names)
