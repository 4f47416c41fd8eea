"""The API does what its OpenAPI description says, whatever is sent."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as how

from api_factories import new_key
from desk_factories import company
from hydria.publicapi.web.v1 import api

pytestmark = pytest.mark.django_db

PROMISES = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def write_lines(_context: Any, value: Any) -> bytes:
    """Send any text as lines."""
    return str(value).encode()


@cache
def product() -> WSGIHandler:
    """Return the product as the first test has set it up."""
    return WSGIHandler()


contract = schemathesis.openapi.from_dict(api.get_openapi_schema())
contract.config.phases.coverage.enabled = False  # some hundred requests for each operation


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer by the product."""
    return product()(environ, start_response)


contract.app = application


@pytest.fixture
def token(db, settings):
    """Yield a key for requests that stay on the connection of the test, as those of Django's own test client do."""
    settings.ALLOWED_HOSTS = ["*"]
    # Assets are not asked for, and need not be built.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    company()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield new_key(requests_per_minute_count=1_000_000)[1]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@contract.parametrize()
@how(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_keeps_the_promises_of_its_description(case, token):
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=PROMISES)
