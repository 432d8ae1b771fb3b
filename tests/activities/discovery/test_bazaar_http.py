"""Reading a whole bazaar over HTTP, page by page."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from activities.discovery.bazaar_http import MAX_PAGE_BYTES, HttpBazaar
from activities.discovery.ports import BazaarRead
from domain.errors import UpstreamUnavailable
from tests.activities.discovery.demo import demo_items

Handler = Callable[[httpx.Request], httpx.Response]


async def read(handler: Handler) -> BazaarRead:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        return await HttpBazaar("http://bazaar.test/", client).read()


def paged(items: Sequence[Any], *, most: int, key: str = "items", total: bool = True) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        limit = min(most, int(request.url.params["limit"]))
        pagination = {"limit": limit, "offset": offset} | ({"total": len(items)} if total else {})
        page = list(items[offset : offset + limit])
        return httpx.Response(200, json={key: page, "pagination": pagination})

    return answer


@pytest.mark.parametrize("key", ["items", "resources"])
@pytest.mark.parametrize("total", [True, False])
async def test_every_page_is_read(key: str, *, total: bool) -> None:
    found = await read(paged(demo_items(), most=7, key=key, total=total))

    assert len(found.listings) == len(demo_items())
    assert found.skipped_count == 0


async def test_a_bazaar_that_ignores_the_offset_is_read_once() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"items": list(demo_items())})

    found = await read(answer)

    assert len(found.listings) == len(demo_items())
    assert len(requests) == 2


async def test_a_malformed_item_is_counted_and_stops_nothing() -> None:
    items = [7, {"resource": "https://a.example/x"}, *demo_items()]

    found = await read(paged(items, most=100))

    assert len(found.listings) == len(demo_items())
    assert found.skipped_count == 2
    assert found.skipped[1].name == "https://a.example/x"
    assert found.skipped[1].reason == "it declares no input"


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(500), "did not answer"),
        (httpx.Response(200, content=b"<html>"), "not JSON"),
        (httpx.Response(200, content=b"[" * 100_000), "not JSON"),
        (httpx.Response(200, json={"hello": 1}), "without items"),
        (httpx.Response(200, content=b" " * (MAX_PAGE_BYTES + 1)), "more than"),
    ],
)
async def test_an_answer_that_is_no_list_is_an_unavailable_bazaar(
    response: httpx.Response, said: str
) -> None:
    with pytest.raises(UpstreamUnavailable, match=said):
        await read(lambda _request: response)


async def test_a_bazaar_that_is_down_is_named_with_what_to_do() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(
        UpstreamUnavailable, match=r"http://bazaar\.test did not answer.*CARAVAN_BAZ"
    ):
        await read(refuse)


def test_the_items_of_this_test_are_what_a_facilitator_sends() -> None:
    assert json.loads(json.dumps(demo_items()[0]))["resource"].startswith("http://127.0.0.1")
