"""The application: `create_app()` puts front, commands, questions and identity together.

Run by `uvicorn --factory adapters.http.app:create_app` with the settings in the environment.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version

import anyio.to_thread
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.archive.door import hand_in
from adapters.http import (
    ask_catalog,
    ask_convergence,
    ask_departments,
    ask_evidence,
    ask_feedback,
    ask_figures,
    ask_incidents,
    ask_past,
    ask_rules,
    ask_seal,
    ask_security,
    ask_sharing,
    ask_supervision,
    ask_trail,
    case_page,
    docs,
    downloads,
    health,
    identity,
    log_cosign,
    log_files,
    log_page,
    uploads,
)
from adapters.http import credentials as credential_routes
from adapters.http.desk import Desk, open_desk
from adapters.http.front import Front
from adapters.http.language import language_of
from adapters.http.log import logger_for
from adapters.http.metrics import Metrics
from adapters.http.openapi import openapi_of
from adapters.http.personal import with_holders
from adapters.http.posting import Prepare, postings
from adapters.http.problems import CODES, EdgeProblem, answer_to, of_status
from adapters.identity import credentials
from adapters.settings import Settings, load
from hub.command import Command
from hub.convergence.commands import DeliverBatch
from hub.security.commands import ErasePersonalData

SWEEP_SECONDS = 300.0
MODULES = (
    *(health, identity, credential_routes, ask_departments, ask_rules),
    *(ask_catalog, ask_convergence, uploads, ask_sharing, downloads, ask_feedback),
    *(ask_security, ask_supervision, ask_incidents, ask_figures, ask_trail, docs),
    *(ask_seal, log_cosign, log_files, log_page),
    *(ask_past, case_page, ask_evidence),
)
"""Every page of routes there is."""
PREPARING: dict[type[Command], Prepare] = {
    DeliverBatch: uploads.prepared,
    ErasePersonalData: with_holders,
}
"""Commands to which the edge adds what only it can know."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; the record is opened when the server starts."""
    chosen = settings or load()
    hand_in(chosen)
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_desk(chosen, metrics) as desk:
            app.state.desk = desk
            sweeping = asyncio.create_task(_sweep(desk), name="identity sweep")
            yield
            sweeping.cancel()

    app = FastAPI(
        title="Shuqiao",
        version=_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(
        Front,
        postings=postings(app, PREPARING),
        metrics=metrics,
        body_bytes_max=chosen.body_bytes_max,
        logger=logger_for(chosen.log_format),
    )
    for expected in (*CODES, EdgeProblem, RequestValidationError, HTTPException, PoolTimeout):
        app.add_exception_handler(expected, problem_of)
    for module in MODULES:
        app.include_router(module.router)
    app.mount(f"/api/static/{docs.UI}", docs.static)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign] # FastAPI's own way
    return app


async def problem_of(request: Request, error: Exception) -> Response:
    """Answer an expected exception with its problem document."""
    if isinstance(error, HTTPException) and not isinstance(error, EdgeProblem):
        error = _of_framework(error)
    language = language_of(request.headers.get("accept-language", ""))
    answer = answer_to(error, language, request.url.path, request.scope.get("request_id", ""))
    return Response(answer.body, answer.status, answer.headers)


def _of_framework(error: HTTPException) -> Exception:
    """Say in our words what the framework says in its own."""
    code = of_status(error.status_code)
    sentences = {
        "not_found": ("there is nothing at this address", "该地址不存在"),
        "method_not_allowed": ("this address does not take this method", "该地址不支持此方法"),
        "malformed": ("the request could not be read", "请求无法解析"),
    }
    en, zh = sentences.get(code, (str(error.detail), "请求有误"))
    return EdgeProblem(code, en, zh, headers=dict(error.headers or {}))


async def _sweep(desk: Desk) -> None:
    """Throw away ended sessions, old nonces and unfinished uploads now and then."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        with contextlib.suppress(psycopg.Error, PoolTimeout):
            await desk.ask(credentials.sweep)
        await anyio.to_thread.run_sync(desk.store.sweep)


def _version() -> str:
    try:
        return version("shuqiao")
    except PackageNotFoundError:
        return "0"
