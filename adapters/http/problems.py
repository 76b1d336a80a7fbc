"""The one table from what goes wrong to the answer: RFC 9457 problem documents.

Every code has a status, a title in both languages and a word on what to do; `/problems/<code>`
shows it, and the reference lists them. The sentence itself comes from the refusal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import orjson
from fastapi.exceptions import RequestValidationError
from psycopg import DataError, OperationalError
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from adapters.http.validation import Fault, faults_of, is_not_json
from adapters.identity.words import TooManyTries, Unauthenticated
from hub.errors import (
    Busy,
    CommandReused,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    VersionMoved,
)
from hub.record import Overloaded, RecordUnavailable, Unrecordable
from hub.term import Language

MEDIA_TYPE = "application/problem+json"


class Kind(msgspec.Struct, frozen=True):
    """One kind of problem: its status, its title, what the sender can do."""

    status: int
    en: str
    zh: str
    do_en: str
    do_zh: str


_KEEP = ("Send the same command again under the same id.", "请用同一标识重新提交同一命令。")
KINDS: dict[str, Kind] = {
    "malformed": Kind(
        400, "The request cannot be read", "请求无法解析", "Correct the request.", "请更正请求。"
    ),
    "unauthenticated": Kind(
        401, "Say who you are", "请先登录", "Log in or send a key.", "请登录或出示密钥。"
    ),
    "forbidden": Kind(
        403, "You may not do this here", "无权操作", "Ask an officer who may.", "请由有权人员办理。"
    ),
    "not_found": Kind(404, "There is no such thing", "不存在", "Check the id.", "请核对标识。"),
    "method_not_allowed": Kind(
        405, "This cannot be done at this address", "不支持的方法", "See Allow.", "见 Allow 头。"
    ),
    "not_acceptable": Kind(
        406, "Not available in this form", "不支持的格式", "Accept JSON or CSV.", "请用JSON或CSV。"
    ),
    "conflict": Kind(
        409, "Not possible in this state", "当前状态不允许", "Read it again.", "请重新读取后再办。"
    ),
    "command_reused": Kind(
        409, "This id was used before", "命令标识重复", "Choose a new id.", "请换用新的标识。"
    ),
    "version_moved": Kind(
        412, "Somebody was faster", "版本已变更", "Read it, decide again.", "请重新读取并决定。"
    ),
    "too_large": Kind(
        413, "The body is too large", "请求体过大", "Send less at once.", "请减少单次内容。"
    ),
    "unsupported_media_type": Kind(
        415, "Not JSON", "媒体类型不支持", "Send application/json.", "请发送application/json。"
    ),
    "range_not_satisfiable": Kind(
        416, "No such part", "范围无效", "Ask for a part inside.", "请求范围须在文件内。"
    ),
    "validation": Kind(
        422, "Some fields are wrong", "字段有误", "Correct what errors lists.", "请按errors更正。"
    ),
    "invalid": Kind(
        422, "Against the rules", "不符合规定", "Correct the contents.", "请更正内容。"
    ),
    "too_many_tries": Kind(
        429, "Too many failed log-ins", "登录尝试过多", "Wait, then retry.", "请稍候再试。"
    ),
    "internal": Kind(
        500,
        "The hub made a mistake",
        "系统内部错误",
        "Report the request_id.",
        "请报告request_id。",
    ),
    "busy": Kind(503, "The hub is busy", "系统繁忙", *_KEEP),
    "overloaded": Kind(503, "Too many commands wait", "命令排队过多", *_KEEP),
    "unavailable": Kind(503, "The record cannot be reached", "卷宗暂不可用", *_KEEP),
    "behind": Kind(
        503, "The views are not there yet", "视图尚未更新", "Ask again soon.", "请稍后再查询。"
    ),
    "building": Kind(
        503, "The past is being built", "历史视图重建中", "Ask again soon.", "请稍后再查询。"
    ),
    "past_broken": Kind(
        503, "The past could not be built", "历史视图无法重建", "Tell the operator.", "请告知运维。"
    ),
}

CODES: dict[type[Exception], str] = {
    Invalid: "invalid",
    Forbidden: "forbidden",
    NotFound: "not_found",
    Conflict: "conflict",
    VersionMoved: "version_moved",
    CommandReused: "command_reused",
    Busy: "busy",
    Overloaded: "overloaded",
    RecordUnavailable: "unavailable",
    Unrecordable: "invalid",
    Unauthenticated: "unauthenticated",
    TooManyTries: "too_many_tries",
    DataError: "malformed",
    OperationalError: "unavailable",
    PoolTimeout: "busy",
}
"""Exception class -> code; a class not named here is our own mistake and answered as such."""

_BY_STATUS = {kind.status: code for code, kind in reversed(KINDS.items())}


class EdgeProblem(HTTPException):
    """Something wrong with the request itself, seen before any command was decided.

    One of the framework's own kind, so that it passes wherever a body is being read.
    """

    def __init__(
        self, code: str, en: str, zh: str, *, where: str = "", headers: Mapping[str, str] = {}
    ) -> None:
        """Name the kind of problem and keep the sentence in both languages."""
        super().__init__(KINDS[code].status, en, dict(headers))
        self.code = code
        self.en = en
        self.zh = zh
        self.where = where


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem document (RFC 9457). `details` has the sentence in both languages."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    details: dict[str, str]
    where: str = ""
    errors: tuple[Fault, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """A problem ready to be sent."""

    status: int
    body: bytes
    headers: dict[str, str]


def answer_to(error: Exception, language: Language, path: str, request_id: str) -> Answer:
    """Return the problem document for what went wrong; nothing of our insides is in it."""
    code = code_of(error)
    kind = KINDS[code]
    en, zh = _sentences(error, code)
    faults: tuple[Fault, ...] = ()
    if code == "validation":
        faults = faults_of(_errors(error), language)
    problem = Problem(
        type=f"/problems/{code}",
        title=kind.zh if language == "zh" else kind.en,
        status=kind.status,
        detail=zh if language == "zh" else en,
        instance=path,
        code=code,
        request_id=request_id,
        details={"en": en, "zh": zh},
        where=getattr(error, "where", ""),
        errors=faults,
    )
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store", **_headers(error, kind)}
    return Answer(kind.status, orjson.dumps(msgspec.to_builtins(problem)), headers)


def code_of(error: Exception) -> str:
    """Return the code of an exception."""
    if isinstance(error, EdgeProblem):
        return error.code
    if isinstance(error, ValidationError | RequestValidationError):
        return "malformed" if is_not_json(_errors(error)) else "validation"
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "internal")


def of_status(status: int) -> str:
    """Return the code that stands for a bare HTTP status of the framework."""
    return _BY_STATUS.get(status, "malformed" if status < 500 else "internal")  # noqa: PLR2004


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route that may answer with these problems."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": "; ".join(f"{KINDS[c].en} {KINDS[c].zh} (`{c}`)" for c in named),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status, named in sorted(by_status.items())
    }


def _sentences(error: Exception, code: str) -> tuple[str, str]:
    match error:
        case Refusal() | EdgeProblem():
            return error.en, error.zh
        case ValidationError() | RequestValidationError():
            return _sentences_of_fields(_errors(error), code)
        case Overloaded():
            return str(error), f"系统繁忙，请{error.retry_after}秒后重试"
        case RecordUnavailable():
            return str(error), "卷宗暂不可用，请稍后用同一命令标识重试"
        case Unrecordable():
            return str(error), "该命令的内容过大或含有无法存储的字符，请精简或更正后重新提交"
        case DataError():
            return (
                "a value of the request is none the database can look for; correct it",
                "请求中的某个值无法查询，请更正",
            )
        case OperationalError() | PoolTimeout():
            return (
                "the database cannot be reached now; ask again in a moment",
                "数据库暂不可用，请稍后重试",
            )
        case _:
            kind = KINDS["internal"]
            return f"{kind.en}. {kind.do_en}", f"{kind.zh}。{kind.do_zh}"


def _errors(error: Exception) -> Sequence[Mapping[str, Any]]:
    match error:
        case ValidationError():
            return error.errors(include_url=False, include_input=False)
        case RequestValidationError():
            return error.errors()
        case _:
            return ()


def _sentences_of_fields(errors: Sequence[Mapping[str, Any]], code: str) -> tuple[str, str]:
    count = len(errors)
    if code == "malformed":
        reason = str(errors[0].get("ctx", {}).get("error", "")) if errors else ""
        if "surrogate" in reason:
            return (
                f"half of a character (a lone surrogate) is in the body: {reason}; correct it",
                f"请求体含有半个字符(孤立代理项)：{reason}，请以合法Unicode重新发送",
            )
        return f"the body is not valid JSON: {reason}", f"请求体不是合法的JSON：{reason}"
    fields = "field is" if count == 1 else "fields are"
    return f"{count} {fields} wrong; see errors", f"有{count}处字段不符合要求，详见errors"


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    headers = dict(error.headers or {}) if isinstance(error, EdgeProblem) else {}
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="hub"'
    wait = getattr(error, "retry_after", 1 if kind.status == 503 else 0)  # noqa: PLR2004
    if wait:
        headers.setdefault("retry-after", str(wait))
    return headers
