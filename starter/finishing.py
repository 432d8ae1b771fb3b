"""The end of a run, told once: files, summary or document, exit code."""

from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from domain.runs import RunReport, RunSnapshot
from starter.boundary import Problem, tell, write_json
from starter.document import ErrorEntry, RunDocument
from starter.document_call import CallDocument, describe
from starter.errors import OutputAltered
from starter.exits import ExitCode, exit_code_for
from starter.outputs import (
    DEFAULT_FOLDER,
    WrittenFile,
    planned_files,
    worth_writing,
    write_documents,
    write_outputs,
)
from starter.render_call import call_page
from starter.render_plan import plan_page
from starter.render_run import ending_page
from starter.session import Session
from starter.workflow_ids import is_call


def finish(session: Session, snapshot: RunSnapshot, *, url: str | None, out: Path | None) -> int:
    """Write the files of an ended run, show how it ended, and return the exit code."""
    report = snapshot.report
    folder = (out or DEFAULT_FOLDER / report.request_id).absolute()
    document = describe(snapshot, temporal_url=url)
    problem: OutputAltered | None = None
    if worth_writing(report):
        document, problem = _write(session, snapshot, document, folder)
    if session.json:
        write_json(document.model_dump_json(indent=2), session.out)
    else:
        if _over_budget(report) and not is_call(report.request_id):
            session.show(plan_page(snapshot))  # what it would be, for whoever raises the budget
        written = str(folder) if worth_writing(report) and problem is None else None
        session.show(ending(snapshot, document, folder=written))
    exit_code = exit_code_for(report)
    if document.error is not None:
        error = document.error
        tell(Problem(error.code, error.message, error.next, exit_code), session.notes)
    if problem is not None and exit_code is ExitCode.DONE:
        return problem.exit_code
    return exit_code


def _over_budget(report: RunReport) -> bool:
    return report.error is not None and report.error.code == "over_budget"


def document_of(snapshot: RunSnapshot, *, url: str | None) -> RunDocument:
    """Describe a run with those of its files that lie in their usual place."""
    folder = DEFAULT_FOLDER / snapshot.report.request_id
    files = tuple(
        file for file in planned_files(snapshot.report, folder) if Path(file.path).is_file()
    )
    return describe(snapshot, files=files, temporal_url=url)


def show_document(session: Session, document: RunDocument) -> None:
    """Print a run's document."""
    write_json(document.model_dump_json(indent=2), session.out)


def ending(
    snapshot: RunSnapshot, document: RunDocument, *, folder: str | None = None
) -> RenderableType:
    """How a run, or a paid call, ended."""
    if isinstance(document, CallDocument):
        return call_page(snapshot, document)
    return ending_page(snapshot, document, folder=folder)


def hint(session: Session, words: str) -> None:
    """Say what may come next, on one line that can be copied."""
    session.notes.print(Text(words), soft_wrap=True)


def _write(
    session: Session, snapshot: RunSnapshot, document: RunDocument, folder: Path
) -> tuple[RunDocument, OutputAltered | None]:
    report = snapshot.report
    files: tuple[WrittenFile, ...] = ()
    problem: OutputAltered | None = None
    try:
        files, problem = write_outputs(
            report, artifacts_dir=session.settings.artifacts_dir, folder=folder
        )
        document = _with_problem(document.model_copy(update={"artifacts": files}), problem)
        write_documents(folder, run=document, receipts=report.receipts)
    except OSError as err:
        problem = OutputAltered(
            f"the results cannot be written to {folder}: {err.strerror}",
            next_step=f"`caravan watch {report.request_id} --out DIR` writes them elsewhere.",
        )
        document = _with_problem(document, problem)
    return document, problem


def _with_problem(document: RunDocument, problem: OutputAltered | None) -> RunDocument:
    if problem is None or document.error is not None:
        return document
    error = ErrorEntry(code=problem.code, message=problem.message, next=problem.next_step)
    return document.model_copy(update={"error": error})
