"""What the shipped embedding model was taught besides: which services serve which requests.

Low-rank adaptation: to some of its weights the product of two narrow matrices is added. Learned by
``python -m tests.tuning`` from requests to invented marketplaces.
"""

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.errors import Misconfigured

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ADAPTER: Final = Path(__file__).with_name("adapter.safetensors")
"""Matrices by the name of their module, each with ``.up`` and ``.down``; 16 bits a number."""

DIGEST_CHARACTERS: Final = 8


@functools.cache
def digest() -> str:
    """Tells adapters apart: vectors made with different ones must never be compared.

    Raises:
        Misconfigured: There is none.
    """
    try:
        learned = ADAPTER.read_bytes()
    except OSError as err:
        raise Misconfigured(
            f"what the embedding model was taught cannot be read from {ADAPTER}: {err.strerror}; "
            f"install Caravan again, or set CARAVAN_EMBEDDING_MODEL to all-MiniLM-L6-v2"
        ) from err
    return hashlib.sha256(learned).hexdigest()[:DIGEST_CHARACTERS]


def apply(model: "SentenceTransformer") -> None:
    """Add to the weights of ``model`` what was learned; once."""
    # Importing it loads torch.
    from safetensors.torch import load_file  # noqa: PLC0415

    learned = load_file(ADAPTER)
    for name in {key.rpartition(".")[0] for key in learned}:
        up, down = learned[f"{name}.up"].float(), learned[f"{name}.down"].float()
        model.get_parameter(f"{name}.weight").data += up @ down
