"""Tell how a billed line came about: what is stored of it, in the words that tariffs have for it (TAR-10)."""

from __future__ import annotations

from hydria.billing.queries import LineExplanation
from hydria.platform.documents.formats import Formats
from hydria.tariffs.documents.explaining import Story, explain_line


def tell_line(line: LineExplanation, *, formats: Formats) -> Story:
    """Return a line's story in the active language; the desk and the API tell it, the paper tells the same one."""
    return explain_line(
        line.told,
        name=line.name,
        amount_minor=line.amount_minor,
        total_days=(line.end_date - line.start_date).days,
        law=line.source,
        names_by_label=line.names_by_label,
        formats=formats,
    )
