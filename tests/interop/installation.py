"""The published TypeScript packages, installed once per lock file and kept outside the tree."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, NoReturn

import pytest

TYPESCRIPT: Final = Path(__file__).parent / "typescript"
"""Where the programs, their manifest and their lock file are."""

MANIFESTS: Final = ("package.json", "package-lock.json")
"""What decides what is installed."""

OLDEST_NODE: Final = (20, 18)
"""Source: ``engines`` of @solana/kit 8.4.0."""

INSTALL_SECONDS: Final = 90
"""Ten times what a cold download takes."""

INSTALL: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
"""Exactly the lock file; no code of any package runs while it is installed."""

PATIENCE: Final = ("--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=30000")
"""npm's own defaults spend more than a minute on a registry that is not there."""


def node() -> str:
    """Return the program that runs JavaScript, or skip."""
    program = shutil.which("node")
    if program is None:
        pytest.skip(_loud("Node.js is not installed"))
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    version = said.stdout.strip().removeprefix("v")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_NODE:
        needed = ".".join(str(part) for part in OLDEST_NODE)
        pytest.skip(_loud(f"Node.js {version} is too old, {needed} is needed"))
    return program


def installed(cache: Path) -> Path:
    """Return a folder with ``node_modules`` as locked, made when it is not there yet."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(_loud("npm is not installed"))
    kept = cache / f"typescript-{_digest()}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="installing-") as made:
            _install(npm, Path(made) / "packages", kept)
    return kept


def cache_folder() -> Path:
    """Return where installed packages survive a run of the tests."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "caravan-tests"


def _digest() -> str:
    content = b"\0".join((TYPESCRIPT / name).read_bytes() for name in MANIFESTS)
    return hashlib.sha256(content).hexdigest()[:16]


def _install(npm: str, folder: Path, kept: Path) -> None:
    folder.mkdir()
    for name in MANIFESTS:
        shutil.copy(TYPESCRIPT / name, folder)
    try:
        subprocess.run(
            [npm, *INSTALL, *PATIENCE],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.CalledProcessError as err:
        _not_installed(err.stderr[:1000])
    except subprocess.TimeoutExpired:
        _not_installed(f"npm did not finish in {INSTALL_SECONDS} s")
    try:
        # One step: a folder of that name is complete, whoever made it and whatever died.
        folder.rename(kept)
    except OSError:
        if not kept.exists():
            raise


def _not_installed(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"the TypeScript clients cannot be installed: {reason}", pytrace=False)
    pytest.skip(_loud(f"npm cannot install the TypeScript clients: {reason}"))


def _loud(reason: str) -> str:
    return f"*** TYPESCRIPT CLIENTS NOT TESTED *** {reason}"
