"""The one way an operation refuses: an error with a code, data and a sentence for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping


class UnableTo(Exception):
    """
    Refuse one act that a person or a program asked for.

    Every operation derives its own `UnableTo...` beside itself and raises it with a `code` that programs can
    switch on, a `message` fit for the operator's screen and the `data` behind both. A batch does not raise:
    it gives each of its rows a status (see `kernel.issues`).

    >>> class UnableToPostJournal(UnableTo):
    ...     '''The journal cannot be posted.'''
    >>> error = UnableToPostJournal("journal_unbalanced", "The journal is out by 0.01.", difference_minor=1)
    >>> error.code, str(error), error.data["difference_minor"]
    ('journal_unbalanced', 'The journal is out by 0.01.', 1)
    """

    def __init__(self, code: str, message: str, **data: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data: Mapping[str, object] = data
