"""
Word what the checker finds, in the reader's language: the domain gives codes, English and data, the words are here.

`spoken` takes a sentence apart into its template and data, looks the template up, and speaks the data likewise, so a
cure such as "Did you mean usage?" is translated inside the sentence that carries it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from hydria.kernel.issues import Issue
from hydria.kernel.money import Currency
from hydria.platform.documents.formats import Formats
from hydria.platform.web.formats import get_formats
from hydria.tariffs.domain.cases import TOTAL, VECTOR, Difference
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.findings import FAULTS, SENTENCES, Said

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCard:
    """One finding: where, what is wrong and why, and how to mend it."""

    line: int
    severity: str
    code: str
    what: str
    cure: str


def finding_cards(issues: Iterable[Issue], *, translate: Translate = gettext) -> tuple[FindingCard, ...]:
    """Return the findings in words, in the order of their lines."""
    return tuple(
        FindingCard(
            line=issue.row,
            severity=issue.severity,
            code=issue.code,
            what=_filled(SENTENCES[issue.code][0], issue.data, translate),
            cure=_filled(SENTENCES[issue.code][1], issue.data, translate),
        )
        for issue in issues
    )


def spoken(value: object, *, translate: Translate = gettext) -> str:
    """Return a sentence in the reader's language; what is no sentence, as it stands."""
    return _filled(value.template, value.data, translate) if isinstance(value, Said) else str(value)


def _filled(template: str, data: Mapping[str, object], translate: Translate) -> str:
    words = {name: spoken(value, translate=translate) for name, value in data.items()}
    return (translate(template) if template else "").format(**words)


def fault_text(fault: Fault, *, translate: Translate = gettext) -> str:
    """Say why an account cannot be priced."""
    if not fault.data and "{" in FAULTS[fault.code]:
        return fault.code.replace("_", " ")
    return _filled(FAULTS[fault.code], fault.data, translate)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard:
    """A worked bill that does not come out, at one charge or its total."""

    line: int
    case: str
    sentence: str


def case_cards(differences: Iterable[Difference], *, currency: str) -> tuple[CaseCard, ...]:
    """Return the differences between cases and engines in words; what both engines get is said once."""
    formats = Formats.of(str(get_formats().locale), Currency.of(currency))
    found: dict[tuple[int, str, str], tuple[Difference, list[str]]] = {}
    for difference in differences:
        key = (difference.line, difference.what, difference.fault or str(difference.got))
        found.setdefault(key, (difference, []))[1].append(difference.engine)
    return tuple(
        CaseCard(line=difference.line, case=difference.case, sentence=_case_sentence(difference, engines, formats))
        for difference, engines in found.values()
    )


def _case_sentence(difference: Difference, engines: list[str], formats: Formats) -> str:
    words = {
        "what": _("the total") if difference.what == TOTAL else difference.what,
        "expected": _spelled(difference.expected, formats),
        "got": difference.fault or _spelled(difference.got, formats),
    }
    if len(engines) == 2:
        return _("%(what)s should be %(expected)s, but comes out as %(got)s.") % words
    if engines == [VECTOR]:
        return _("%(what)s should be %(expected)s, but the first engine gets %(got)s.") % words
    return _("%(what)s should be %(expected)s, but the second engine gets %(got)s.") % words


def _spelled(number: Fraction | None, formats: Formats) -> str:
    if number is None:
        return "–"
    return formats.exact(round(number * 1_000_000_000))
