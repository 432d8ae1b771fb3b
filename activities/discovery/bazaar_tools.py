"""Paid tools of MCP servers: listed beside services, named by server and tool, bought by nobody."""

from typing import Final

from activities.discovery.bazaar_address import MAX_URL_CHARACTERS, stated_address
from activities.discovery.bazaar_values import Json, Malformed, first, mapping, text
from activities.records.ports import Tool

MAX_TOOL_NAME_CHARACTERS: Final = 128
"""Longest name of a tool. Source: Model Context Protocol, tools."""

_MAX_DESCRIPTION_CHARACTERS: Final = 1_000


def is_tool(item: Json) -> bool:
    """Whether an item is a tool and no HTTP call."""
    return item.get("type") == "mcp" or _asked(item).get("type") == "mcp" or bool(_name(item))


def tool_from(item: Json, *, bazaar: str) -> Tool:
    """Read a tool.

    Raises:
        Malformed: It has no server or no name, which are its key.
    """
    server, name = text(stated_address(item), MAX_URL_CHARACTERS), _name(item)
    if not server:
        raise Malformed("it is a tool of no server")
    if not name:
        raise Malformed("it is a tool without a name")
    metadata, resource = mapping(item.get("metadata")), mapping(item.get("resource"))
    sources = (_asked(item), metadata, resource, item)
    described = next((one["description"] for one in sources if one.get("description")), "")
    return Tool(
        bazaar=bazaar,
        server=server,
        name=name,
        description=text(described, _MAX_DESCRIPTION_CHARACTERS),
    )


def _asked(item: Json) -> Json:
    for holder in (item.get("extensions"), item.get("metadata"), item):
        declared = mapping(mapping(holder).get("bazaar"))
        if declared:
            return mapping(mapping(declared.get("info")).get("input"))
    return {}


def _name(item: Json) -> str:
    found = first(_asked(item), "toolName", "tool") or first(item, "toolName", "tool_name")
    stated = first(found, "name") if isinstance(found, dict) else found
    return text(stated, MAX_TOOL_NAME_CHARACTERS)
