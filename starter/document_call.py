"""The JSON document of one paid call: a run's, and what was answered."""

from pydantic import BaseModel, ConfigDict

from domain.ids import Digest
from domain.runs import RunSnapshot
from starter.document import ErrorEntry, RunDocument
from starter.outputs import WrittenFile
from starter.workflow_ids import is_call


class ResponseEntry(BaseModel):
    """What the seller answered."""

    model_config = ConfigDict(frozen=True)

    status: int | None
    """HTTP status; ``None`` when no answer came to be recorded."""
    media_type: str | None
    artifact: Digest | None
    """SHA-256 of the body; the same as of its entry under ``artifacts``."""


class CallDocument(RunDocument):
    """A paid call as it stands."""

    response: ResponseEntry | None = None


def describe(
    snapshot: RunSnapshot,
    *,
    files: tuple[WrittenFile, ...] = (),
    temporal_url: str | None = None,
) -> RunDocument:
    """Describe a run, or a paid call with its answer."""
    if not is_call(snapshot.report.request_id):
        return RunDocument.of(snapshot, files=files, temporal_url=temporal_url)
    document = CallDocument.of(snapshot, files=files, temporal_url=temporal_url)
    return document.model_copy(
        update={"response": response_of(snapshot), "error": _error_of(document)}
    )


def _error_of(document: RunDocument) -> ErrorEntry | None:
    error = document.error
    if error is None or error.code != "over_budget":
        return error
    advice = f"Buy it again with --max {document.estimated_cost}, if it is worth that."
    return ErrorEntry(
        code=error.code,
        message=f"it asks {document.estimated_cost} {document.asset}, more than the most it may "
        f"cost, {document.budget} {document.asset}; nothing was paid",
        next=advice,
    )


def response_of(snapshot: RunSnapshot) -> ResponseEntry | None:
    """What was answered to a paid call, once anything was."""
    for view in snapshot.report.steps:
        if view.output is not None or view.http_status is not None:
            return ResponseEntry(
                status=view.http_status,
                media_type=view.output.media_type if view.output else None,
                artifact=view.output.digest if view.output else None,
            )
    return None
