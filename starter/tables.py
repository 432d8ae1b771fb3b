"""Tables and lists of facts, alike on every page."""

from collections.abc import Collection, Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from starter.wording import plain


def grid(*columns: str, right: Collection[str] = (), title: str | None = None) -> Table:
    """An empty table whose columns wrap words instead of cutting them."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        header_style="bold",
    )
    for column in columns:
        aligned = column in right
        table.add_column(column, justify="right" if aligned else "left", no_wrap=aligned)
    return table


def facts(lines: Iterable[tuple[str, str]]) -> Table:
    """Names and values in two aligned columns."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(Text(name), Text(plain(value)))
    return table
