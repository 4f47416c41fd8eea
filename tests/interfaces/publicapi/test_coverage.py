"""What a screen can do, a program can do: every public operation has its endpoint, or stands here with the reason."""

from __future__ import annotations

import ast
from pathlib import Path

import hydria

SOURCE = Path(hydria.__file__).parent
NO_PERSON_ASKS = "part of another act, or done by jobs and set-up"
ON_THE_DESK_ONLY = "a person at a till or with a password of their own"
NOT_YET = "no endpoint yet"

WITHOUT_ENDPOINT = {
    **dict.fromkeys(
        [
            "agreements.end_service",
            "intake.apply_load",
            "intake.check_load",
            "ledger.create_chart",
            "metering.compute_consumption",
            "payments.mirror_payment",
            "payments.open_receipt_series",
            "payments.take_payments",
            "platform.set_up_company",
            "tariffs.note_simulation",
            "tariffs.publish_approved",
            "tariffs.publish_version",
            "tariffs.withdraw_published",
        ],
        NO_PERSON_ASKS,
    ),
    **dict.fromkeys(
        [
            "customers.archive_contract",
            "payments.close_session",
            "payments.open_session",
            "platform.drop_view",
            "platform.save_view",
            "platform.set_password",
            "platform.set_preferences",
        ],
        ON_THE_DESK_ONLY,
    ),
    **dict.fromkeys(
        [
            "ownfields.save_field",
            "ownfields.save_values",
            "connections.apply",
            "connections.assign",
            "connections.check_documents",
            "connections.connect",
            "connections.find_feasible",
            "connections.refuse",
            "connections.save_step",
            "connections.settle_fees",
            "connections.withdraw",
            "customers.register_customer",
            "fees.save_fee",
            "platform.change_idle_minutes",
            "platform.save_office",
            "fees.accept",
            "fees.cancel",
            "agreements.end_exemption",
            "billing.propose_rebill",
            "concessions.end_program",
            "concessions.save_fund",
            "concessions.save_program",
            "concessions.set_budget",
            "concessions.set_rules",
            "concessions.warn",
            "customers.attach_file",
            "customers.hand_account_over",
            "customers.save_contract_template",
            "customers.save_document_type",
            "customers.set_debt_rule",
            "customers.withdraw_attachment",
            "directory.abandon_act",
            "directory.begin_act",
            "directory.keep_selection",
            "directory.prepare_act",
            "directory.retire_selection",
            "directory.take_back",
            "intake.receive_file",
            "intake.request_work",
            "intake.reverse_load",
            "metering.correct_reading",
            "metering.set_thresholds",
            "payments.create_till",
            "platform.change_company",
            "platform.change_role",
            "platform.change_user",
            "platform.create_role",
            "platform.create_user",
            "premises.change_route",
            "simulation.cancel_simulation",
            "simulation.repeat_simulation",
            "simulation.resume_simulation",
            "simulation.start_simulation",
        ],
        NOT_YET,
    ),
}


def operations_of_contexts() -> set[str]:
    """Return every public operation that asks an actor, as `context.name`."""
    return {
        f"{path.parent.name}.{function.name}"
        for path in SOURCE.glob("*/operations.py")
        if path.parent.name not in ("demo", "publicapi", "desk", "benchmarks")
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and "actor" in {argument.arg for argument in function.args.kwonlyargs}
    }


def operations_with_endpoint() -> set[str]:
    """Return the operations that the API's modules call."""
    called = set()
    for path in (SOURCE / "publicapi" / "web").glob("*.py"):
        tree = ast.parse(path.read_text())
        contexts = {
            name.asname or name.name: node.module.split(".")[1]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hydria.")
            for name in node.names
            if name.name == "operations"
        }
        called |= {
            f"{contexts[node.value.id]}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in contexts
        }
    return called


class TestEveryOperation:
    def test_has_its_endpoint_or_a_reason(self):
        missing = operations_of_contexts() - operations_with_endpoint() - set(WITHOUT_ENDPOINT)

        assert sorted(missing) == []

    def test_that_stands_here_has_none(self):
        outdated = set(WITHOUT_ENDPOINT) & operations_with_endpoint() | set(WITHOUT_ENDPOINT) - operations_of_contexts()

        assert sorted(outdated) == []
