"""How a question's answers stand in the description of the API: a page of rows, one thing."""

from typing import Any

import msgspec
from fastapi import Response

from adapters.http.openapi import describes
from adapters.http.problems import responses

ALWAYS = (
    *("malformed", "unauthenticated", "forbidden", "not_found", "not_acceptable", "conflict"),
    *("validation", "busy", "overloaded", "unavailable", "behind", "building", "past_broken"),
)


def listing(row: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the keywords of a route that lists rows: its answers in OpenAPI."""
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": describes(row)},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page 下一页"},
        },
    }
    content = {"application/json": {"schema": page}, "text/csv": {"schema": {"type": "string"}}}
    ok = {"description": "A page 一页", "content": content}
    return {"response_class": Response, "responses": {200: ok, **responses(*ALWAYS)}}


def single(row: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the keywords of a route that shows one thing: its answers in OpenAPI."""
    ok = {
        "description": "As it stands 现状",
        "content": {"application/json": {"schema": describes(row)}},
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "For If-Match 版本"}},
    }
    unchanged = {304: {"description": "Unchanged since If-None-Match 未变更"}}
    return {
        "response_class": Response,
        "responses": {200: ok, **unchanged, **responses(*ALWAYS)},
    }
