"""The API's own pages: the description in a browser, and a page for each kind of problem.

A government network has no public CDN: Swagger UI 5.35.0 (Apache-2.0) lies beside this file in
`static/`, whose SHA-256 sums a test compares with those below.
"""

from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from adapters.http.language import language_of
from adapters.http.problems import KINDS, responses
from hub.errors import NotFound
from hub.term import Language

UI = "swagger-ui-5.35.0"
SHA256 = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}
FOLDER = Path(__file__).parent / "static" / UI
router = APIRouter(include_in_schema=False)
static = StaticFiles(directory=FOLDER)

_DOCS = f"""<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>Shuqiao 数桥 API</title>
<link rel="stylesheet" href="/api/static/{UI}/swagger-ui.css"></head>
<body><div id="ui"></div><script src="/api/static/{UI}/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "/api/v1/openapi.json", dom_id: "#ui", deepLinking: true,
  docExpansion: "none", filter: true, validatorUrl: null, persistAuthorization: true}})</script>
</body></html>"""
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{status} <code>{code}</code></p><p>{do}</p><p>{other}</p></body></html>"""


def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language", ""))


@router.get("/api/docs")
async def docs() -> HTMLResponse:
    """Show the description of the API."""
    return HTMLResponse(_DOCS)


@router.get("/problems/{code}", responses=responses("not_found"))
async def problem(code: str, language: Annotated[Language, Depends(_language)]) -> HTMLResponse:
    """Explain one kind of problem."""
    kind = KINDS.get(code)
    if kind is None:
        raise NotFound(f"there is no problem “{code}”", f"没有“{code}”这类问题")
    zh, en = (kind.zh, kind.do_zh), (kind.en, kind.do_en)
    (title, do), (other, _) = (zh, en) if language == "zh" else (en, zh)
    return HTMLResponse(
        _PAGE.format(
            lang="zh-Hans" if language == "zh" else "en",
            title=escape(title),
            status=kind.status,
            code=escape(code),
            do=escape(do),
            other=escape(other),
        )
    )
