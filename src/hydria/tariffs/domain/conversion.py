"""Turn tariff texts of other forms into Hydria's: the neutral interchange form, and OWRS."""

from __future__ import annotations

from typing import Any

from hydria.tariffs.domain.document import read_document, to_plain
from hydria.tariffs.domain.findings import Findings
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.neutral import convert_neutral, is_neutral
from hydria.tariffs.domain.owrs import convert_owrs, is_owrs


def convert_text(text: str, *, name: str) -> tuple[str | None, list[str]]:
    """
    Convert one text.

    returns  the Hydria text (None if nothing could be read), and what could not be expressed, one sentence each
    """
    findings = Findings()
    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # some sources end their lines as old Macs did
    plain: Any = to_plain(read_document(lines, findings=findings, may_share=True))
    problems = [f"line {issue.row}: {issue.message}" for issue in findings.issues]
    if problems:
        return None, problems
    try:
        if is_neutral(plain):
            made, problems = convert_neutral(plain)
        elif is_owrs(plain):
            made, problems = convert_owrs(plain, name=name)
        else:
            return None, ["This is neither the neutral form nor OWRS."]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        # The other forms have no schema of their own: whatever shape they take, the answer is a message.
        return None, [f"The text does not hold together: {type(error).__name__} {error}."]
    return write_plain(made), problems
