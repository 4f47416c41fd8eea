from __future__ import annotations

import itertools

from hydria.connections.domain.steps import OPEN, OPTIONAL, ROAD, Step, first_step, may_move, next_step


class TestRoad:
    def test_ends_connected_whatever_is_left_out(self):
        for count in range(len(OPTIONAL) + 1):
            for left_out in itertools.combinations(sorted(OPTIONAL), count):
                step = first_step(left_out=left_out)
                walked = [step]
                while step is not Step.CONNECTED:
                    following = next_step(step, left_out=left_out)
                    assert may_move(from_step=step, to_step=following)
                    step = following
                    walked.append(step)
                assert walked == [step for step in ROAD if step not in left_out]

    def test_is_left_only_while_it_is_open(self):
        for step in Step:
            for end in (Step.REFUSED, Step.WITHDRAWN):
                assert may_move(from_step=step, to_step=end) == (step in OPEN)

    def test_never_goes_back(self):
        assert not any(may_move(from_step=later, to_step=earlier) for earlier, later in itertools.combinations(ROAD, 2))
