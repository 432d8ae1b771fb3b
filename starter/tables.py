"""Tables and lists of facts, alike on every page."""

from collections.abc import Collection, Iterable

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from starter.wording import SHORT_NAME, plain


def grid(
    *columns: str,
    right: Collection[str] = (),
    names: Collection[str] = (),
    title: str | None = None,
) -> Table:
    """An empty table whose columns wrap words instead of cutting them.

    Args:
        columns: Their headings.
        right: Those aligned to the right, such as amounts.
        names: Those that hold shortened addresses or transactions, which are not broken.
        title: Stands above it.
    """
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
        table.add_column(
            column,
            justify="right" if aligned else "left",
            no_wrap=aligned,
            overflow="fold",
            min_width=SHORT_NAME if column in names else None,
        )
    return table


def facts(lines: Iterable[tuple[str, str]]) -> Group:
    """Names and values, aligned.

    A value is never broken by us: an address or a transaction must survive being copied.
    """
    pairs = list(lines)
    width = max((len(name) for name, _ in pairs), default=0)
    return Group(
        *(
            Text.assemble(
                (name.ljust(width), "dim"), "  ", plain(value), no_wrap=True, overflow="ignore"
            )
            for name, value in pairs
        )
    )
