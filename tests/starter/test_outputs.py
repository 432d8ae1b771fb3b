from pathlib import Path

import pytest

from domain.artifacts import ArtifactRef
from domain.ids import StepId
from domain.runs import RunReport, RunState
from starter.errors import OutputAltered
from starter.outputs import output_name, planned_files, read_artifact, worth_writing, write_outputs
from tests.starter import samples


def stored(folder: Path, content: bytes, media_type: str = "text/html") -> ArtifactRef:
    ref = samples.artifact(content, media_type)
    path = folder / ref.digest[:2] / ref.digest
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return ref


def report_of(**outputs: ArtifactRef) -> RunReport:
    steps = tuple(samples.delivered(name, output=ref) for name, ref in outputs.items())
    return samples.report(steps=steps)


def test_an_output_is_written_byte_for_byte(tmp_path: Path) -> None:
    content = b"<html>\r\n\xff</html>"
    ref = stored(tmp_path / "store", content)

    files, problem = write_outputs(
        report_of(report=ref), artifacts_dir=tmp_path / "store", folder=tmp_path / "out"
    )

    assert problem is None
    assert [(file.name, file.sha256) for file in files] == [("report.html", ref.digest)]
    assert Path(files[0].path).read_bytes() == content


def test_an_altered_output_is_not_handed_over(tmp_path: Path) -> None:
    good, bad = stored(tmp_path, b"good"), stored(tmp_path, b"bad")
    (tmp_path / bad.digest[:2] / bad.digest).write_bytes(b"forged")

    files, problem = write_outputs(
        report_of(volume=bad, report=good), artifacts_dir=tmp_path, folder=tmp_path / "out"
    )

    assert [file.name for file in files] == ["report.html"]
    assert problem is not None
    assert "was changed" in problem.message
    assert not (tmp_path / "out" / "volume.html").exists()


def test_a_missing_output_names_the_setting_that_finds_it(tmp_path: Path) -> None:
    with pytest.raises(OutputAltered) as caught:
        read_artifact(tmp_path, samples.artifact(b"gone"))

    assert "CARAVAN_ARTIFACTS_URL" in caught.value.next_step


@pytest.mark.parametrize(
    ("step", "media_type", "name"),
    [
        ("report", "text/html; charset=utf-8", "report.html"),
        ("chart", "image/svg+xml", "chart.svg"),
        ("odd", "application/x-never-heard", "odd.bin"),
        ("../../etc/passwd", "text/plain", "etc-passwd.txt"),
        ("..", "text/plain", "output.txt"),
    ],
)
def test_a_name_is_the_step_and_never_a_path(step: str, media_type: str, name: str) -> None:
    view = samples.delivered("report").model_copy(update={"id": StepId(step)})

    assert output_name(view, samples.artifact(b"x", media_type)) == name


def test_steps_cannot_overwrite_each_other_or_the_report(tmp_path: Path) -> None:
    views = tuple(
        samples.delivered("report").model_copy(update={"id": StepId(name)})
        for name in ("a/b", "a b", "run", "receipts")
    )

    files = planned_files(samples.report(steps=views), tmp_path)

    assert [file.name for file in files] == [
        "a-b.json",
        "a-b-2.json",
        "run-2.json",
        "receipts-2.json",
    ]


def test_a_refusal_leaves_no_folder() -> None:
    steps = tuple(samples.view(step.id) for step in samples.PLAN.steps)

    assert not worth_writing(samples.report(state=RunState.REJECTED, steps=steps, receipts=()))
    assert worth_writing(samples.report())
