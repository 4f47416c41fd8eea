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
TYPED_LENGTH_MAX = 120
"""More than anybody types, and so few words that no search grows with what is pasted into it."""
CANDIDATES_MAX = 200
"""Enough to rank well, and few enough that a common name costs no more than a rare one."""
SIMILARITY_MIN = 0.5
"""One letter wrong, missing or swapped in a word of seven letters still counts as the word."""


def find_by_words(model: type[Model], *, column: str, typed: str, count_max: int) -> list[int]:
    """
    Return the ids of the rows whose column has all typed words or parts of words, best first.

    A word shorter than `WORD_LENGTH_INDEXED` has to be how a word of the row starts.

    Source: CUS-19.
    """
    words = to_search_text(typed[:TYPED_LENGTH_MAX]).split()
    indexed = [word for word in words if len(word) >= WORD_LENGTH_INDEXED]
    if not words:
        return []
    short = [word for word in words if word not in indexed]
    if indexed:
        conditions = [f"{column} LIKE %s"] * len(indexed) + [f"' ' || {column} LIKE %s"] * len(short)
        patterns = [f"%{_escape(word)}%" for word in indexed] + [f"% {_escape(word)}%" for word in short]
    else:
        conditions, patterns = [f"{column} LIKE %s"], [f"{_escape(' '.join(short))}%"]
    statement = (
        f"SELECT id FROM (SELECT id, {column} AS spelled FROM {model._meta.db_table}"
        f" WHERE {' AND '.join(conditions)} LIMIT %s)"
        " AS candidate ORDER BY spelled LIKE %s DESC, length(spelled), spelled LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*patterns, CANDIDATES_MAX, f"{_escape(words[0])}%", count_max])
        return [row_id for (row_id,) in cursor.fetchall()]


def find_alike(model: type[Model], *, column: str, typed: str, count_max: int) -> list[int]:
    """
    Return the ids of the rows that have words like the typed ones, most alike first; for when no row has them all.

    Source: CUS-19.
    """
    words = to_search_text(typed[:TYPED_LENGTH_MAX])
    if len(words) <= WORD_LENGTH_INDEXED:
        return []
    statement = (
        f"SELECT id FROM {model._meta.db_table} WHERE %s <%% {column}"
        f" ORDER BY word_similarity(%s, {column}) DESC, {column} LIMIT %s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(SIMILARITY_MIN)])
        cursor.execute(statement, [words, words, count_max])
        return [row_id for (row_id,) in cursor.fetchall()]


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
