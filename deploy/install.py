"""Set up the virtual environment: ``python3 deploy/install.py runtime|dev|evm``.

Called by the Makefile with whatever Python there is, so only the standard library is imported.
Every step may be repeated; what was downloaded before is not downloaded again.
"""

import argparse
import json
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"

GROUPS = {"runtime": "local", "dev": "dev"}
"""What is installed for each stamp, by the names in pyproject.toml."""

ANVIL, ANVIL_VERSION = "@foundry-rs/anvil", "1.7.1"
"""The EVM chain of the local stack, an npm package; optional."""

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds without CUDA; ``TORCH_INDEX`` names a mirror of it."""

INDEX_PATIENCE_SECONDS = 10
"""An index that does not answer by then is done without."""

OLDEST_PYTHON = (3, 11)


class StepFailed(Exception):
    """A step failed; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*GROUPS, "evm"])
    what: str = parser.parse_args(arguments).what
    if what == "evm":
        return 0 if install_anvil() else 1
    steps = (
        ("creating .venv", create),
        ("installing PyTorch, CPU build", install_torch),
        (f"installing everything else ({what})", lambda: install_rest(GROUPS[what])),
        ("checking", check_torch),
    )
    for number, (title, step) in enumerate(steps, start=1):
        tell(f"[{number}/{len(steps)}] {title}")
        since = time.monotonic()
        try:
            step()
        except StepFailed as err:
            tell(f"\nstep {number}, {title}, failed: {err}")
            tell("Then run the same command again; it goes on where it stopped.")
            return 1
        tell(f"      done in {time.monotonic() - since:.0f} s")
    if what == "dev":
        install_anvil()  # its tests are skipped, loudly, without it
    (VENV / ".runtime").touch()  # the tools come on top of it
    (VENV / f".{what}").touch()
    return 0


def create() -> None:
    """Make the environment, or make it anew when it does not work any more."""
    if works():
        return
    if VENV.exists():
        tell("      .venv does not work (moved, or its Python is gone); making it anew")
        shutil.rmtree(VENV)
    if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode:  # noqa: S603 - this Python
        raise StepFailed(
            "this Python cannot make virtual environments. On Debian and Ubuntu: "
            "sudo apt install python3-venv. Or choose another: make PYTHON=/path/to/python3.11 ..."
        )


def works() -> bool:
    """Tell whether the environment's own Python and pip run, and are new enough."""
    question = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        return not subprocess.run([python(), "-c", question], check=False).returncode  # noqa: S603 - our Python
    except OSError:
        return False


def install_torch() -> None:
    """Install PyTorch before anything can ask for it: the first one to ask takes a CUDA build."""
    if torch_version() is not None:
        return
    pinned = pin("torch")
    if platform.system() == "Linux":
        # This exact local version exists without CUDA only. No dependencies here: each of them
        # would be looked for on the same index, and wait for it again if it does not answer.
        index = os.environ.get("TORCH_INDEX", CPU_INDEX)
        hasty = ("--retries", "0", "--timeout", str(INDEX_PATIENCE_SECONDS))
        if not pip("--no-deps", f"{pinned}+cpu", "--extra-index-url", index, *hasty, quiet=True):
            return
        tell(f"      {index} cannot be used; taking {pinned} from your own package index.")
        tell("      For Linux that may be a CUDA build: it works, but downloads about 3 GB.")
        tell("      To avoid that, stop with Ctrl-C and set TORCH_INDEX to a mirror.")
    if pip("--no-deps", pinned):
        raise StepFailed("see pip's message above; is the package index reachable?")


def install_rest(group: str) -> None:
    """Install Caravan itself, editable, and all it needs at the versions that were tested."""
    if pip("--constraint", str(CONSTRAINTS), "--editable", f"{ROOT}[{group}]"):
        raise StepFailed("see pip's message above; is the package index reachable?")


def install_anvil() -> bool:
    """Fetch the EVM chain through npm, where there is npm; say so when it is not to be had."""
    if anvil_version() == ANVIL_VERSION:
        return True
    npm = shutil.which("npm")
    if npm is None:
        tell("*** WITHOUT EVM: npm was not found. Install Node.js, then: make evm ***")
        return False
    folder = VENV / "evm"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = f"{ANVIL}@{ANVIL_VERSION}"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    command = [npm, "install", *quiet, "--prefix", str(folder), wanted]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:  # noqa: S603
        tell(f"*** WITHOUT EVM: npm could not fetch {wanted}; see its message above ***")
        return False
    if anvil_version() is None:  # npm is content without a program, which it takes for optional
        tell(f"*** WITHOUT EVM: {wanted} has no program for this kind of machine ***")
        return False
    return True


def anvil_version() -> str | None:
    """Return the version of the EVM chain whose program is there, if one is."""
    for program in (VENV / "evm" / "node_modules").glob(f"{ANVIL}-*/bin/anvil*"):
        described = json.loads((program.parents[1] / "package.json").read_text())
        return str(described["version"])
    return None


def check_torch() -> None:
    """Say so when a CUDA build got in."""
    if torch_version() is None:
        raise StepFailed("PyTorch is not there although pip installed it; delete .venv")
    if cuda_version() is not None:
        tell("      WARNING: PyTorch is a CUDA build, which Caravan has no use for. To replace it:")
        tell(f"      {python()} -m pip install --force-reinstall --no-deps \\")
        tell(f"        '{pin('torch')}+cpu' --extra-index-url {CPU_INDEX}")


def torch_version() -> str | None:
    """Return the version of the PyTorch that is installed, if one is."""
    facts = torch_facts()
    return None if facts is None else str(facts["__version__"])


def cuda_version() -> str | None:
    """Return the CUDA version the installed PyTorch was built for, if any."""
    facts = torch_facts()
    version = None if facts is None else facts.get("cuda")
    return None if version is None else str(version)


def torch_facts() -> dict[str, object] | None:
    """Read PyTorch's own version module without the rest of it, which takes seconds."""
    for path in VENV.glob("lib/python*/site-packages/torch/version.py"):
        return runpy.run_path(str(path))
    return None


def pip(*arguments: str, quiet: bool = False) -> int:
    """Install; return pip's exit code."""
    command = [python(), "-m", "pip", "install", "--prefer-binary", "--no-input"]
    options = ["--disable-pip-version-check", "-qq"]
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.run(  # noqa: S603 - our own pip
        [*command, *options, *arguments], stderr=errors, stdin=subprocess.DEVNULL, check=False
    ).returncode


def pin(package: str) -> str:
    """Return the line of constraints.txt that pins ``package``.

    Raises:
        StepFailed: There is none.
    """
    found = re.search(rf"^{package}==.+$", CONSTRAINTS.read_text(), flags=re.MULTILINE)
    if found is None:
        raise StepFailed(f"constraints.txt does not pin {package}")
    return found[0].strip()


def python() -> str:
    """Return the environment's own Python."""
    return str(VENV / "bin" / "python")


def tell(line: str) -> None:
    """Print one line at once, in order with what pip prints."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
