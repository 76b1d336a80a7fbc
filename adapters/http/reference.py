"""The page of the reference that says what can be asked over HTTP; written by `make reference`."""

from collections.abc import Iterable

from adapters.http.app import create_app
from adapters.http.openapi import CHAPTERS
from adapters.http.problems import KINDS
from adapters.identity.signature import IF_PRESENT, WINDOW_SECONDS
from adapters.settings import Settings

_COMMANDS = f"""\
## Commands

`POST /api/v1/<chapter>/<command>`: the body is the command (see [commands](commands.md)).

| header | |
|---|---|
| `Authorization: Bearer …` | a session token (`hubs_…`) or an API key (`hubk_…`) |
| `Idempotency-Key` | needed: 8 to 200 visible characters; new for each wish, kept for a retry |
| `If-Match` | the `ETag` of the thing as you read it; another version is refused with 412 |
| `Hub-Occurred-At` | the legal time, only with the setting `history_import` |

The answer is a receipt: `command_id`, `subject_id`, `position`, `recorded_at`, `events`,
`repeated`; 201 when it was recorded now, 200 when it had been before or there was nothing to
record. `ETag` is the subject's version, `Location` where to read it.

## Signed requests

A machine may sign instead of showing a key: Ed25519 over RFC 9421, one signature called `hub`
with `created`, `nonce`, `keyid`, `alg="ed25519"`. It covers `@method`, `@path`, `@query` and, when
sent, {", ".join(f"`{name}`" for name in IF_PRESENT)}; a body needs `Content-Digest: sha-256=:…:`.
A nonce is taken once; `created` may be {WINDOW_SECONDS} s from the hub's clock.
`adapters/identity/signature.py` signs.

## Questions

`GET` answers `{{"items": […], "next": cursor}}` in JSON, or CSV with `Accept: text/csv` (`bom=true`
for spreadsheets that need it). `limit`, `cursor` page; `after=<position>` waits until the view has
seen that position. One thing has an `ETag`; `If-None-Match` gets 304. An auditor names the
engagement in `Hub-Audit`, and each answer he takes is recorded. A parameter that an address does
not know is refused by its name.

## The past

`as_of=2026-06-30` (the end of that day in China), `as_of=2026-06-30T17:30:00` or
`as_of_position=12345` answers any question from the views as they stood: what had happened in law
by then, or what the record held there; both together: what had happened as far as was known there.
`Hub-As-Of` and `Hub-As-Of-Position` say of when the answer is. The first who asks waits until that
past is built (503 `building` with `Retry-After` where it takes longer); the last asked for are kept
(setting `pasts_max`). Rights are those of now. `/api/v1/supervision/differences` compares two days,
`/api/v1/supervision/chain` and the page `/cases/<id>` tell everything that happened in a case.
"""


def http_page() -> Iterable[str]:
    """Write every address and every problem."""
    yield "# HTTP\n"
    yield "`/api/docs` shows the same in a browser, `/api/v1/openapi.json` for programs.\n"
    yield _COMMANDS
    document = create_app(Settings()).openapi()
    for chapter, words in CHAPTERS.items():
        yield f"\n## {words}\n\n| | address | |\n|---|---|---|"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if operation["tags"] == [chapter]:
                    yield f"| {method.upper()} | `{path}` | {operation['summary']} |"
    yield "\n## Problems\n"
    yield "Every refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`,"
    yield "`detail`, `instance`, `code`, `request_id`, `details` in both languages, `errors`.\n"
    yield "| code | status | | what to do |\n|---|---|---|---|"
    for code, kind in KINDS.items():
        yield f"| `{code}` | {kind.status} | {kind.en} {kind.zh} | {kind.do_en} |"
