"""Nothing is half-translated: every message of every context exists in Spanish and Greek."""

from __future__ import annotations

import re

from babel.messages.catalog import Message

from hydria.config.translations import LANGUAGES, catalogue_path, list_contexts, list_missing, read_catalogue

PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w*)[^}]*\}")


def test_every_message_exists_in_every_language() -> None:
    missing = [f"{message.context} {message.language}: {message.message!r}" for message in list_missing()]

    assert not missing, f"{len(missing)} messages to translate (`make messages` lists them in):\n" + "\n".join(missing)


def test_every_translation_fills_the_same_places() -> None:
    differing = [
        f"{folder.name} {language}: {message.id!r} -> {message.string!r}"
        for folder in list_contexts()
        for language in LANGUAGES
        for message in read_catalogue(catalogue_path(folder, language=language), language=language)
        if message.id and any(message.string) and not fills_the_same_places(message)
    ]

    assert not differing, "\n".join(differing)


def fills_the_same_places(message: Message) -> bool:
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    translations = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = set().union(*(places(text) for text in originals))
    # A singular may leave out the number that the plural shows.
    return all(places(text) <= wanted for text in translations) and places(translations[-1]) == places(originals[-1])


def places(text: str) -> set[str]:
    return {"".join(groups) for groups in PLACEHOLDER.findall(text)}
