"""`/` and its style sheet."""

from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent
_OF_THE_ISSUER = ("$token_url", "/.well-known/oauth-authorization-server", "/oauth/jwks")
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page_routes(*, token_url: str | None, docs_url: str) -> list[Route]:
    """The routes. The page is made once; it holds nothing about who reads it.

    Without a `token_url` tokens are not issued here, and the lines about that are left out.
    """
    text = (_FOLDER / "index.html").read_text("utf-8")
    if token_url is None:
        text = "\n".join(line for line in text.splitlines() if not any(word in line for word in _OF_THE_ISSUER))
    page = Template(text).substitute(token_url=escape(token_url or ""), docs_url=escape(docs_url))
    style = (_FOLDER / "style.css").read_text("utf-8")
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "public, max-age=300"}

    async def index(_: Request) -> Response:
        return Response(page, media_type="text/html", headers=headers)

    async def stylesheet(_: Request) -> Response:
        return Response(style, media_type="text/css", headers=headers)

    return [Route("/", index, methods=["GET"]), Route("/style.css", stylesheet, methods=["GET"])]
