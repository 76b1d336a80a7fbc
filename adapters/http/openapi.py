"""The description of the API: commands, questions, problems, complete enough to be fuzzed.

Structs (rows of projections, receipts, problems) describe themselves through msgspec, commands
through pydantic; this page puts both into one document and gives every answer its headers.
"""

import re
from inspect import cleandoc
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from adapters.http.posting import chapter_of, posted
from adapters.http.problems import Problem, responses
from adapters.http.waiting import SEALED, SealedReceipt
from hub.command import Command
from hub.execute import Receipt
from hub.term import glossary

TITLE = "Shuqiao 数桥"
DESCRIPTION = """\
The data-sharing exchange of a city 政务数据共享交换平台.

A **command** is a POST whose body is the wish and whose `Idempotency-Key` makes a retry the same
wish. A **question** is a GET on a view built from the record; `after=<position>` waits until the
view has seen a receipt. Every refusal is a problem document (RFC 9457) in Chinese or English.
命令以 POST 提交，重试时沿用同一 `Idempotency-Key`；查询以 GET 读取由卷宗生成的视图，`after=<位置>`
等待视图更新到回执所示位置；一切拒绝均为中英双语的问题文档。
"""
CHAPTERS = {
    "departments": "Departments, bases, calendars, rules 总则：部门、依据、日历、规则",
    "catalog": "Catalogue and releases 目录：目录条目与统一发布",
    "convergence": "Resources and data batches 汇聚：数据资源与批次",
    "sharing": "Requests, grants, use 共享：申请、授权、使用",
    "feedback": "Feedback and corrections 反馈：使用反馈与校核更正",
    "seal": "The log, proofs, receipts 存证：日志、证明、回执",
    "supervision": "Annual report, audit, deadlines 监督：年度报告、审计、时限",
    "identity": "Sessions, accounts, keys 身份：会话、账号、密钥",
    "health": "Is it well? 运行状况",
}
OPEN = (
    *("/healthz", "/readyz", "/metrics", "/api/v1/identity/sessions"),
    *("/log/checkpoint", "/log/tile/{address}", "/log/sm3/checkpoint", "/log/sm3/tile/{address}"),
    "/log/daily/{name}",
    *(f"/api/v1/seal/{name}" for name in ("checkpoint", "checkpoints", "inclusion", "consistency")),
    "/api/v1/seal/key",
)
"""Addresses that ask nobody who he is."""
_SCHEMAS: dict[str, Any] = {"Problem": Problem, "Receipt": Receipt}
_REF = "#/components/schemas/{name}"
_COMMAND_PROBLEMS = (
    *("malformed", "unauthenticated", "forbidden", "not_found", "conflict", "command_reused"),
    *("version_moved", "too_large", "unsupported_media_type", "validation", "invalid"),
    *("busy", "overloaded", "unavailable"),
)


def describes(struct: Any) -> dict[str, Any]:
    """Return the reference to a struct's schema and see that it will be in the document."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", struct.__name__)
    known = _SCHEMAS.setdefault(name, struct)
    assert known is struct, f"two structs are called {name}"
    return {"$ref": _REF.format(name=name)}


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """Return the document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=TITLE,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
            tags=[{"name": name, "description": words} for name, words in CHAPTERS.items()],
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for path, command in posted():
            document["paths"][path] = {"post": _command_operation(command, schemas)}
        _, components = msgspec.json.schema_components(_SCHEMAS.values(), ref_template=_REF)
        schemas |= components
        document["components"]["securitySchemes"] = _SECURITY
        document["security"] = [{"bearer": []}, {"cookie": []}]
        for path in OPEN:
            for operation in document["paths"][path].values():
                operation["security"] = []
        document["paths"] = dict(sorted(document["paths"].items()))
        app.openapi_schema = document
    return app.openapi_schema


def _command_operation(command: type[Command], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = command.model_json_schema(ref_template=_REF.replace("name", "model"))
    schemas |= schema.pop("$defs", {})
    schemas[command.__name__] = schema
    either = {"anyOf": [describes(Receipt), describes(SealedReceipt)]}
    receipt = {"application/json": {"schema": either}}
    english = cleandoc(command.__doc__ or command.__name__)
    chinese = chinese_of(command)
    return {
        "tags": [chapter_of(command)],
        "summary": f"{english.splitlines()[0].rstrip('.')} {chinese}".strip(),
        "description": english,
        "operationId": command.__name__,
        "parameters": [*_COMMAND_HEADERS, _WAIT],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": _REF.format(name=schema["title"])}}
            },
        },
        "responses": {
            "200": {
                "description": "Answered before, or nothing to record 已受理过或无须记录",
                "content": receipt,
                "headers": _RECEIPT_HEADERS,
            },
            "201": {
                "description": "Recorded 已记录",
                "content": receipt,
                "headers": _RECEIPT_HEADERS,
            },
            **{str(status): it for status, it in responses(*_COMMAND_PROBLEMS).items()},
        },
    }


def chinese_of(command: type[Command]) -> str:
    """Return the Chinese name of a command, where the glossary has one."""
    found = glossary().get(f"command.{command.__name__}")
    return found.zh if found else ""


def _header(name: str, schema: dict[str, Any], words: str, *, required: bool = False) -> Any:
    return {
        "name": name, "in": "header", "required": required, "schema": schema, "description": words,
    }  # fmt: skip


_COMMAND_HEADERS = [
    _header(
        "Idempotency-Key",
        {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"},
        "The id of this wish; the same for its retry 本次请求的标识，重试不变",
        required=True,
    ),
    _header(
        "If-Match",
        {"type": "string", "pattern": '^"[0-9]{1,9}(-[0-9a-f]{8})?"$'},
        "The ETag of the subject as read; another version is refused with 412 读取时的版本",
    ),
    _header(
        "Hub-Occurred-At",
        {"type": "string", "format": "date-time"},
        "The legal time, only while history is imported 法定时间，仅导入历史时",
    ),
]
_WAIT = {
    "name": "wait",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": [SEALED]},
    "description": "Answer when the events are sealed, with their receipts 等待封存并返回回执",
}
_RECEIPT_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Version of the subject 事项版本"},
    "Location": {"schema": {"type": "string"}, "description": "Where to read it 读取地址"},
}
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A session token (hubs_…) or an API key (hubk_…) 会话令牌或接口密钥",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "hub_session",
        "description": "A session of the pages; changes need Hub-Request: 1 页面会话",
    },
}
