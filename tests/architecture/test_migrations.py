"""Migrations: one line of them per context, and nothing in the models that they do not make."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_every_context_has_one_line_of_migrations() -> None:
    graph = MigrationLoader(None, ignore_no_migrations=True).graph

    forks = {
        label: [name for _label, name in leaves] for label in own_labels() if len(leaves := graph.leaf_nodes(label)) > 1
    }

    assert not forks, f"more than one last migration in: {forks}"


def test_no_change_of_a_model_waits_for_its_migration() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))

    missing = {
        label: [operation.describe() for migration in migrations for operation in migration.operations]
        for label, migrations in detector.changes(graph=loader.graph).items()
        if label in own_labels()
    }

    assert not missing, f"run `hydria django makemigrations`: {missing}"


def own_labels() -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name.startswith("hydria.")}
