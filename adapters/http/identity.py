"""Sessions, accounts and keys over HTTP 身份：会话、账号、密钥.

Nothing here is an event: accounts are kept apart from the record, so that a name can be
corrected. Which roles somebody holds is decided by commands (appoint-officer), not here.
"""

from datetime import datetime
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.asking import AsReader, AtDesk, InLanguage, json_sent
from adapters.http.personal import known_at, names_shown
from adapters.http.problems import responses
from adapters.http.reading import check_manages
from adapters.identity import accounts, credentials, login
from adapters.identity.door import COOKIE, session_cookie
from adapters.identity.passwords import hash_password
from hub.command import Line, OrgId, PersonId
from hub.departments.organization import Organization

router = APIRouter(prefix="/api/v1/identity", tags=["identity"], dependencies=[Depends(json_sent)])
ALWAYS = ("malformed", "unauthenticated", "forbidden", "validation", "busy", "unavailable")
BODY = (*ALWAYS, "too_large", "unsupported_media_type", "invalid")
Password = Annotated[str, Field(max_length=200)]


class Form(BaseModel):
    """A form of this page: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogIn(Form):
    """Name and password; `cookie` asks for the session as a cookie, as the pages need it."""

    person_id: PersonId
    password: Password
    cookie: bool = False


class SessionBegun(BaseModel):
    """A session; the token is shown once and left out where it went into a cookie."""

    token: str | None
    expires_at: datetime
    person_id: str
    org_id: str
    display_name: str


class Myself(BaseModel):
    """Who one is here: the roles stand in the record."""

    person_id: str
    org_id: str
    org_name: str
    display_name: str
    roles: list[str]
    via: str


class OpenAccount(Form):
    """A new account of a person (with a password) or of an adapter (with keys later)."""

    person_id: PersonId
    org_id: OrgId
    display_name: Line
    kind: accounts.Kind = accounts.Kind.PERSON
    password: Password | None = None


class AccountShown(BaseModel):
    """An account as its organisation sees it."""

    person_id: str
    org_id: str
    display_name: str
    kind: str
    active: bool


class AccountsShown(BaseModel):
    """A page of accounts."""

    items: list[AccountShown]
    next: str | None


@router.post(
    "/sessions",
    status_code=201,
    summary="Log in 登录",
    responses=responses(*BODY, "too_many_tries"),
)
async def log_in(form: LogIn, request: Request, response: Response, desk: AtDesk) -> SessionBegun:
    """Begin a session with a password; send its token as `Authorization: Bearer` from then on."""
    address = request.client.host if request.client else ""
    session = await desk.ask(
        lambda connection: login.log_in(connection, form.person_id, form.password, address)
    )
    if form.cookie:
        response.set_cookie(
            COOKIE,
            session.token,
            max_age=credentials.SESSION_HOURS * 3600,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return SessionBegun(
        token=None if form.cookie else session.token,
        expires_at=session.expires_at,
        person_id=session.person_id,
        org_id=session.org_id,
        display_name=session.display_name,
    )


@router.delete(
    "/sessions/current", status_code=204, summary="Log out 退出", responses=responses(*ALWAYS)
)
async def log_out(request: Request, response: Response, reader: AsReader, desk: AtDesk) -> None:
    """End the session of this request."""
    del reader
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    token = bearer or session_cookie(request.headers.get("cookie", ""))
    await desk.ask(lambda connection: credentials.end_session(connection, token))
    desk.door.forget()
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


@router.get("/me", summary="Who am I 当前用户", responses=responses(*ALWAYS, "not_found"))
async def me(reader: AsReader, desk: AtDesk) -> Myself:
    """Say for whom one speaks and which roles one holds now."""
    found = await desk.ask(lambda c: accounts.find_account(c, reader.speaker.person_id))
    return Myself(
        person_id=found.person_id,
        org_id=found.org_id,
        org_name=reader.home.name if reader.home else "",
        display_name=found.display_name,
        roles=sorted(reader.roles),
        via=reader.speaker.via,
    )


@router.post(
    "/accounts",
    status_code=201,
    summary="Open an account 开立账号",
    responses=responses(*BODY, "not_found", "conflict"),
)
async def open_account(form: OpenAccount, reader: AsReader, desk: AtDesk) -> AccountShown:
    """Open an account in an organisation; by its head, the authority over it or the operator.

    A key that another organisation knows as somebody's is opened by who manages both.
    """
    await desk.standings.the(Organization, form.org_id)
    # Whoever logs in under a key reads what is kept about the person everywhere.
    for org_id in sorted({form.org_id, *await known_at(desk, form.person_id)}):
        await check_manages(reader, desk.standings, org_id, desk.clock())
    hashed = None
    if form.password is not None:
        hashed = await anyio.to_thread.run_sync(hash_password, form.password)
    await desk.ask(
        lambda connection: accounts.create_account(
            connection,
            form.person_id,
            form.org_id,
            form.display_name,
            kind=form.kind,
            password_hash=hashed,
        )
    )
    return AccountShown(**form.model_dump(exclude={"password"}), active=True)


@router.get("/accounts", summary="Accounts 账号", responses=responses(*ALWAYS, "not_found"))
async def list_accounts(
    reader: AsReader,
    desk: AtDesk,
    language: InLanguage,
    org_id: OrgId | None = None,
    cursor: Annotated[str, Field(max_length=80, pattern="^[a-z0-9._-]*$")] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 100,
) -> AccountsShown:
    """List the accounts of an organisation, one's own unless another is named."""
    wanted = org_id or reader.org_id
    await check_manages(reader, desk.standings, wanted, desk.clock())
    found = await desk.ask(
        lambda connection: accounts.accounts_of(connection, wanted, after=cursor, limit=limit)
    )
    shown = await names_shown(desk, found, language)
    items = [
        AccountShown(
            person_id=each.person_id,
            org_id=each.org_id,
            display_name=shown[each.person_id],
            kind=each.kind,
            active=each.active,
        )
        for each in found
    ]
    return AccountsShown(items=items, next=found[-1].person_id if len(found) == limit else None)
