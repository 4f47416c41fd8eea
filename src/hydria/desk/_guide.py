"""The pages of the guide, read once from the folder of documents that comes with the product."""

from __future__ import annotations

import functools
from pathlib import Path

from hydria.config.environment import CHECKOUT, is_checkout
from hydria.desk.domain.guide import Page, read_page

PAGES = (
    *(
        "desk",
        "register",
        "payments",
        "readings",
        "connections",
        "billing",
        "fees",
        "concessions",
        "tariffs",
        "structures",
        "simulation",
    ),
    *("accounting", "documents", "loading", "administration", "settings", "api"),
)
"""The order in which the guide lists its pages; a page that is missing here comes last."""
ENGLISH = "en"


def documents_folder() -> Path:
    """Return where `guide/` and `algorithms/` lie: in the checkout, or inside the installed package."""
    return CHECKOUT / "docs" if is_checkout() else Path(__file__).parent / "documents"


def picture_path(*, language: str, name: str) -> Path | None:
    """Return the picture of a screen in a language, else the English one; None where nobody has made pictures."""
    folder = CHECKOUT / "build" / "guide" if is_checkout() else documents_folder() / "pictures"
    paths = (folder / spoken / f"{name}.png" for spoken in (language, ENGLISH))
    return next((path for path in paths if path.is_file()), None)


@functools.cache
def get_pages(*, language: str) -> dict[str, Page]:
    """Return every page by name, in the guide's order; one that is not translated is the English page."""
    folder = documents_folder()
    if language == ENGLISH:
        names = sorted((path.stem for path in (folder / "guide").glob("*.md")), key=_turn)
        further = sorted(path.stem for path in (folder / "algorithms").glob("*.md"))
        paths = {name: f"guide/{name}.md" for name in names}
        paths |= {f"algorithms/{name}": f"algorithms/{name}.md" for name in further}
        return {
            name: read_page((folder / path).read_text(), name=name, path=path, language=ENGLISH)
            for name, path in paths.items()
        }
    pages = {}
    for name, page in get_pages(language=ENGLISH).items():
        path = f"guide/{language}/{name}.md"
        is_translated = (folder / path).is_file()
        pages[name] = (
            read_page((folder / path).read_text(), name=name, path=path, language=language, anchors=page.anchors)
            if is_translated
            else page
        )
    return pages


def _turn(name: str) -> tuple[int, str]:
    return (PAGES.index(name) if name in PAGES else len(PAGES), name)
