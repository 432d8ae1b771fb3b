"""Reading one item of a bazaar, whichever of the known shapes it has."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from activities.discovery.bazaar_address import MAX_URL_CHARACTERS, address_of, stated_address
from activities.discovery.bazaar_quality import quality_of
from activities.discovery.bazaar_schemas import (
    declaration_of,
    example_of,
    input_schema_of,
    method_of,
    output_schema_of,
)
from activities.discovery.bazaar_terms import accepts_of, refund_of
from activities.discovery.bazaar_tools import is_tool, tool_from
from activities.discovery.bazaar_values import (
    Json,
    Malformed,
    first,
    is_object,
    mapping,
    sequence,
    text,
)
from activities.discovery.ports import Skipped
from activities.records.ports import Tool
from domain.catalogue import ServiceListing
from domain.ids import listing_id

MAX_NAME_CHARACTERS: Final = 120
"""A longer name is an advertisement."""

MAX_DESCRIPTION_CHARACTERS: Final = 1_000
"""More than the embedding model reads anyway."""

MAX_TAGS: Final = 12
"""More tags are keyword stuffing."""

_CALLS: Final = ["http", "https", "", None]
"""Types of an item called over HTTP; a list, for strangers write types that have no hash."""

_MAX_REASON_CHARACTERS: Final = 200


class Sorted(NamedTuple):
    """Items, each where it belongs."""

    listings: list[ServiceListing]
    tools: list[Tool]
    skipped: list[Skipped]


def sort_items(items: Sequence[object], *, bazaar: str) -> Sorted:
    """Read items; one that cannot be read is set aside with its reason."""
    found = Sorted([], [], [])
    for item in items:
        try:
            if is_object(item) and is_tool(item):
                found.tools.append(tool_from(item, bazaar=bazaar))
            else:
                found.listings.append(listing_from(item, bazaar=bazaar))
        except Malformed as err:
            reason = text(str(err), _MAX_REASON_CHARACTERS)
            found.skipped.append(Skipped(name=name_of(item), reason=reason))
    return found


def listing_from(item: object, *, bazaar: str) -> ServiceListing:
    """Read one item.

    Raises:
        Malformed: It does not describe a service that could be called and paid.
    """
    if not is_object(item):
        raise Malformed("it is not an object")
    if item.get("type") not in _CALLS:
        raise Malformed(f"it is of type {text(item.get('type'), 40)!r}, not http")
    try:
        return _listing(item, bazaar)
    except ValidationError as err:
        wrong = err.errors(include_url=False, include_input=False)[0]
        words = ".".join(str(part) for part in wrong["loc"][:2]) + " " + wrong["msg"]
        raise Malformed(f"it does not fit: {text(words, 120)}") from err
    except (RecursionError, TypeError, OverflowError) as err:
        raise Malformed(f"it cannot be read: {type(err).__name__}") from err


def name_of(item: object) -> str:
    """Name an item for a report of what was skipped."""
    if not is_object(item):
        return "(not an object)"
    address = text(stated_address(item), MAX_URL_CHARACTERS)
    return address or text(first(item, "name", "title"), MAX_NAME_CHARACTERS) or "(unnamed)"


def _listing(item: Json, bazaar: str) -> ServiceListing:
    declared, described = declaration_of(item), _described(item)
    address = address_of(item, declared.raw)
    method = method_of(declared, item)
    return ServiceListing(
        id=listing_id(method=method, url=address.url),
        name=text(described.get("name"), MAX_NAME_CHARACTERS) or _name_from(address.url),
        description=text(described.get("description"), MAX_DESCRIPTION_CHARACTERS),
        tags=_tags(described.get("tags")),
        method=method,
        url=address.url,
        media_type=_media_type(described),
        input_schema=input_schema_of(declared, address),
        output_schema=output_schema_of(declared),
        input_example=example_of(declared, address),
        accepts=accepts_of(item),
        refund=refund_of(item),
        quality=quality_of(item),
        bazaar=bazaar,
    )


def _described(item: Json) -> Json:
    """Gather name, description, tags and media type from wherever they are written."""
    way = mapping(next(iter(sequence(item.get("accepts"))), None))
    found: dict[str, Any] = {}
    for source in (way, item, mapping(item.get("resource")), mapping(item.get("metadata"))):
        renamed = {"name": first(source, "serviceName", "title"), **source}
        for key in ("name", "description", "tags", "mimeType"):
            found[key] = renamed.get(key) or found.get(key)
    return found


def _media_type(described: Json) -> str:
    stated = text(described.get("mimeType"), 100).partition(";")[0].strip().lower()
    return stated or "application/json"


def _tags(value: object) -> tuple[str, ...]:
    named = [text(tag, 40) for tag in sequence(value)[: MAX_TAGS * 4]]
    return tuple(dict.fromkeys(tag for tag in named if tag))[:MAX_TAGS]


def _name_from(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"[:MAX_NAME_CHARACTERS]
