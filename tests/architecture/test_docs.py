"""The reference pages are what the code says, and the tests that pages lean on exist."""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from docs import generate
from domain import payments, runs
from domain.errors import IllegalTransition
from domain.names import TaskQueue
from domain.payments import PaymentState
from domain.runs import RunState

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = sorted(
    path.relative_to(ROOT).as_posix()
    for path in DOCS.rglob("*.md")
    if "reference" not in path.parts and "decisions" not in path.parts
)
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
SECOND_SENTENCE = re.compile(r"[a-z0-9)`][.!?] +[A-Z`]")


def missing_tests(text: str) -> list[str]:
    return [
        f"{file}::{name}"
        for file, name in NAMED_TEST.findall(text)
        if not (ROOT / file).is_file()
        or not re.search(rf"def {name}\(", (ROOT / file).read_text(encoding="utf-8"))
    ]


def prose(text: str) -> list[str]:
    outside = "".join(text.split("```")[::2])
    lines = [line for line in outside.splitlines() if not line.startswith("|")]
    return [re.sub(r"^ *(?:[0-9]+\.|-) ", "", line) for line in lines]


def legal(move: Callable[[Any, Any], object], current: StrEnum, to: StrEnum) -> bool:
    try:
        move(current, to)
    except IllegalTransition:
        return False
    return True


def test_the_reference_pages_are_what_the_code_says() -> None:
    assert generate.stale(generate.REFERENCE) == [], "run `make docs`"


def test_a_page_that_drifted_is_found(tmp_path: Path) -> None:
    for name, text in generate.pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "limits.md").write_text("# Limits\n", encoding="utf-8")
    (tmp_path / "gone.md").write_text("# Gone\n", encoding="utf-8")
    (tmp_path / "states.md").unlink()

    assert generate.stale(tmp_path) == ["gone.md", "limits.md", "states.md"]


def test_the_page_of_queues_names_the_activities_that_are_wired() -> None:
    wiring = (ROOT / "activities" / "wiring.py").read_text(encoding="utf-8")
    lists = re.findall(r"return \[([^\]]*)\]", wiring)
    wired = {name for found in lists for name in re.findall(r"\w+\.(\w+)", found)}

    assert wired == {name for queue in TaskQueue for name in generate.activities_of(queue)}


@pytest.mark.parametrize(
    ("title", "kind", "move"),
    [
        ("Run states", RunState, runs.move),
        ("Payment states", PaymentState, payments.move),
    ],
)
def test_the_states_of_the_architecture_are_the_state_machines(
    title: str, kind: type[StrEnum], move: Callable[[Any, Any], object]
) -> None:
    section = (DOCS / "architecture.md").read_text(encoding="utf-8").split(f"## {title}\n")[1]
    lines = re.findall(r"^(\w+) *-> (.+)$", section.split("```")[1], re.MULTILINE)
    drawn = {(current, to) for current, targets in lines for to in targets.split(" | ")}

    assert drawn == {(one.value, to.value) for one in kind for to in kind if legal(move, one, to)}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_test_a_page_leans_on_exists(name: str) -> None:
    assert missing_tests((ROOT / name).read_text(encoding="utf-8")) == []


def test_a_test_that_does_not_exist_is_found() -> None:
    text = "`tests/e2e/test_crashes.py::test_nothing` and `tests/no/test_file.py::test_nothing`"

    assert len(missing_tests(text)) == 2


def test_every_abuse_case_leans_on_a_test() -> None:
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    cases = text.split("## Abuse cases")[1].split("\n## ")[0].split("\n### ")[1:]

    assert len(cases) >= 5
    assert [case.splitlines()[0] for case in cases if not NAMED_TEST.search(case)] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_a_line_of_prose_is_one_sentence(name: str) -> None:
    lines = prose((ROOT / name).read_text(encoding="utf-8"))

    assert [line for line in lines if SECOND_SENTENCE.search(line)] == []
