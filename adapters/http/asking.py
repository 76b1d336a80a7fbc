"""What every question finds: who asks, in which language, and the desk."""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request

from adapters.http.desk import Desk, desk_of
from adapters.http.exchange import headers_of
from adapters.http.language import language_of
from adapters.http.posting import check_json, check_signed
from adapters.http.problems import EdgeProblem
from adapters.http.standing import Reader
from adapters.identity.door import SAFE, Visitor
from hub.command import AuditId
from hub.term import Language

UnderAudit = Annotated[
    AuditId | None,
    Header(
        alias="Hub-Audit",
        description="The engagement an auditor reads under; each answer is recorded 审计项目",
    ),
]


async def visitor_of(request: Request) -> Visitor:
    """Return who makes this request; raises Unauthenticated."""
    headers = headers_of(request.scope)
    visitor = await desk_of(request).door.admit(
        request.method, request.url.path, request.url.query, headers
    )
    if visitor.signed and (request.method not in SAFE or visitor.body_sha256 is not None):
        check_signed(visitor, await request.body())
    return visitor


async def reader_of(request: Request, visitor: Annotated[Visitor, Depends(visitor_of)]) -> Reader:
    """Return the speaker with the roles he holds now."""
    return await desk_of(request).standings.reader(visitor.speaker)


async def json_sent(request: Request) -> None:
    """Refuse a form that does not say it is JSON."""
    if request.method in {"POST", "PUT", "PATCH"}:
        check_json(headers_of(request.scope))


async def language_asked(request: Request) -> Language:
    """Return the language of the answer."""
    return language_of(request.headers.get("accept-language", ""))


async def the_desk(request: Request) -> Desk:
    """Return the desk, without a detour through a thread."""
    return desk_of(request)


def check_known(request: Request) -> None:
    """Refuse a parameter that the description of this address does not name; raises EdgeProblem.

    A filter that is misspelt would otherwise answer with everything.
    """
    asked = set(request.query_params)
    if not asked:
        return
    known = _known(request.app, request.scope["route"].path, request.method.lower())
    for name in sorted(asked - known):
        raise EdgeProblem(
            "malformed",
            f"there is no parameter “{name[:80]}” here; there are: {', '.join(sorted(known))}",
            f"没有参数“{name[:80]}”，可用参数：{'、'.join(sorted(known))}",
            where=name[:80],
        )


def _known(app: FastAPI, path: str, method: str) -> frozenset[str]:
    operation = app.openapi()["paths"].get(path, {}).get(method, {})
    return frozenset(
        each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"
    )


AtDesk = Annotated[Desk, Depends(the_desk)]
AsReader = Annotated[Reader, Depends(reader_of)]
InLanguage = Annotated[Language, Depends(language_asked)]
