"""The shipped embedding model: offline, remembered, and loaded only when used."""

import subprocess
import sys
from pathlib import Path

import pytest

from activities.discovery import adapter
from activities.discovery.embedder_local import SHIPPED_MODEL, LocalEmbedder
from domain.errors import Misconfigured
from tests.activities.discovery.demo import embedder


async def test_texts_that_mean_alike_are_nearer() -> None:
    rain, weather, loan = await embedder().embed(
        ["will it rain tomorrow", "weather forecast for the next days", "interest on a loan"]
    )

    assert cosine(rain, rain) == pytest.approx(1.0, abs=1e-5)
    assert cosine(rain, weather) > cosine(rain, loan) + 0.2
    assert await embedder().dimensions() == len(rain) == 384


def cosine(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


UMBRELLA = "do I need an umbrella tomorrow"
RAIN = "Hourly precipitation probability for the next two days at any coordinates."
SHOP = "Compares prices of umbrellas and raincoats in 400 online shops."


async def test_who_serves_a_request_is_nearer_than_who_says_its_words() -> None:
    umbrella, rain, shop = await embedder().embed([UMBRELLA, RAIN, SHOP])

    assert cosine(umbrella, rain) > cosine(umbrella, shop)


async def test_the_model_can_be_taken_as_its_makers_ship_it() -> None:
    untaught = LocalEmbedder(SHIPPED_MODEL)
    umbrella, rain, shop = await untaught.embed([UMBRELLA, RAIN, SHOP])

    assert untaught.name == "all-MiniLM-L6-v2"
    assert cosine(umbrella, shop) > cosine(umbrella, rain)


def test_an_index_can_tell_what_its_vectors_were_made_with() -> None:
    assert LocalEmbedder().name.startswith("all-MiniLM-L6-v2+caravan-")
    assert LocalEmbedder().name != LocalEmbedder(SHIPPED_MODEL).name


def test_lessons_that_are_not_there_are_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(adapter, "ADAPTER", tmp_path / "none")
    monkeypatch.setattr(adapter, "digest", adapter.digest.__wrapped__)

    with pytest.raises(Misconfigured, match="CARAVAN_EMBEDDING_MODEL"):
        _ = LocalEmbedder().name


async def test_repeated_texts_come_back_the_same_and_in_order() -> None:
    first = await embedder().embed(["one", "two", "one"])
    second = await embedder().embed(["two", "one"])

    assert first[0] == first[2] == second[1]
    assert first[1] == second[0]


async def test_a_model_that_is_not_there_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(Misconfigured, match="CARAVAN_EMBEDDING_MODEL"):
        await LocalEmbedder("/nowhere/no-such-model").embed(["x"])


def test_the_activities_load_no_model_and_no_vendor() -> None:
    code = (
        "import sys, activities.discovery.service, activities.planning.drafter_embedded\n"
        "heavy = {'torch', 'sentence_transformers', 'qdrant_client', 'qdrant_edge', 'httpx'}\n"
        "sys.exit(','.join(sorted(heavy & sys.modules.keys())) or 0)"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
