"""
Tables of simulations.

`SimulatedAccount` and `SetAside` are bulk tables written by COPY, chunk by chunk. A simulation that is done never
changes: its texts, its settings and its sums are kept as they were.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.simulation.domain.states import SimulationState, may_move


class SimulationStateWord(models.TextChoices):
    """The states of a simulation in words; what may follow what is in `domain.states`."""

    RUNNING = SimulationState.RUNNING, _("Running")
    DONE = SimulationState.DONE, _("Done")
    CANCELLED = SimulationState.CANCELLED, _("Cancelled")


class Simulation(models.Model):
    """Proposed tariffs beside the ones in force, over the consumption of some months."""

    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=SimulationStateWord.choices, default=SimulationState.RUNNING)
    from_date = models.DateField(help_text=_("First day of the months whose consumption is priced"))
    until_date = models.DateField(help_text=_("Day after the last of these months"))
    prices_date = models.DateField(help_text=_("The months are priced as if they began on this day"))
    scope = models.JSONField(default=dict, help_text=_("Cycles, sectors and categories; empty means all"))
    elasticity_milli = models.JSONField(
        default=list,
        help_text=_("How use answers to price: of unmeasured accounts and of each tenth; empty: not at all"),
    )
    incomes = models.JSONField(default=dict, help_text=_("Monthly incomes by tenth or category, and the limit"))
    tenth_edges_milli = models.JSONField(default=list, help_text=_("Use in thirty days from which each tenth begins"))
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    account_count = models.IntegerField(default=0, help_text=_("Accounts of the scope, counted at the start"))
    result = models.JSONField(null=True, help_text=_("The sums of all chunks"))
    register_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of all that was priced"))
    result_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of settings, texts and results"))
    repeats = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="repetitions")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_date__gt=models.F("from_date")), name="simulated_months_run_forward"
            ),
            models.CheckConstraint(
                condition=models.Q(state="DONE", result__isnull=False, ended_at__isnull=False, result_hash__gt="")
                | (~models.Q(state="DONE") & models.Q(result__isnull=True, result_hash="")),
                name="done_simulation_has_its_result",
            ),
        ]

    # Mutators

    def set_state(self, state: SimulationState) -> None:
        """Move to another state; only the moves of `domain.states` exist."""
        assert may_move(from_state=SimulationState(self.state), to_state=state)
        self.state = state

    # Properties

    @property
    def code(self) -> str:
        return f"SIM-{self.pk}"


class SimulatedVersion(models.Model):
    """A text that a scenario prices with: scenario 0 is what is in force, proposals count from 1."""

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="versions")
    scenario = models.SmallIntegerField()
    version = models.ForeignKey("tariffs.TariffVersion", on_delete=models.PROTECT, related_name="+")
    tariff_code = models.CharField(max_length=60)
    sequence = models.IntegerField()
    version_hash = models.CharField(max_length=64)
    text = models.TextField(help_text=_("As it was when the simulation began: a draft may be written further"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["simulation", "scenario", "tariff_code"], name="scenario_has_one_text_of_a_tariff"
            ),
        ]


class SimulationChunkState(models.TextChoices):
    """Whether a chunk is priced."""

    WAITING = "WAITING", _("Waiting")
    DONE = "DONE", _("Done")


class SimulationChunk(models.Model):
    """The accounts that one job prices in one transaction, ids in `[first_account_id, end_account_id)`, and its sums."""

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="chunks")
    position = models.IntegerField()
    first_account_id = models.BigIntegerField()
    end_account_id = models.BigIntegerField()
    account_count = models.IntegerField()
    state = models.CharField(max_length=10, choices=SimulationChunkState.choices, default=SimulationChunkState.WAITING)
    tally = models.JSONField(null=True)
    register_hash = models.CharField(max_length=64, blank=True)
    accounts_hash = models.CharField(max_length=64, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["simulation", "position"], name="chunks_of_a_simulation_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(state="WAITING", tally__isnull=True) | models.Q(state="DONE", tally__isnull=False),
                name="done_chunk_has_its_tally",
            ),
        ]


class SimulatedAccount(models.Model):
    """What one account would pay by one proposal, beside what it pays now, over all months."""

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    scenario = models.SmallIntegerField()
    account = models.ForeignKey(
        "agreements.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    category = models.CharField(max_length=30)
    sector = models.CharField(max_length=20)
    social = models.CharField(max_length=200, blank=True, help_text=_("Codes of the exemptions in force"))
    units = models.IntegerField()
    tenth = models.SmallIntegerField(help_text=_("1 uses least, 10 most; 0 is not measured"))
    days = models.IntegerField()
    quantity_milli = models.BigIntegerField()
    answered_milli = models.BigIntegerField(help_text=_("The quantity as it answers to the price"))
    current_minor = models.BigIntegerField()
    proposed_minor = models.BigIntegerField()
    change_minor = models.BigIntegerField()
    impact_minor = models.BigIntegerField(help_text=_("The change without its sign"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["simulation", "scenario", "account"], name="account_is_simulated_once_by_a_proposal"
            ),
            models.CheckConstraint(
                condition=models.Q(change_minor=models.F("proposed_minor") - models.F("current_minor")),
                name="change_is_proposed_less_current",
            ),
        ]
        indexes = [
            models.Index(fields=["simulation", "scenario", "impact_minor", "id"], name="simulated_account_by_impact"),
        ]


class SetAside(models.Model):
    """The bills of an account that some scenario could not price, with the reason; they are in no sum."""

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, db_constraint=False, related_name="set_aside")
    account = models.ForeignKey(
        "agreements.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    scenario = models.SmallIntegerField(help_text=_("The first scenario that could not price them"))
    code = models.CharField(max_length=60)
    owner = models.CharField(max_length=20, blank=True, help_text=_("Whom it waits for; nobody where it is excluded"))
    data = models.JSONField(default=dict)
    bill_count = models.IntegerField()
    quantity_milli = models.BigIntegerField()
