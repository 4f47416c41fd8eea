"""
Message catalogues without the gettext programs: extract, update, compile and check them by Babel.

`python -m hydria.config.translations update` brings every context's `django.po` up to date with its source: new
messages are added empty (or with the words another context uses for the same message), those no longer used are
dropped. `compile` writes the `.mo` files that Django reads; they are not committed.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGES = ("es", "el")
"""Languages besides English, in which the messages are written."""

# No dates and no names: an update that changes no message changes no byte.
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

PLAIN, PLURAL, CONTEXT, CONTEXT_PLURAL = None, (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], PLAIN),
    **dict.fromkeys(["say", "mark"], PLAIN),  # sentences of domains, which know no gettext; doors translate them
    **dict.fromkeys(["ngettext", "ngettext_lazy"], PLURAL),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], CONTEXT),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], CONTEXT_PLURAL),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MissingMessage:
    """A message that a reader of `language` would see in English."""

    context: str
    language: str
    message: str


def list_contexts() -> list[Path]:
    """Return the folders that keep catalogues: those with messages in their source."""
    folders = sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())
    return [folder for folder in folders if len(extract_messages(folder))]


def extract_messages(folder: Path) -> Catalog:
    """Collect the messages of a context's Python and templates, in the order of its files."""
    catalog = Catalog(project="Hydria", charset="utf-8")
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".py", ".html", ".txt"} or "migrations" in path.parts:
            continue
        for message, context, comments in _messages_of(path):
            locations = [(path.relative_to(PACKAGE.parent).as_posix(), 0)]
            catalog.add(message, context=context, locations=locations, auto_comments=comments)
    return catalog


def _messages_of(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None, list[str]]]:
    source = path.read_text()
    if path.suffix != ".py":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a misplaced translator's comment, which Django reports itself
            source = templatize(source, origin=path.name)
    found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS, comment_tags=["Translators"])
    for _line, message, comments, context in found:
        if message:
            yield message, context, list(comments)


def catalogue_path(folder: Path, *, language: str) -> Path:
    """Return where a context keeps its catalogue of one language."""
    return folder / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, *, language: str) -> Catalog:
    """Return the catalogue in `path`, empty where there is none yet."""
    if not path.exists():
        return Catalog(locale=language, project="Hydria", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def update_catalogues() -> None:
    """Bring every catalogue up to date with the source; translations already made are kept."""
    for language in LANGUAGES:
        paths = {folder: catalogue_path(folder, language=language) for folder in list_contexts()}
        catalogues = {folder: read_catalogue(path, language=language) for folder, path in paths.items()}
        memory = {
            (message.id, message.context): message.string
            for catalogue in catalogues.values()
            for message in catalogue
            if message.id and _is_translated(message.string)
        }
        for folder, catalogue in catalogues.items():
            catalogue.update(extract_messages(folder), no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            for message in catalogue:
                if message.id and not _is_translated(message.string):
                    message.string = memory.get((message.id, message.context), message.string)
            paths[folder].parent.mkdir(parents=True, exist_ok=True)
            with paths[folder].open("wb") as file:
                file.write(HEADER.format(language=language).encode())
                write_po(file, catalogue, width=110, include_lineno=False, omit_header=True)


def compile_catalogues() -> None:
    """Write a `.mo` file beside each catalogue."""
    for path in sorted(PACKAGE.glob("*/locale/*/LC_MESSAGES/django.po")):
        with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source, charset="utf-8"))


def list_missing() -> list[MissingMessage]:
    """Return every message that some language lacks, over all contexts."""
    return sorted(
        MissingMessage(context=folder.name, language=language, message=str(message.id))
        for folder in list_contexts()
        for language in LANGUAGES
        for message in _untranslated(folder, language=language)
    )


def _untranslated(folder: Path, *, language: str) -> Iterator[Message]:
    catalogue = read_catalogue(catalogue_path(folder, language=language), language=language)
    for message in extract_messages(folder):
        if not message.id:
            continue
        translated = catalogue.get(message.id, message.context)
        if translated is None or translated.fuzzy or not _is_translated(translated.string):
            yield message


def _is_translated(string: str | Sequence[str] | None) -> bool:
    return bool(string) and all(string or "")


if __name__ == "__main__":
    {"update": update_catalogues, "compile": compile_catalogues}[sys.argv[1]]()
