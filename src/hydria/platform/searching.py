"""
Find rows by words as people remember and type them: parts of words, any order, small mistakes.

The searched column holds `kernel.spelling.to_search_text` of what it stands for and has a trigram index.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Model

from hydria.kernel.spelling import to_search_text

WORD_LENGTH_INDEXED = 3
"""A trigram index finds parts of words from this length on; shorter words match only where a name starts."""
CANDIDATES_MAX = 200
"""Enough to rank well, and few enough that a common name costs no more than a rare one."""
SIMILARITY_MIN = 0.5
"""One letter wrong, missing or swapped in a word of seven letters still counts as the word."""


def find_by_words(model: type[Model], *, column: str, typed: str, count_max: int) -> list[int]:
    """
    Return the ids of the rows whose column has all typed words, best first; failing that, words alike.

    Source: CUS-19.
    """
    words = to_search_text(typed).split()
    if not any(len(word) >= WORD_LENGTH_INDEXED for word in words):
        words = words[:1]
    if not words:
        return []
    patterns = [f"%{_escape(word)}%" if len(word) >= WORD_LENGTH_INDEXED else f"{_escape(word)}%" for word in words]
    found = _find_parts(model, column=column, patterns=patterns, count_max=count_max)
    if found or len("".join(words)) < WORD_LENGTH_INDEXED + 1:
        return found
    return _find_alike(model, column=column, words=" ".join(words), count_max=count_max)


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _find_parts(model: type[Model], *, column: str, patterns: list[str], count_max: int) -> list[int]:
    conditions = " AND ".join(f"{column} LIKE %s" for _pattern in patterns)
    statement = (
        f"SELECT id FROM (SELECT id, {column} AS spelled FROM {model._meta.db_table} WHERE {conditions} LIMIT %s)"
        " AS candidate ORDER BY spelled LIKE %s DESC, length(spelled), spelled LIMIT %s"
    )
    starts = patterns[0].lstrip("%")
    with connection.cursor() as cursor:
        cursor.execute(statement, [*patterns, CANDIDATES_MAX, starts, count_max])
        return [row_id for (row_id,) in cursor.fetchall()]


def _find_alike(model: type[Model], *, column: str, words: str, count_max: int) -> list[int]:
    statement = (
        f"SELECT id FROM {model._meta.db_table} WHERE %s <%% {column}"
        f" ORDER BY word_similarity(%s, {column}) DESC, {column} LIMIT %s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(SIMILARITY_MIN)])
        cursor.execute(statement, [words, words, count_max])
        return [row_id for (row_id,) in cursor.fetchall()]
