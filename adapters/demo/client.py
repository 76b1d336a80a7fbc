"""Saying the steps of the year to the hub, over HTTP, each person with an account of his own."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import httpx2
import orjson

from adapters.demo.people import machine
from adapters.demo.step import Step

AT_ONCE = 24
"""Steps on their way at once."""
_CLIENT_ERROR, _CONFLICT, _BUSY = 400, 409, 503
_TRIES_MAX = 8


class StepRefused(Exception):
    """The hub turned down what the plan meant to happen, or took what it should turn down."""


class City:
    """The people and machines of the city, each logged in when first needed."""

    def __init__(self, url: str, password: str) -> None:
        """`password` is the one all demo accounts share."""
        self._http = httpx2.AsyncClient(base_url=f"{url}/api/v1/", timeout=60)
        self._password = password
        self._doors: dict[str, asyncio.Future[str]] = {}
        self.refused: list[tuple[Step, dict[str, Any]]] = []

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def live(self, steps: Iterable[Step], done: Callable[[int], None]) -> None:
        """Live steps in the order of their days; lanes of one day do not wait for each other."""
        gate = asyncio.Semaphore(AT_ONCE)
        for day in _days(steps):
            lanes: dict[str, list[Step]] = {}
            for step in day:
                lanes.setdefault(step.lane, []).append(step)

            async def walk(lane: list[Step]) -> None:
                for step in lane:
                    async with gate:
                        await self.say(step)
                    done(1)

            await asyncio.gather(*(walk(lane) for lane in lanes.values()))

    async def say(self, step: Step) -> dict[str, Any]:
        """Say one step and return the answer; raises StepRefused when it is not what was meant."""
        content = step.payload or orjson.dumps(self._body(step))
        headers = {
            "Authorization": await self._credential(step.who),
            "Hub-Occurred-At": step.at.isoformat(),
            "Idempotency-Key": _key(step),
            "Content-Type": "application/octet-stream" if step.payload else "application/json",
        }
        answer = await self._send(step.method, step.path, content=content, headers=headers)
        return self._check(step, answer)

    async def _send(self, method: str, path: str, **wish: Any) -> httpx2.Response:
        """Send until somebody answers: every step has a command id, so a retry is the same wish."""
        lost = "it is busy"
        for attempt in range(1, _TRIES_MAX + 1):
            try:
                answer = await self._http.request(method, path, **wish)
            except httpx2.TransportError as error:
                lost = str(error) or type(error).__name__
            else:
                if answer.status_code != _BUSY:
                    return answer
            await asyncio.sleep(0.3 * attempt)
        raise StepRefused(
            f"{path}: the hub did not answer ({lost}); see the logs in the home's folder run"
        )

    def _body(self, step: Step) -> dict[str, Any]:
        body = dict(step.body)
        if step.path == "identity/accounts" and body["kind"] == "person":
            body["password"] = self._password
        return body

    def _check(self, step: Step, answer: httpx2.Response) -> dict[str, Any]:
        failed = answer.status_code >= _CLIENT_ERROR
        body: dict[str, Any] = answer.json() if answer.content else {}
        if failed and step.path == "identity/accounts" and answer.status_code == _CONFLICT:
            return body  # the city is lived again on the same home
        if failed != step.refused:
            detail = body.get("details", {}).get("en") or body.get("detail") or "it was taken"
            raise StepRefused(f"{step.at:%Y-%m-%d} {step.who} {step.path}: {detail}")
        if failed:
            self.refused.append((step, body))
        return body

    async def _credential(self, who: str) -> str:
        if who not in self._doors:
            door = asyncio.get_running_loop().create_future()
            self._doors[who] = door
            try:
                door.set_result(await self._enter(who))
            except BaseException as error:
                door.set_exception(error)
                raise
        return await self._doors[who]

    async def _enter(self, who: str) -> str:
        """Log in, or make a key for a machine as the head of its department."""
        org = who.partition(".")[0]
        if who == machine(org):
            headers = {"Authorization": await self._credential(f"{org}.head")}
            path = f"identity/accounts/{who}/api-keys"
            answer = await self._send("POST", path, json={"label": "demo"}, headers=headers)
            return f"Bearer {answer.raise_for_status().json()['key']}"
        form = {"person_id": who, "password": self._password}
        answer = await self._send("POST", "identity/sessions", json=form)
        return f"Bearer {answer.raise_for_status().json()['token']}"


def _days(steps: Iterable[Step]) -> Iterable[list[Step]]:
    """Gather steps by the day they happen, in order."""
    ordered = sorted(steps, key=lambda each: each.at)
    return (list(day) for _, day in groupby(ordered, key=lambda each: each.at.date()))


def _key(step: Step) -> str:
    """Return the command id: the same step of the same city is the same wish."""
    words = [step.lane, step.path, step.at.isoformat(), orjson.dumps(dict(step.body)).decode()]
    return f"demo-{hashlib.sha256(chr(0).join(words).encode()).hexdigest()[:40]}"
