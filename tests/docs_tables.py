"""Read the tables of our documentation, so that tests compute every row that a reader sees."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def read_tables(page: str) -> list[list[dict[str, str]]]:
    """
    Return the tables of a page in order; each row maps the words of the header to its cells.

    page  path below docs/, such as "algorithms/blocks.md"
    """
    tables: list[list[dict[str, str]]] = []
    header: list[str] = []
    for line in (DOCS / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not header:
            header = cells
            tables.append([])
        elif not set(line) <= set("|-: "):
            tables[-1].append(dict(zip(header, cells, strict=True)))
    return tables
