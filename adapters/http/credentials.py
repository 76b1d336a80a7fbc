"""What an account holds, over HTTP: its password, its name, its API keys, its signing keys.

One changes one's own; the head of the organisation, the authority over it and the operator
change those of others. A key or token is shown once and then known only by its hash.
"""

import base64
import binascii
from datetime import datetime
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from adapters.http.asking import AsReader, AtDesk, json_sent
from adapters.http.desk import Desk
from adapters.http.identity import ALWAYS, BODY, Form, Password
from adapters.http.problems import responses
from adapters.http.reading import check_manages
from adapters.http.standing import Reader
from adapters.identity import accounts, credentials
from adapters.identity.passwords import hash_password, password_matches
from hub.command import Line
from hub.errors import Forbidden, Invalid

router = APIRouter(
    prefix="/api/v1/identity/accounts/{person_id}",
    tags=["identity"],
    dependencies=[Depends(json_sent)],
)
_KEY_BYTES = 32
PersonPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{1,79}$")]


class NewPassword(Form):
    """A new password; one's own needs the present one."""

    password: Password
    present: Password = ""


class NewName(Form):
    """The corrected name of a person."""

    display_name: Line


class NewApiKey(Form):
    """What the key is for, and after how many days it ends."""

    label: Line
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ApiKeyShown(BaseModel):
    """An API key: `key` only in the answer that made it."""

    prefix: str
    label: str = ""
    key: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class NewSigningKey(Form):
    """The public half of an Ed25519 key pair, 32 bytes in base64, under a name of its own."""

    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{4,80}$")]
    public_key: Annotated[str, Field(max_length=60)]
    label: Line


@router.post(
    "/password",
    status_code=204,
    summary="Set a new password 重设密码",
    responses=responses(*BODY, "not_found"),
)
async def set_password(
    person_id: PersonPath, form: NewPassword, reader: AsReader, desk: AtDesk
) -> None:
    """Give an account a new password; all its sessions end."""
    await _check_may_change(reader, desk, person_id)
    if person_id == reader.speaker.person_id:
        stored = await desk.ask(lambda c: accounts.password_of(c, person_id))
        if not await anyio.to_thread.run_sync(password_matches, stored, form.present):
            raise Forbidden("the present password is wrong", "原密码不正确", where="present")
    hashed = await anyio.to_thread.run_sync(hash_password, form.password)
    await desk.ask(lambda connection: accounts.set_password(connection, person_id, hashed))
    desk.door.forget()


@router.post(
    "/name",
    status_code=204,
    summary="Correct the name 更正姓名",
    responses=responses(*BODY, "not_found"),
)
async def rename(person_id: PersonPath, form: NewName, reader: AsReader, desk: AtDesk) -> None:
    """Correct the name shown for a person; events hold only the key."""
    await _check_may_change(reader, desk, person_id)
    await desk.ask(lambda c: accounts.rename_account(c, person_id, form.display_name))


@router.delete(
    "",
    status_code=204,
    summary="Close the account 停用账号",
    responses=responses(*ALWAYS, "not_found"),
)
async def close(person_id: PersonPath, reader: AsReader, desk: AtDesk) -> None:
    """Close an account: its sessions end and its keys open nothing."""
    await _check_may_change(reader, desk, person_id)
    await desk.ask(lambda connection: accounts.close_account(connection, person_id))
    desk.door.forget()


@router.post(
    "/api-keys",
    status_code=201,
    summary="Make an API key 新建接口密钥",
    responses=responses(*BODY, "not_found"),
)
async def make_api_key(
    person_id: PersonPath, form: NewApiKey, reader: AsReader, desk: AtDesk
) -> ApiKeyShown:
    """Make an API key for an account; it is shown only in this answer."""
    await _check_may_change(reader, desk, person_id)
    key = await desk.ask(lambda c: credentials.create_api_key(c, person_id, form.label, form.days))
    prefix = key.removeprefix(credentials.KEY_PREFIX).partition("_")[0]
    return ApiKeyShown(prefix=prefix, label=form.label, key=key)


@router.get("/api-keys", summary="API keys 接口密钥", responses=responses(*ALWAYS, "not_found"))
async def list_api_keys(person_id: PersonPath, reader: AsReader, desk: AtDesk) -> list[ApiKeyShown]:
    """List the keys of an account by prefix, the newest first."""
    await _check_may_change(reader, desk, person_id)
    found = await desk.ask(lambda connection: credentials.api_keys_of(connection, person_id))
    return [
        ApiKeyShown(
            prefix=each.prefix,
            label=each.label,
            created_at=each.created_at,
            expires_at=each.expires_at,
            revoked_at=each.revoked_at,
        )
        for each in found
    ]


@router.delete(
    "/api-keys/{prefix}",
    status_code=204,
    summary="Revoke an API key 吊销接口密钥",
    responses=responses(*ALWAYS, "not_found"),
)
async def revoke_api_key(
    person_id: PersonPath,
    prefix: Annotated[str, Path(pattern="^[0-9a-f]{12}$")],
    reader: AsReader,
    desk: AtDesk,
) -> None:
    """Revoke a key; requests with it are refused within seconds."""
    await _check_may_change(reader, desk, person_id)
    await desk.ask(lambda c: credentials.revoke_api_key(c, person_id, prefix))
    desk.door.forget()


@router.post(
    "/signing-keys",
    status_code=204,
    summary="Register a signing key 登记签名公钥",
    responses=responses(*BODY, "not_found", "conflict"),
)
async def register_signing_key(
    person_id: PersonPath, form: NewSigningKey, reader: AsReader, desk: AtDesk
) -> None:
    """Register the public key with which a machine signs its requests (Ed25519, RFC 9421)."""
    await _check_may_change(reader, desk, person_id)
    try:
        key = base64.b64decode(form.public_key, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise Invalid(
            "public_key must be the 32 bytes of an Ed25519 public key in base64",
            "public_key 应为 Ed25519 公钥的32字节，以 base64 编码",
            where="public_key",
        )
    await desk.ask(
        lambda c: credentials.register_signing_key(c, form.key_id, key, person_id, form.label)
    )


async def _check_may_change(reader: Reader, desk: Desk, person_id: str) -> None:
    """Let one change one's own account, and those manage it who manage its organisation."""
    if person_id == reader.speaker.person_id:
        return
    account = await desk.ask(lambda connection: accounts.find_account(connection, person_id))
    if account.standing is not None and reader.speaker.standing is None:
        raise Forbidden(
            "an operator's account is changed on the hub's own machine (hub account)",
            "运维账号只能在平台主机上变更(hub account)",
        )
    await check_manages(reader, desk.standings, account.org_id, desk.clock())
