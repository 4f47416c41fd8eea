from __future__ import annotations

import pytest

from hydria.simulation.domain.states import MOVES, SimulationState, may_move


class TestMayMove:
    @pytest.mark.parametrize("from_state", SimulationState)
    @pytest.mark.parametrize("to_state", SimulationState)
    def test_follows_the_table(self, from_state, to_state):
        assert may_move(from_state=from_state, to_state=to_state) == (to_state in MOVES[from_state])

    def test_never_leaves_what_is_done(self):
        assert MOVES[SimulationState.DONE] == ()
