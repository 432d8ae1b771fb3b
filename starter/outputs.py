"""A run's results as files: outputs byte for byte as delivered, receipts and report beside them."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.artifacts import ArtifactRef
from domain.execution import StepView
from domain.ids import Digest, digest_bytes
from domain.payments import Receipt
from domain.runs import RunReport, RunState
from starter.errors import OutputAltered

DEFAULT_FOLDER: Final = Path("caravan-out")
"""Runs write below it, each into a folder of its own id."""

_EXTENSIONS: Final = {
    "application/json": "json",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
}
"""Our own table: the system's differs between machines."""

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


class WrittenFile(BaseModel):
    """One output on disk."""

    model_config = ConfigDict(frozen=True)

    name: str
    path: str
    media_type: str
    sha256: Digest


def worth_writing(report: RunReport) -> bool:
    """Whether the run left anything: a refusal should not litter the folder."""
    outputs = any(view.output is not None for view in report.steps)
    return outputs or bool(report.receipts) or report.state is RunState.COMPLETED


def output_name(view: StepView, ref: ArtifactRef) -> str:
    """File name of a step's output. Step ids may come from a model, so nothing in one is a path."""
    stem = _NOT_IN_A_NAME.sub("-", view.id).strip("-") or "output"
    kind = ref.media_type.partition(";")[0].strip().lower()
    return f"{stem}.{_EXTENSIONS.get(kind, 'bin')}"


def planned_files(report: RunReport, folder: Path) -> tuple[WrittenFile, ...]:
    """The files that the outputs of a run become below ``folder``."""
    return tuple(
        WrittenFile(
            name=name,
            path=str((folder / name).absolute()),
            media_type=ref.media_type,
            sha256=ref.digest,
        )
        for name, ref in _named_outputs(report.steps)
    )


def write_outputs(
    report: RunReport, *, artifacts_dir: Path, folder: Path
) -> tuple[tuple[WrittenFile, ...], OutputAltered | None]:
    """Copy every step's output out of the artifact store.

    Returns:
        The files written, and the first output that could not be trusted or found, if any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[WrittenFile] = []
    problem: OutputAltered | None = None
    named = _named_outputs(report.steps)
    for (_, ref), file in zip(named, planned_files(report, folder), strict=True):
        try:
            Path(file.path).write_bytes(read_artifact(artifacts_dir, ref))
        except OutputAltered as err:
            problem = problem or err
        else:
            written.append(file)
    return tuple(written), problem


def write_documents(folder: Path, *, run: BaseModel, receipts: Iterable[Receipt]) -> None:
    """Write ``run.json`` and ``receipts.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(run.model_dump_json(indent=2) + "\n")
    proofs = [receipt.model_dump(mode="json") for receipt in receipts]
    (folder / "receipts.json").write_text(json.dumps(proofs, indent=2) + "\n")


def read_artifact(artifacts_dir: Path, ref: ArtifactRef) -> bytes:
    """Read stored content and check it.

    Raises:
        OutputAltered: It is not there, or no longer has its digest.
    """
    path = artifacts_dir / ref.digest[:2] / ref.digest
    try:
        content = path.read_bytes()
    except OSError as err:
        raise OutputAltered(
            f"output {ref.digest[:12]} cannot be read from {artifacts_dir}: {err.strerror}",
            next_step="Name the worker's artifact folder with CARAVAN_ARTIFACTS_URL or --state.",
        ) from err
    if digest_bytes(content) != ref.digest:
        raise OutputAltered(
            f"output {ref.digest[:12]} in {artifacts_dir} was changed after it was delivered",
            next_step="Do not use it; restore the folder from a copy.",
        )
    return content


def _named_outputs(steps: Iterable[StepView]) -> list[tuple[str, ArtifactRef]]:
    """Names with their outputs; two step ids that would share a name are told apart."""
    named: dict[str, ArtifactRef] = {}
    for view in steps:
        if view.output is None:
            continue
        name = output_name(view, view.output)
        stem, _, extension = name.rpartition(".")
        number = 2
        while name in named or name in _OURS:
            name = f"{stem}-{number}.{extension}"
            number += 1
        named[name] = view.output
    return list(named.items())


_OURS: Final = frozenset({"run.json", "receipts.json"})
