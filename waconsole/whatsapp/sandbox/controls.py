"""The controls beside the Graph paths, for tests and rehearsals, on this machine only.

Errors are `{"error": "one sentence"}`. What there is to do stands in `controls_people` and `controls_account`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from waconsole.errors import Refused
from waconsole.settings.forms import LOOPBACK
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.forms import BODY_BYTES_MAX
from waconsole.whatsapp.sandbox.wanted import Document

Act = Callable[[Document], Document | list[Document]]


def controls(acts: Mapping[str, Any], shown: Mapping[str, Any]) -> Starlette:
    """The controls as an application: `acts` are posted, `shown` are asked for."""
    routes = [Route(f"/_sandbox/{name}", _on_post(act), methods=["POST"]) for name, act in acts.items()]
    routes += [Route(f"/_sandbox/{name}", _on_get(act), methods=["GET"]) for name, act in shown.items()]
    return Starlette(routes=routes)


def _on_post(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        try:
            if len(raw) > BODY_BYTES_MAX:
                raise Refused("The request is too large.")
            wanted = json.loads(raw)
            if not isinstance(wanted, dict):
                raise Refused("The request is one JSON object.")
        except (ValueError, RecursionError):
            return _json({"error": "The request is no valid JSON."}, 400)
        except Refused as error:
            return _json({"error": str(error)}, 400)
        return _done(request, act, wanted)

    return answer


def _on_get(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return _done(request, act, dict(request.query_params))

    return answer


def _done(request: Request, act: Act, wanted: Document) -> Response:
    if request.client is None or request.client.host not in LOOPBACK or "origin" in request.headers:
        return _json({"error": "The controls listen to this machine only."}, 403)
    try:
        return _json(act(wanted))
    except Refused as error:
        return _json({"error": str(error)}, 400)
    except GraphError as error:
        return _json({"error": error.details}, 400)


def _json(document: object, http_status: int = 200) -> Response:
    return Response(json.dumps(document), http_status, media_type="application/json")
