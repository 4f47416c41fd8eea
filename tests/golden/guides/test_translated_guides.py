"""A guide in Spanish or Greek is built like the English one: the same headings, lists, code, numbers and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs_tables import DOCS

GUIDES = DOCS / "guide"
LANGUAGES = ("es", "el")

FENCED = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"^ {4}\S.*$", re.MULTILINE)
MARKER = re.compile(r"^ *(#+|[-*]|\d+\.) ", re.MULTILINE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SPAN = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

TRANSLATED = [path for language in LANGUAGES for path in sorted((GUIDES / language).glob("*.md"))]


def shown(path: Path) -> str:
    return path.relative_to(GUIDES).as_posix()


@pytest.fixture(params=TRANSLATED, ids=shown)
def translated(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def english(translated: Path) -> Path:
    return GUIDES / translated.name


class TestTranslatedGuide:
    def test_has_the_same_headings_and_lists(self, translated: Path, english: Path) -> None:
        assert MARKER.findall(prose(translated)) == MARKER.findall(prose(english))

    def test_has_the_same_code(self, translated: Path, english: Path) -> None:
        assert code(translated) == code(english)

    def test_has_the_same_numbers_and_names_in_every_row_of_its_tables(self, translated: Path, english: Path) -> None:
        assert list(facts(translated)) == list(facts(english))

    def test_names_the_same_commands_settings_and_codes(self, translated: Path, english: Path) -> None:
        assert sorted(set(SPAN.findall(prose(translated)))) == sorted(set(SPAN.findall(prose(english))))

    def test_leads_to_the_same_pages_in_its_own_language(self, translated: Path, english: Path) -> None:
        there = {path.name for path in translated.parent.glob("*.md")}
        own = [
            translated.parent / page.name if page.parent == GUIDES and page.name in there else page
            for page in links(english)
        ]

        assert sorted(links(translated)) == sorted(own)


class TestLanguages:
    def test_have_the_same_guides(self) -> None:
        spanish, greek = ({path.name for path in (GUIDES / language).glob("*.md")} for language in LANGUAGES)

        assert spanish == greek


def prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return INDENTED.sub("", FENCED.sub("", path.read_text("utf-8")))


def code(path: Path) -> list[str]:
    """Return the blocks of code of a page, fenced ones first."""
    text = path.read_text("utf-8")
    return [block for _, block in FENCED.findall(text)] + INDENTED.findall(FENCED.sub("", text))


def facts(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the numbers and the code of every row of every table; a sentence may put them in its own order."""
    for line in prose(path).splitlines():
        if line.startswith("|"):
            yield sorted(NUMBER.findall(line)), sorted(SPAN.findall(line))


def links(path: Path) -> list[Path]:
    """Return what the links of a page lead to, pages of the web as they are written."""
    targets = [target.partition("#")[0] for target in LINK.findall(prose(path))]
    return [Path(target) if "://" in target else (path.parent / target).resolve() for target in targets if target]
