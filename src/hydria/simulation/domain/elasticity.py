"""
Let use answer to price: a stated elasticity on the average price of the account.

Source: TAR-09, docs/algorithms/simulation.md with worked numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hydria.kernel.exact import Integers
from hydria.kernel.rounding import Mode

Int64Array = npt.NDArray[np.int64]
ELASTICITY_MILLI_MIN, ELASTICITY_MILLI_MAX = -2_000, 0


def answer_to_price(
    *, quantity_milli: Int64Array, current_minor: Int64Array, proposed_minor: Int64Array, elasticity_milli: Int64Array
) -> Int64Array:
    """
    Return what each row would use once its account knows the new prices.

    quantity_milli    int64[n]  what was used, >= 0
    current_minor     int64[n]  what the row's account pays for all of it by the tariff in force
    proposed_minor    int64[n]  what it would pay for the same by the proposal
    elasticity_milli  int64[n]  thousandths: -300 means that a price 10 % higher makes use 3 % less
    returns           int64[n]  quantity x max(0, 1 + elasticity x (proposed - current) / current), rounded once, half up;
                      as it was where the account pays nothing now, because nothing has no percentage

    >>> answer_to_price(
    ...     quantity_milli=np.array([20_000]), current_minor=np.array([400_00]), proposed_minor=np.array([480_00]),
    ...     elasticity_milli=np.array([-300]),
    ... ).tolist()
    [18800]
    """
    assert (quantity_milli >= 0).all()
    answers = (current_minor > 0) & (elasticity_milli != 0) & (proposed_minor != current_minor)
    if not answers.any():
        return quantity_milli
    paid = Integers.of(current_minor[answers]) * Integers.of(1_000)
    change = Integers.of(elasticity_milli[answers]) * Integers.of(proposed_minor[answers] - current_minor[answers])
    factor = (paid + change).maximum(Integers.of(0))
    answered = quantity_milli.copy()
    answered[answers] = (Integers.of(quantity_milli[answers]) * factor).divided(paid, Mode.HALF_UP).values
    return answered
