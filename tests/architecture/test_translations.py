"""Nothing is half-translated: every message of every context exists in Spanish and Greek."""

from __future__ import annotations

import itertools
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


def test_one_message_is_one_word_in_every_context() -> None:
    spelled: dict[tuple[str, str | None, str], dict[str, list[str]]] = {}
    for folder, language in itertools.product(list_contexts(), LANGUAGES):
        for message in read_catalogue(catalogue_path(folder, language=language), language=language):
            if message.id and any(message.string):
                key = (language, message.context, str(message.id))
                spelled.setdefault(key, {}).setdefault(str(message.string), []).append(folder.name)

    clashing = [f"{key}: {words}" for key, words in spelled.items() if len(words) > 1]

    # Django looks a message up in one catalogue for all contexts, so whichever is loaded last would win.
    assert not clashing, "say the same, or tell them apart by msgid or pgettext:\n" + "\n".join(clashing)


def fills_the_same_places(message: Message) -> bool:
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    translations = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = set().union(*(places(text) for text in originals))
    # A singular may leave out the number that the plural shows.
    return all(places(text) <= wanted for text in translations) and places(translations[-1]) == places(originals[-1])


def places(text: str) -> set[str]:
    return {"".join(groups) for groups in PLACEHOLDER.findall(text)}
