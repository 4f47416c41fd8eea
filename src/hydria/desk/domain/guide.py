"""
Read a page of the guide: Markdown in, safe markup out, cut into sections that can be linked to and searched.

A translated page has the headings of the English one in the same order, so a heading has one anchor in all languages:
that of its English words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hydria.kernel.spelling import to_search_text

SNIPPET_LENGTH_MAX = 200
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
"""Raw HTML is shown as text, and links that could run a script are not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """
    A heading with what stands below it.

    anchor      what links in the product say, in every language
    own_anchor  what links in the page's own language may say
    spelled     all its words as searches spell them
    """

    anchor: str
    own_anchor: str
    level: int
    title: str
    text: str
    spelled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    A page of the guide in one language; the first section is its title with what stands before the next heading.

    path  where it lies in the folder of documents, which its links start from
    """

    name: str
    path: str
    language: str
    source: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """Return the page's first heading."""
        return self.sections[0].title if self.sections else self.name

    @property
    def anchors(self) -> tuple[str, ...]:
        """Return the anchors of its headings, in their order."""
        return tuple(section.anchor for section in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A section in which all the typed words stand, with the sentence that has the first of them."""

    page: Page
    section: Section
    snippet: str


def read_page(source: str, *, name: str, path: str, language: str, anchors: Sequence[str] = ()) -> Page:
    """
    Cut a page into its sections.

    anchors  those of the same page in English; without them the page makes its own, as GitHub does

    >>> english = {"name": "till", "path": "guide/till.md", "language": "en"}
    >>> page = read_page("# The till\\n\\nTake money.\\n\\n## Closing it\\n\\nCount.", **english)
    >>> page.title, page.anchors
    ('The till', ('the-till', 'closing-it'))
    >>> spanish = {"name": "till", "path": "guide/es/till.md", "language": "es"}
    >>> read_page("# La caja\\n\\n## Cerrarla", anchors=page.anchors, **spanish).anchors
    ('the-till', 'closing-it')
    """
    sections: list[Section] = []
    own: list[str] = []
    for title, level, words in _cut(_MARKDOWN.parse(source)):
        own.append(make_anchor(title, taken=own))
        place = len(sections)
        sections.append(
            Section(
                anchor=anchors[place] if place < len(anchors) else own[-1],
                own_anchor=own[-1],
                level=level,
                title=title,
                text=words,
                spelled=to_search_text(title, words),
            )
        )
    return Page(name=name, path=path, language=language, source=source, sections=tuple(sections))


def make_anchor(title: str, *, taken: Sequence[str] = ()) -> str:
    """
    Return the anchor that GitHub gives a heading.

    >>> make_anchor("Who may do what?"), make_anchor("Taxes", taken=["taxes"])
    ('who-may-do-what', 'taxes-1')
    """
    plain = re.sub(r"[^\w\s-]", "", title.lower()).replace(" ", "-")
    same = [anchor for anchor in taken if re.fullmatch(rf"{re.escape(plain)}(-\d+)?", anchor)]
    return f"{plain}-{len(same)}" if same else plain


def follow(link: str, *, page: Page, pages: Mapping[str, Page]) -> tuple[str, str] | None:
    """
    Return the name of the page that a link of a page leads to, and the anchor there; None for one that is no page.

    pages  by name, in any one language
    """
    path, _hash, fragment = link.partition("#")
    full = normpath(join(dirname(page.path), path)) if path else page.path
    by_path = {known.path: known for known in pages.values()} | {page.path: page}
    # A page that is not translated links to English neighbors, which may be translated.
    target = by_path.get(full) or pages.get(full.removeprefix("guide/").removesuffix(".md"))
    if target is None:
        return None
    meant = (section.anchor for section in target.sections if fragment in {section.own_anchor, section.anchor})
    return target.name, next(meant, "")


def draw_page(
    page: Page, *, find_target: Callable[[str], str], figures: Mapping[str, str] | None = None, only: str = ""
) -> str:
    """
    Return the markup of a page without its title, or of one section with those below it.

    find_target  the address behind a link as the page writes it; "" leaves only its words
    figures      markup that comes below a heading, by anchor
    only         the anchor of a section; its heading is left out
    """
    tokens = _slice(page, _MARKDOWN.parse(page.source), only=only)
    first = page.anchors.index(only) + 1 if only else 1
    drawn = _draw(tokens, anchors=page.anchors[first:], find_target=find_target, figures=figures or {})
    return str(_MARKDOWN.renderer.render(list(drawn), _MARKDOWN.options, {}))


def find_sections(pages: Sequence[Page], *, typed: str, count_max: int) -> list[Found]:
    """Return the sections that have all the typed words, those first that have them in their title."""
    words = to_search_text(typed).split()
    if not words:
        return []
    found = [
        (not all(word in to_search_text(section.title) for word in words), page, section)
        for page in pages
        for section in page.sections
        if all(word in section.spelled for word in words)
    ]
    found.sort(key=lambda hit: hit[0])
    return [
        Found(page=page, section=section, snippet=_snippet(section.text, words[0]))
        for _rank, page, section in found[:count_max]
    ]


def _snippet(text: str, word: str) -> str:
    sentences = re.split(r"(?<=[.:;])\s+", text)
    told = next((sentence for sentence in sentences if word in to_search_text(sentence)), sentences[0])
    return told if len(told) <= SNIPPET_LENGTH_MAX else f"{told[:SNIPPET_LENGTH_MAX].rsplit(' ', 1)[0]} …"


def _cut(tokens: Sequence[Token]) -> Iterator[tuple[str, int, str]]:
    """Yield the title, level and plain words of each section; what stands before the first heading is dropped."""
    title, level, words = "", 0, list[str]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            if level:
                yield title, level, " ".join(words)
            title, level, words = _plain(tokens[place + 1]), int(token.tag[1:]), []
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            words.append(_plain(token))
        elif token.type in {"fence", "code_block"}:
            words.append(" ".join(token.content.split()))
    if level:
        yield title, level, " ".join(words)


def _plain(inline: Token) -> str:
    parts = (" " if child.type.endswith("break") else child.content for child in inline.children or ())
    return "".join(parts).strip()


def _slice(page: Page, tokens: Sequence[Token], *, only: str) -> Iterator[Token]:
    """Yield the tokens below a heading down to the next one of its level; without one, all but the title's."""
    wanted = page.anchors.index(only) if only else 0
    level = page.sections[wanted].level if only else 0
    place, skip_until = -1, -1
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            place += 1
            if place == wanted:
                skip_until = index + 2
            elif place > wanted and int(token.tag[1:]) <= level:
                return
        if place >= wanted and index > skip_until:
            yield token


def _draw(
    tokens: Iterator[Token],
    *,
    anchors: Sequence[str],
    find_target: Callable[[str], str],
    figures: Mapping[str, str],
) -> Iterator[Token]:
    """Yield tokens in the classes of the desk; tables and blocks of code can be scrolled sideways by keyboard."""
    waiting, anchor = iter(anchors), ""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("class", "rows")
            yield Token("html_block", "", 0, content='<div class="table-frame" tabindex="0">')
        elif token.type == "heading_open":
            anchor = next(waiting)
            token.attrSet("id", anchor)
        elif token.type in {"th_open", "td_open"} and token.attrs.pop("style", "") == "text-align:right":
            token.attrSet("class", "num")
        elif token.type == "fence":
            token.type = "code_block"
            token.attrSet("tabindex", "0")
        elif token.children:
            token.children = list(_relink(token.children, find_target))
        yield token
        if token.type == "table_close":
            yield Token("html_block", "", 0, content="</div>")
        elif token.type == "heading_close" and anchor in figures:
            yield Token("html_block", "", 0, content=figures[anchor])


def _relink(children: Sequence[Token], find_target: Callable[[str], str]) -> Iterator[Token]:
    """Yield inline tokens with links that lead to where the desk shows what they name."""
    dropped = 0
    for token in children:
        if token.type == "link_open":
            target = find_target(str(token.attrGet("href") or ""))
            if not target:
                dropped += 1
                continue
            token.attrSet("href", target)
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        elif token.type == "image":
            continue
        yield token
