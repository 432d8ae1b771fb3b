"""What loading the EVM rails must not do to the process."""

import subprocess
import sys


def test_loading_the_rails_leaves_the_recursion_limit_alone() -> None:
    program = (
        "import sys; before = sys.getrecursionlimit(); import activities.payments.evm.wiring; "
        "assert sys.getrecursionlimit() == before, sys.getrecursionlimit()"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
