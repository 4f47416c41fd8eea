"""Decisions on held consumptions: accept, estimate, correct; who and why is kept."""

from __future__ import annotations

import pytest

from hydria.metering import operations
from hydria.metering.models import Decision, Finding, Reading
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from metering_factories import NOW, consumptions, dial, live_through, told, village

pytestmark = pytest.mark.django_db
YEAR = [20, 41, 60, 82, 101]


class TestDecide:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.dial = dial()
        live_through(self.cycle, self.dial, [*YEAR, 1221])
        self.held = consumptions(self.dial)[-1]

    def decide(self, decision: Decision, *, reason: str = "seen") -> str:
        rows = operations.decide(
            actor=SYSTEM, consumption_ids=[self.held.pk], decision=decision, reason=reason, decided_at=NOW
        )
        return rows[0].status

    def test_accepts_as_read_and_keeps_who_and_why(self):
        assert self.decide(Decision.ACCEPTED, reason="a leak, seen") == "DECIDED"

        assert told(consumptions(self.dial)[-1])[:3] == (1120, "MEASURED", "FINAL")
        finding = Finding.objects.get(consumption=self.held)
        assert (finding.decision, finding.decided_by, finding.reason) == ("ACCEPTED", "system", "a leak, seen")

    def test_estimates_and_lets_the_next_real_reading_settle_it(self):
        assert self.decide(Decision.ESTIMATED) == "DECIDED"
        raw = Reading.objects.get(value_milli=1_221_000)
        live_through(self.cycle, self.dial, [*YEAR, 1221, 145])

        assert [told(row)[0] for row in consumptions(self.dial)[-2:]] == [20, 24]
        assert not raw.is_live
        assert Reading.objects.get(supersedes=raw).observation == "SET_ASIDE"

    def test_starts_the_chain_anew_after_an_unseen_exchange(self):
        other = dial(2)
        live_through(self.cycle, other, [*YEAR, 5])
        self.held = consumptions(other)[-1]

        self.decide(Decision.ESTIMATED)
        live_through(self.cycle, other, [*YEAR, 5, 27])

        assert [told(row)[0] for row in consumptions(other)[-2:]] == [20, 22]

    def test_finds_nothing_open_when_asked_again(self):
        self.decide(Decision.ACCEPTED)

        assert self.decide(Decision.ACCEPTED) == "WITHOUT_FINDING"

    def test_says_when_there_is_nothing_to_estimate_from(self):
        other = dial(2)
        live_through(self.cycle, other, [None])
        self.held = consumptions(other)[-1]

        assert self.decide(Decision.ESTIMATED) == "WITHOUT_HISTORY"
        assert self.decide(Decision.ACCEPTED) == "WITHOUT_QUANTITY"

    def test_does_not_estimate_what_is_final(self):
        other = dial(2)
        live_through(self.cycle, other, [*YEAR, 101])
        self.held = consumptions(other)[-1]

        assert self.decide(Decision.ESTIMATED) == "ALREADY_FINAL"

    @pytest.mark.parametrize(
        ("decision", "reason", "code"),
        [(Decision.ACCEPTED, " ", "reason_missing"), (Decision.CORRECTED, "x", "decision_unfit")],
    )
    def test_refuses_without_a_reason_or_as_a_correction(self, decision, reason, code):
        with pytest.raises(operations.UnableToDecide) as refusal:
            self.decide(decision, reason=reason)

        assert refusal.value.code == code

    def test_refuses_who_may_not_decide(self):
        nobody = Actor(name="ana", permissions=frozenset({Permission.READING_VIEW}))

        with pytest.raises(UnableToPermit):
            operations.decide(actor=nobody, consumption_ids=[], decision=Decision.ACCEPTED, reason="x", decided_at=NOW)


class TestCorrectReading:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.dial = dial()
        live_through(self.cycle, self.dial, [*YEAR, 1221])
        self.held = consumptions(self.dial)[-1]

    def correct(self, value_m3: int, *, reason: str = "typed wrongly"):
        return operations.correct_reading(
            actor=SYSTEM,
            consumption_id=self.held.pk,
            value_milli=value_m3 * 1000,
            reason=reason,
            decided_at=NOW,
        )

    def test_supersedes_the_raw_reading_and_computes_anew(self):
        corrected = self.correct(121)

        assert told(corrected) == (20, "MEASURED", "FINAL", [])
        raw = Reading.objects.get(value_milli=1_221_000)
        assert (raw.is_live, raw.superseded_by.get().value_milli) == (False, 121_000)
        assert Finding.objects.get(consumption=self.held).decision == "CORRECTED"

    def test_judges_the_correction_like_any_other(self):
        assert told(self.correct(400))[2:] == ("HELD", ["consumption_high"])

    def test_takes_what_was_estimated_before_off_once(self):
        other = dial(2)
        live_through(self.cycle, other, [*YEAR, None, 1411])
        self.held = consumptions(other)[-1]

        self.correct(141)

        assert [told(row)[0] for row in consumptions(other)[-2:]] == [20, 20]

    @pytest.mark.parametrize(
        ("value_m3", "reason", "code"), [(121, "", "reason_missing"), (100_000, "x", "value_unfit")]
    )
    def test_refuses_what_the_dial_cannot_show_or_nobody_explains(self, value_m3, reason, code):
        with pytest.raises(operations.UnableToCorrectReading) as refusal:
            self.correct(value_m3, reason=reason)

        assert refusal.value.code == code

    def test_refuses_once_decided_or_followed(self):
        live_through(self.cycle, self.dial, [*YEAR, 1221, 1240])
        with pytest.raises(operations.UnableToCorrectReading) as followed:
            self.correct(121)
        operations.decide(
            actor=SYSTEM,
            consumption_ids=[self.held.pk],
            decision=Decision.ACCEPTED,
            reason="seen",
            decided_at=NOW,
        )
        with pytest.raises(operations.UnableToCorrectReading) as decided:
            self.correct(121)

        assert (followed.value.code, decided.value.code) == ("later_reading", "not_held")

    def test_refuses_where_nobody_read(self):
        other = dial(2)
        live_through(self.cycle, other, [None])
        self.held = consumptions(other)[-1]

        with pytest.raises(operations.UnableToCorrectReading) as refusal:
            self.correct(121)

        assert refusal.value.code == "not_read"
