"""Serving one listing: read, validate, work, answer. Payment is somebody else's business."""

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from deploy.services.listing import JSON_TYPE, Listing, Unworkable

BODY_LIMIT_BYTES: Final = 12 * 1024 * 1024
"""Largest request body read."""


async def body_of(request: Request) -> bytes | None:
    """Read a body, or return ``None`` when it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return bytes(body)


async def serve(listing: Listing[Any], request: Request) -> Response:
    """Do the work. Every refusal has a status of 4xx, after which nothing is settled."""
    body = await body_of(request)
    if body is None:
        return JSONResponse({"error": "the body is too large"}, 413)
    try:
        asked = listing.takes.model_validate_json(body)
        made = await run_in_threadpool(listing.run, asked)
    except ValidationError as err:
        details = err.errors(include_url=False, include_context=False, include_input=False)
        return JSONResponse({"error": "invalid input", "details": details}, 422)
    except Unworkable as err:
        return JSONResponse({"error": str(err)}, 422)
    content = made if isinstance(made, bytes) else made.model_dump_json(by_alias=True)
    return Response(
        content, media_type=listing.media_type if isinstance(made, bytes) else JSON_TYPE
    )


def add_listing(app: FastAPI, listing: Listing[Any]) -> None:
    """Add one endpoint."""

    @app.post(listing.path, name=listing.name, response_class=Response)
    async def endpoint(request: Request) -> Response:
        return await serve(listing, request)
