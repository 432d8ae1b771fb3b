"""Pages by offset, by cursor, and from bazaars that stall, shrink, repeat or never end."""

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from activities.discovery.bazaar_http import MAX_PAUSE_SECONDS, MAX_PAUSES, HttpBazaar
from activities.discovery.bazaar_paging import MAX_PAGES, Place, turn
from domain.errors import UpstreamUnavailable

Handler = Callable[[httpx.Request], Any]
PATIENCE_SECONDS = 30.0


async def pages(handler: Handler, *, slept: list[float] | None = None) -> tuple[list[Any], str]:
    """Everything that a bazaar lists, and why that is not all."""

    async def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(seconds)

    items: list[Any] = []
    cursor = ""
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        bazaar = HttpBazaar("http://bazaar.test", client, sleep=sleep)
        while True:
            page = await bazaar.page(cursor)
            items += page.items
            cursor = page.cursor
            if not cursor:
                return items, page.note


def body(items: list[Any], **pagination: Any) -> httpx.Response:
    return httpx.Response(200, json={"resources": items, "pagination": pagination})


@pytest.mark.parametrize("name", ["cursor", "nextCursor", "next_cursor"])
async def test_cursors_are_followed_to_the_end(name: str) -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("cursor")
        asked.append(token)
        after = {None: "x", "x": "y", "y": None}[token]
        return body([f"item {token}"], **{name: after})

    items, note = await pages(answer)

    assert asked == [None, "x", "y"]
    assert items == ["item None", "item x", "item y"]
    assert note == ""


async def test_a_cursor_beside_the_list_is_followed_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("cursor")
        return httpx.Response(200, json={"items": [token], "nextCursor": None if token else "x"})

    assert (await pages(answer))[0] == [None, "x"]


async def test_a_cursor_that_stays_where_it_is_leads_nowhere() -> None:
    count = itertools.count()

    items, _ = await pages(lambda _request: body([next(count)], cursor="same"))

    assert items == [0, 1]


async def test_a_plain_list_is_the_whole_bazaar() -> None:
    items, note = await pages(lambda _request: httpx.Response(200, json=["a", "b"]))

    assert items == ["a", "b"]
    assert note == ""


@pytest.mark.parametrize("where", ["beside", "within"])
async def test_partial_results_are_said(where: str) -> None:
    inner: dict[str, Any] = {"total": 2} | ({"partialResults": True} if where == "within" else {})
    outer = {"partialResults": True} if where == "beside" else {}

    _, note = await pages(
        lambda _request: httpx.Response(200, json={"items": [1, 2], "pagination": inner, **outer})
    )

    assert "partial" in note


async def test_a_note_of_one_page_holds_to_the_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        first = request.url.params.get("offset") == "0"
        return httpx.Response(
            200,
            json={
                "items": [1] if first else [2],
                "pagination": {"total": 2},
                "partialResults": first,
            },
        )

    items, note = await pages(answer)

    assert items == [1, 2]
    assert "partial" in note


async def test_a_total_that_shrinks_means_that_items_may_be_missed() -> None:
    totals = iter([4, 2])

    items, note = await pages(
        lambda request: body([request.url.params["offset"]], total=next(totals))
    )

    assert items == ["0", "1"]
    assert "fewer items at the end" in note


async def test_fewer_items_than_promised_are_not_the_whole() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return body([1] if request.url.params["offset"] == "0" else [], total=9)

    items, note = await pages(answer)

    assert items == [1]
    assert note == "it says that it has 9 items and shows 1"


async def test_an_empty_list_written_as_null_is_an_empty_bazaar() -> None:
    items, _ = await pages(lambda _request: httpx.Response(200, json={"items": None}))

    assert items == []


def test_a_bazaar_without_end_is_left_with_a_note() -> None:
    place = Place(pages=MAX_PAGES - 1, offset=70_000)

    turned = turn(place, {"items": ["new"], "pagination": {"cursor": "more"}})

    assert turned is not None
    assert turned.ends
    assert turned.place.note == "it does not end; the first 70,001 items were read"


@pytest.mark.parametrize("junk", [True, 1.5, [], {}, "x" * 3_000])
def test_a_cursor_or_total_that_is_none_is_not_believed(junk: Any) -> None:
    turned = turn(Place(), {"items": ["a"], "pagination": {"cursor": junk, "total": junk}})

    assert turned is not None
    assert (turned.place.token, turned.place.total) == ("", 0)


async def test_a_bazaar_that_asks_to_wait_is_waited_for() -> None:
    answers = iter([httpx.Response(429, headers={"Retry-After": "3"}), body([1], total=1)])
    slept: list[float] = []

    items, _ = await pages(lambda _request: next(answers), slept=slept)

    assert items == [1]
    assert slept == [3.0]


async def test_a_moment_to_come_back_at_is_understood() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    answers = iter([httpx.Response(429, headers={"Retry-After": until}), body([1], total=1)])
    slept: list[float] = []

    await pages(lambda _request: next(answers), slept=slept)

    assert 0 <= slept[0] <= 5


@pytest.mark.parametrize(
    ("wait", "said", "pauses"),
    [
        (str(int(MAX_PAUSE_SECONDS) + 1), "come back in 11 s", 0),
        ("9" * 9, "come back in", 0),
        ("1", "keeps asking us to wait", MAX_PAUSES),
        ("whenever", "keeps asking us to wait", MAX_PAUSES),
        ("²", "keeps asking us to wait", MAX_PAUSES),
    ],
)
async def test_a_bazaar_that_asks_to_wait_for_ever_is_left(
    wait: str, said: str, pauses: int
) -> None:
    slept: list[float] = []
    header = [(b"Retry-After", wait.encode())]

    with pytest.raises(UpstreamUnavailable, match=said):
        await pages(lambda _request: httpx.Response(429, headers=header), slept=slept)

    assert len(slept) == pauses


async def test_a_page_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.discovery.bazaar_http.PAGE_SECONDS", 0.05)

    async def stall(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(UpstreamUnavailable, match="not whole within"):
            await pages(stall)


async def test_one_items_odd_number_does_not_hide_the_others() -> None:
    content = b'{"items": [{"a": ' + b"9" * 6_000 + b'}, {"b": "\xff"}, 3], "total": 3}'

    items, _ = await pages(lambda _request: httpx.Response(200, content=content))

    assert items == [{"a": "9" * 30}, {"b": "\ufffd"}, 3]


async def test_a_place_that_is_not_ours_is_no_place() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(UpstreamUnavailable, match="is lost"):
            await HttpBazaar("http://bazaar.test", client).page("{")


async def test_an_import_goes_on_from_a_stored_place() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["offset"])
        return body([request.url.params["offset"]], total=3)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        first = await HttpBazaar("http://bazaar.test", client).page("")
        again = await HttpBazaar("http://bazaar.test", client).page(first.cursor)

    assert asked == ["0", "1"]
    assert again.items == ("1",)
    assert json.loads(first.cursor)["offset"] == 1
