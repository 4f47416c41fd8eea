"""Pairs of permissions that nobody should hold together, found however they are spread over roles."""

from __future__ import annotations

from hydria.platform.domain.segregation import Combination, HeldRole, find_toxic

RULE = Combination(
    combination_id=7, name="pays and books", permissions=frozenset({"pay"}), conflicting=frozenset({"book", "close"})
)


def role(*permissions: str, exempt: bool = False) -> HeldRole:
    return HeldRole(permissions=frozenset(permissions), exempt_from=frozenset({7} if exempt else ()))


class TestFindToxic:
    def test_finds_a_pair_within_one_role(self):
        assert find_toxic(roles=[role("pay", "book")], combinations=[RULE]) == [RULE]

    def test_finds_a_pair_over_two_roles(self):
        assert find_toxic(roles=[role("pay"), role("close")], combinations=[RULE]) == [RULE]

    def test_lets_one_side_alone(self):
        assert find_toxic(roles=[role("book", "close"), role("see")], combinations=[RULE]) == []

    def test_excuses_what_an_exempt_role_holds_by_itself(self):
        assert find_toxic(roles=[role("pay", "book", exempt=True), role("book")], combinations=[RULE]) == []

    def test_excuses_no_pair_that_another_role_adds(self):
        assert find_toxic(roles=[role("pay", "book", exempt=True), role("close")], combinations=[RULE]) == [RULE]

    def test_excuses_a_holder_who_is_exempt(self):
        assert find_toxic(roles=[role("pay"), role("close")], combinations=[RULE], exempt_from={7}) == []
