"""Templates as files: one JSON document each, in the state directory."""

import os
import tempfile
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.errors import RequestRejected
from domain.templates import MAX_TEMPLATE_BYTES, NAME, Template
from starter.errors import CommandFailed, NotNow

_FOLDER: Final = "templates"
_LOOK: Final = "`caravan template list` shows the templates."


class TemplateFiles:
    """The templates of one installation's state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / _FOLDER

    def names(self) -> tuple[str, ...]:
        """The names that are taken, sorted."""
        found = (path.stem for path in self._folder.glob("*.json"))
        return tuple(sorted(name for name in found if NAME.fullmatch(name)))

    def read(self, name: str) -> Template:
        """Read one template.

        Raises:
            RequestRejected: There is none of that name, or its file is spoiled.
        """
        if not NAME.fullmatch(name) or name not in self.names():
            raise RequestRejected(f"there is no template {name[:60]!r}. {_LOOK}")
        return read_template(self._path(name))

    def write(self, template: Template, *, replace: bool) -> Path:
        """Keep a template; a crash leaves the whole file or none of it.

        Raises:
            NotNow: The name is taken by another one.
            CommandFailed: It cannot be written.
        """
        path = self._path(template.name)
        if path.exists() and not replace:
            raise NotNow(
                f"there is a template {template.name} already",
                next_step="Choose another name, or add --replace.",
            )
        write_template(template, path)
        return path

    def delete(self, name: str) -> None:
        """Forget a template.

        Raises:
            RequestRejected: There is none of that name.
        """
        if not NAME.fullmatch(name) or name not in self.names():
            raise RequestRejected(f"there is no template {name[:60]!r}. {_LOOK}")
        self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def read_template(path: Path) -> Template:
    """Read a template's file, wherever it comes from.

    Raises:
        RequestRejected: It cannot be read, or holds no template.
    """
    try:
        if path.stat().st_size > MAX_TEMPLATE_BYTES:
            raise RequestRejected(f"{path} has more than {MAX_TEMPLATE_BYTES:,} bytes")
        return Template.model_validate_json(path.read_bytes())
    except OSError as err:
        raise RequestRejected(f"{path} cannot be read: {err.strerror}") from err
    except ValidationError as err:
        detail = err.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        said = f"{where}: {detail['msg']}" if where else detail["msg"]
        raise RequestRejected(f"{path} holds no template: {said[:300]}") from err


def write_template(template: Template, path: Path) -> None:
    """Write a template's file; a crash leaves the whole file or none of it.

    Raises:
        CommandFailed: It cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8", suffix=".part"
        ) as file:
            file.write(template.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as err:
        raise CommandFailed(
            f"{path} cannot be written: {err.strerror}", next_step="Name another file."
        ) from err
