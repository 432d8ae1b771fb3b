"""Fine-tuning by low-rank adaptation: what is learned is added to weights that stay as shipped."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from tests.tuning import CONSOLE
from tests.tuning.lessons import Market, Query, queries

RANK: Final = 16
EPOCHS: Final = 3
BATCH: Final = 32
MAX_TOKENS: Final = 112
"""Tokens of a text that are taught; what follows costs much and adds little."""
LEARNING_RATE: Final = 5e-4
WARM_UP_STEPS: Final = 30
CONTRAST: Final = 20.0
"""Factor of cosines in the contrastive loss; that which the shipped model was made with."""
MISTAKES: Final = 20
"""Listings likest to a query but wrong, one of which may be set beside its batch."""
MISTAKEN: Final = 0.6
"""Share of the queries for which one is."""
MIDDLE, SLOPE = 0.35, 14.0
"""Cosine that should mean even odds, and how steep the odds are there."""
LIKELIHOOD_SHARE: Final = 0.5
"""Weight of the loss that makes cosines of different queries comparable."""


class LowRank(nn.Module):
    """Adds the product of two narrow matrices to a weight."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.up = nn.Parameter(torch.zeros(rows, RANK))
        self.down = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


@dataclass(frozen=True)
class Batch:
    """Queries and listings of one market: a cross of both, of which some pairs are right."""

    queries: tuple[str, ...]
    listings: tuple[str, ...]
    right: Tensor
    """Of shape (queries, listings), 1 where the listing serves the query."""


def adapt(model: SentenceTransformer, markets: Sequence[Market], *, seed: int = 0) -> None:
    """Teach ``model`` in place; ``saved`` then returns what it learned."""
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311 - it shuffles lessons
    model.max_seq_length = MAX_TOKENS
    _make_adaptable(model)
    weights = [one for one in model.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=0.01)
    wrong = {one.name: _mistakes(model, one) for one in markets}
    steps = EPOCHS * sum(len(queries(one)) // BATCH for one in markets)
    done = 0
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in _epoch(markets, wrong, chance):
            pace = min(1.0, (done + 1) / WARM_UP_STEPS) * max(0.0, 1 - done / steps)
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * pace
            loss = _loss(model, batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += loss.item()
            done += 1
        CONSOLE.print(f"epoch {epoch + 1}: mean loss {total / max(1, steps // EPOCHS):.3f}")


def saved(model: SentenceTransformer) -> dict[str, Tensor]:
    """The matrices that were learned, by the names of the weights they are added to."""
    found: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        if isinstance(module, LowRank):
            added_to = name.partition(".parametrizations.")[0]
            found[f"{added_to}.up"] = module.up.detach().half().contiguous()
            found[f"{added_to}.down"] = module.down.detach().half().contiguous()
    return found


def encoded(model: SentenceTransformer, texts: Sequence[str]) -> Tensor:
    """Vectors of length 1, one row for each text, through which gradients flow."""
    made = model(model.tokenize(list(texts)))["sentence_embedding"]
    return functional.normalize(made, dim=1)


def _make_adaptable(model: SentenceTransformer) -> None:
    for one in model.parameters():
        one.requires_grad = False
    linear = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and ".encoder." in f".{name}."
    ]
    for _, module in linear:
        parametrize.register_parametrization(module, "weight", LowRank(module.weight))


def _mistakes(model: SentenceTransformer, market: Market) -> dict[str, list[str]]:
    """For each query the listings that the model as shipped wrongly thinks likest."""
    names, asked = list(market.texts), queries(market)
    model.eval()
    with torch.no_grad():
        there = torch.cat([encoded(model, p) for p in _parts([*market.texts.values()])])
        alike = torch.cat([encoded(model, p) @ there.T for p in _parts([q.text for q in asked])])
    found: dict[str, list[str]] = {}
    for query, row in zip(asked, alike, strict=True):
        order = [names[at] for at in row.argsort(descending=True).tolist()]
        likest = [one for one in order if one not in query.right][:MISTAKES]
        found[query.text] = [*sorted(query.near), *likest]
    return found


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[at : at + 64] for at in range(0, len(texts), 64))


def _epoch(
    markets: Sequence[Market], wrong: dict[str, dict[str, list[str]]], chance: random.Random
) -> list[Batch]:
    """Batches of one market each: whether another market's listing is right nobody has said."""
    batches: list[Batch] = []
    for market in markets:
        # Of about one length each: a batch costs what its longest text does.
        asked = sorted(queries(market), key=lambda one: len(one.text) * chance.uniform(0.8, 1.2))
        batches += [
            _batch(market, asked[at : at + BATCH], wrong[market.name], chance)
            for at in range(0, len(asked) - BATCH + 1, BATCH)
        ]
    chance.shuffle(batches)
    return batches


def _batch(
    market: Market, asked: Sequence[Query], wrong: dict[str, list[str]], chance: random.Random
) -> Batch:
    names: dict[str, None] = {}
    for query in asked:
        if query.right:
            names[chance.choice(sorted(query.right))] = None
        if chance.random() < MISTAKEN:
            names[chance.choice(wrong[query.text])] = None
    right = torch.tensor([[float(name in query.right) for name in names] for query in asked])
    return Batch(
        tuple(query.text for query in asked), tuple(market.texts[name] for name in names), right
    )


def _loss(model: SentenceTransformer, batch: Batch) -> Tensor:
    model.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        alike = encoded(model, batch.queries) @ encoded(model, batch.listings).T
    alike = alike.float()
    contrast = _contrast(alike, batch.right) + _contrast(alike.T, batch.right.T)
    likelihood = functional.binary_cross_entropy_with_logits(
        SLOPE * (alike - MIDDLE), batch.right, reduction="none"
    )
    return contrast / 2 + LIKELIHOOD_SHARE * likelihood.sum(dim=1).mean()


def _contrast(alike: Tensor, right: Tensor) -> Tensor:
    """How far each row's right columns are from being likelier than the wrong ones."""
    rows = right.sum(dim=1) > 0
    logits, right = CONTRAST * alike[rows], right[rows]
    wrong = logits.masked_fill(right > 0, -torch.inf).logsumexp(dim=1, keepdim=True)
    each = functional.softplus(wrong - logits)
    return ((each * right).sum(dim=1) / right.sum(dim=1)).mean()
