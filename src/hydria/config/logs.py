"""Write each log record as one JSON object, for the machines that collect them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """
    Format a record with its time, level, logger, message and whatever `extra` it carries.

    >>> record = logging.makeLogRecord({"msg": "run confirmed", "levelname": "INFO", "created": 0.0, "run_id": 7})
    >>> JsonFormatter().format(record)
    '{"at": "1970-01-01T00:00:00+00:00", "level": "INFO", "logger": null, "message": "run confirmed", "run_id": 7}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in STANDARD_ATTRIBUTES}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)
