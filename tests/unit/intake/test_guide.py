"""The guide lists the kinds, fields and steps that there are, and its example is a mapping."""

from __future__ import annotations

import re
from pathlib import Path

from hydria.intake.domain.kinds import KINDS
from hydria.intake.domain.mapping import CHECKS, STEPS, read_mapping

GUIDE = (Path(__file__).parents[3] / "docs/guide/loading.md").read_text(encoding="utf-8")


def kind_rows() -> list[str]:
    rows = []
    for kind in KINDS.values():
        fields = [f"**{field.name}**" if field.required else field.name for field in kind.fields]
        rows.append(f"| `{kind.name}` | {', '.join(fields)} |")
    return rows


class TestGuide:
    def test_lists_every_kind_with_its_fields(self):
        assert [row for row in GUIDE.splitlines() if row in kind_rows()] == kind_rows()

    def test_names_every_step(self):
        table = GUIDE.partition("### Steps")[2].partition("### Kinds")[0]

        assert set(re.findall(r"`(\w+)`(?=[,| ])", table)) >= {*STEPS, *CHECKS}

    def test_shows_a_mapping_that_can_be_used(self):
        (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)

        mapping, issues = read_mapping(example)

        assert (mapping.columns, issues) == (
            ("CUSTOMER_NO", "FIRST_NAME", "LAST_NAME", "METER_NO", "DIAMETER"),
            [],
        )
