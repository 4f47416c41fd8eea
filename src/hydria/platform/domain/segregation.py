"""What one person should not hold together: pairs of permissions by which a wrong can be done and hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One rule: whoever holds one permission of the first set should hold none of the other."""

    combination_id: int
    name: str
    permissions: frozenset[str]
    conflicting: frozenset[str]

    def pairs_in(self, held: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return the pairs of this rule that a set of permissions holds."""
        have = frozenset(held)
        return frozenset((one, other) for one in self.permissions & have for other in self.conflicting & have)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role as a user holds it: its permissions, and the rules that it is exempt from."""

    permissions: frozenset[str]
    exempt_from: frozenset[int]


def find_toxic(
    *, roles: Iterable[HeldRole], combinations: Iterable[Combination], exempt_from: Collection[int] = ()
) -> list[Combination]:
    """
    Return the rules that roles break together.

    exempt_from  ids of the rules that the holder is exempt from

    Guarantee: a pair within a role that is exempt does not count, a pair across two roles always does.
    """
    held = list(roles)
    together: frozenset[str] = frozenset().union(*(role.permissions for role in held))
    found = []
    for combination in combinations:
        if combination.combination_id in exempt_from:
            continue
        excused = frozenset().union(
            *(combination.pairs_in(role.permissions) for role in held if combination.combination_id in role.exempt_from)
        )
        if combination.pairs_in(together) - excused:
            found.append(combination)
    return found
