"""The retrievers, and the floor under our search."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from domain.catalogue import ServiceListing
from domain.ids import ListingId
from tests.activities.discovery.demo import embedder
from tests.evals.evaluated import OWN
from tests.evals.markets import BY_KEY, TWINS
from tests.evals.metrics import ndcg, recall, without_twins
from tests.evals.product import Ours, finder_of, imported
from tests.evals.retrieving import DenseOnly, Retriever, WordOverlap

_FLOOR_RECALL = 0.80
"""Of simple requests; search may not fall below it unnoticed between two evaluations."""

_FLOOR_NDCG = 0.80

_SIMPLE = [one for one in OWN.requests if one.kind == "single"][::4]
_HOSTILE = {"order-summary", "order-translate", "order-price"}


async def some(*keys: str) -> list[ServiceListing]:
    return [one for one in await imported(OWN) if OWN.key_of[one.id] in keys]


def keys(found: Sequence[ListingId]) -> list[str]:
    return [OWN.key_of[one] for one in found]


async def test_word_overlap_counts_each_word_once_and_leaves_strangers_out() -> None:
    baseline = WordOverlap(await some("tidebook", "surf-swell", "qr-forge"))

    found = keys(await baseline.rank("tides tides at the harbour"))

    assert found[0] == "tidebook"
    assert "qr-forge" not in found


async def test_dense_only_finds_what_means_the_same_in_other_words() -> None:
    dense = DenseOnly(embedder(), await some("tidebook", "qr-forge", "moodring"))

    found = keys(await dense.rank("when is the sea at its highest point in the port"))

    assert found[0] == "tidebook"
    assert len(found) == 3


async def test_retrievers_answer_every_goal_of_a_request() -> None:
    listings = await some("tidebook", "qr-forge", "moodring")
    request = "Tell the tides in the harbour, then make a QR code"

    for retriever in (WordOverlap(listings), DenseOnly(embedder(), listings)):
        assert set(keys(await retriever.rank(request))[:2]) == {"tidebook", "qr-forge"}


async def test_our_search_keeps_its_floor_and_beats_the_naive_baseline(tmp_path: Path) -> None:
    listings = await imported(OWN)
    with finder_of(listings, tmp_path) as finder:
        ours = await _figures(Ours(finder))
    naive = await _figures(WordOverlap(listings))

    assert ours[0] >= max(_FLOOR_RECALL, naive[0])
    assert ours[1] >= max(_FLOOR_NDCG, naive[1])


async def test_our_search_shows_no_listing_that_gives_orders_and_one_of_two_twins(
    tmp_path: Path,
) -> None:
    twins = {key: TWINS[key] for key in TWINS if BY_KEY[key] in OWN.listings}
    disputed = await some(
        *_HOSTILE, *twins, *twins.values(), "tldr-bot", "solprice", "linguabridge"
    )
    with finder_of(disputed, tmp_path) as finder:
        for key in (*sorted(_HOSTILE), *twins):
            found = keys(await Ours(finder).rank(BY_KEY[key].says))

            assert found
            assert not _HOSTILE & set(found)
            assert len(found) == len(without_twins(found, TWINS))


async def _figures(retriever: Retriever) -> tuple[float, float]:
    ranked = [(one, keys(await retriever.rank(one.text))) for one in _SIMPLE]
    return (
        fmean(recall(found, one.goals, TWINS) for one, found in ranked),
        fmean(ndcg(found, one.goals, TWINS) for one, found in ranked),
    )
