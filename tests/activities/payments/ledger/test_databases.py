"""Tests that need PostgreSQL are never passed over unseen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.activities.payments.ledger.databases import PostgresServer, serving


def broken(error: Exception) -> Callable[[Path], PostgresServer]:
    def start(_folder: Path) -> PostgresServer:
        raise error

    return start


@pytest.mark.parametrize("error", [ImportError("no package"), OSError("no"), RuntimeError("no")])
@pytest.mark.parametrize("said", ["true", "True", "1"])
def test_a_server_that_cannot_start_fails_on_ci(error: Exception, said: str) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="must start on CI"),
        serving({"CI": said}, broken(error)),
    ):
        pass


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}])
def test_a_server_that_cannot_start_is_skipped_loudly_elsewhere(environ: dict[str, str]) -> None:
    with (
        pytest.raises(pytest.skip.Exception, match=r"\*\*\* PostgreSQL cannot start here"),
        serving(environ, broken(OSError("no"))),
    ):
        pass
