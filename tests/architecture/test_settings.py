"""Settings: the guide's table is the code's, unknown names are refused, `hydria --help` is quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hydria.cli import SUBCOMMANDS
from hydria.config.environment import EnvironmentInvalid, parse_environment, settings_table

ROOT = Path(__file__).resolve().parents[2]


class TestParseEnvironment:
    def test_is_documented_variable_by_variable(self) -> None:
        assert settings_table() in (ROOT / "docs/guide/settings.md").read_text()

    def test_refuses_a_name_it_does_not_know(self) -> None:
        with pytest.raises(EnvironmentInvalid, match="HYDRIA_DATABSE_URL"):
            parse_environment({"HYDRIA_DATABSE_URL": "postgresql://"})

    @pytest.mark.parametrize(
        ("name", "text"),
        [("HYDRIA_HTTPS", "perhaps"), ("HYDRIA_URL_PREFIX", "water"), ("HYDRIA_DATABASE_POOL_SIZE", "-1")],
    )
    def test_names_the_variable_that_it_cannot_use(self, name: str, text: str) -> None:
        with pytest.raises(EnvironmentInvalid, match=name):
            parse_environment({name: text})


class TestCommandLine:
    def test_lists_every_subcommand_without_loading_django(self) -> None:
        program = "import sys, hydria.cli; hydria.cli.overview(); print('django' in sys.modules)"

        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

        assert told.stdout == "False\n"

    @pytest.mark.parametrize("name", SUBCOMMANDS)
    def test_has_help_for_every_subcommand(self, name: str) -> None:
        told = CliRunner().invoke(SUBCOMMANDS[name].load(), ["--help"])

        assert told.exit_code == 0, told.output
        assert "help" in told.output.lower()

    def test_refuses_an_unknown_subcommand(self) -> None:
        told = subprocess.run([sys.executable, "-m", "hydria", "leak"], capture_output=True, text=True, check=False)

        assert told.returncode == 2
        assert "leak" in told.stderr
