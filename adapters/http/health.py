"""Is it well? Liveness, readiness and figures 运行状况.

Ready means: the record can be reached and written, and the disk has room. NATS away or a view
behind is said, but does not take the hub out of service: commands go on without both.
"""

import asyncio
import shutil
from typing import Literal
from urllib.parse import urlsplit

import psycopg
from fastapi import APIRouter, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel

from adapters.http.asking import AtDesk
from adapters.http.desk import Desk
from adapters.http.metrics import MEDIA_TYPE
from adapters.http.problems import responses
from hub.seal.note import NoteError
from projections.positions import standings

router = APIRouter(tags=["health"])
_MEGABYTE = 1_000_000
_NATS_SECONDS_MAX = 1.0
_NATS_PORT = 4222
State = Literal["ok", "degraded", "down"]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class View(BaseModel):
    """Where one projection stands; `parked` says why it stands still."""

    position: int
    lag_events: int
    parked: str | None


class Readiness(BaseModel):
    """What the hub stands on, and how far each view has followed."""

    status: State
    postgres: State
    nats: State
    disk: State
    disk_free_mb: int
    position: int
    projections: dict[str, View]


@router.get("/healthz", summary="Alive? 存活")
async def healthz() -> Alive:
    """Say that this process answers."""
    return Alive()


@router.get(
    "/readyz",
    summary="Ready? 就绪",
    responses={503: {"model": Readiness, "description": "Not ready 未就绪"}},
)
async def readyz(response: Response, desk: AtDesk) -> Readiness:
    """Say whether commands and questions can be taken now, and what is amiss."""
    nats, (postgres, position, views) = await asyncio.gather(_nats(desk), _postgres(desk))
    free = shutil.disk_usage(desk.settings.home if desk.settings.home.exists() else "/").free
    disk: State = "ok" if free // _MEGABYTE >= desk.settings.disk_free_mb_min else "down"
    ready = postgres == "ok" and disk == "ok"
    behind = any(view.parked for view in views.values())
    if not ready:
        response.status_code = 503
    return Readiness(
        status=("degraded" if nats != "ok" or behind else "ok") if ready else "down",
        postgres=postgres,
        nats=nats,
        disk=disk,
        disk_free_mb=free // _MEGABYTE,
        position=position,
        projections=views,
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus 监控指标",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **responses("unavailable", "busy"),
    },
)
async def metrics(desk: AtDesk) -> Response:
    """Give requests, commits, queue and lag in Prometheus' text form."""
    _, _, views = await _postgres(desk)
    desk.metrics.note_lag({name: view.lag_events for name, view in views.items()})
    desk.metrics.note_seal(await _seal(desk))
    return Response(desk.metrics.page(), headers={"content-type": MEDIA_TYPE})


async def _seal(desk: Desk) -> dict[str, float]:
    try:
        look = await desk.ask(desk.sealed.look)
    except (psycopg.Error, PoolTimeout, NoteError, OSError):
        return {}
    figures = {
        "size_events": float(look.size),
        "lag_events": float(look.lag_events),
        "lag_seconds": look.lag_seconds,
        "witnessed_size_events": float(look.witnessed_size),
        "trouble": float(look.trouble is not None),
    }
    if look.witnessed_at is not None:
        figures["witnessed_age_seconds"] = (look.at - look.witnessed_at).total_seconds()
    return figures


async def _postgres(desk: Desk) -> tuple[State, int, dict[str, View]]:
    try:
        return await desk.ask(_views)
    except (psycopg.Error, PoolTimeout):
        return "down", 0, {}


def _views(connection: psycopg.Connection) -> tuple[State, int, dict[str, View]]:
    head = connection.execute("SELECT position FROM record.log_head").fetchone()
    position: int = head[0] if head else 0
    views = {
        each.name: View(
            position=each.position,
            lag_events=max(position - each.position, 0),
            parked=each.parked_reason,
        )
        for each in standings(connection)
    }
    return "ok", position, views


async def _nats(desk: Desk) -> State:
    if desk.settings.nats_url is None:
        return "ok"
    address = urlsplit(desk.settings.nats_url.get_secret_value())
    try:
        async with asyncio.timeout(_NATS_SECONDS_MAX):
            _, writer = await asyncio.open_connection(
                address.hostname or "127.0.0.1", address.port or _NATS_PORT
            )
            writer.close()
    except (OSError, TimeoutError):
        return "down"
    return "ok"
