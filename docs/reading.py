"""Read what code says about itself, and write it as Markdown."""  # noqa: INP001 - beside a program

import ast
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

Row = tuple[str, ...]


def documented(module: ModuleType, class_name: str | None = None) -> dict[str, str]:
    """Read the strings under assignments, of a module or of one of its classes, in order."""
    tree: ast.Module | ast.ClassDef = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    if class_name is not None:
        classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
        tree = next(node for node in classes if node.name == class_name)
    found: dict[str, str] = {}
    for node, after in zip(tree.body, tree.body[1:], strict=False):
        name = _assigned(node)
        if name and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[name] = line(str(after.value.value))
    return found


def annotations(module: ModuleType, class_name: str) -> dict[str, str]:
    """Read the types of a class's fields as they are written."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    body = next(node for node in classes if node.name == class_name).body
    fields = (node for node in body if isinstance(node, ast.AnnAssign))
    return {ast.unparse(field.target): ast.unparse(field.annotation) for field in fields}


def _assigned(node: ast.stmt) -> str | None:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else None


def table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Lay rows out as a Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(_cell(text) for text in row) + " |"


def _cell(text: str) -> str:
    # Outside of code, an opening bracket would begin a tag and hide what follows.
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts) or " "


def doc(thing: object) -> str:
    """First paragraph of a docstring, on one line."""
    text = thing.__doc__ or ""
    return line(text.split("\n\n")[0])


def line(text: str) -> str:
    """Text on one line, with single backticks."""
    return " ".join(text.replace("``", "`").split())


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def shown(value: object) -> str:
    """A default or a limit, as a person reads it; a space for none."""
    if value in {None, "", ()}:
        return " "
    if isinstance(value, timedelta):
        return duration(value)
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, int):
        return f"{value:,}"
    return code(str(value)) if isinstance(value, str | Path) else " "


def duration(value: timedelta) -> str:
    """A length of time in its largest whole unit."""
    seconds = int(value.total_seconds())
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
