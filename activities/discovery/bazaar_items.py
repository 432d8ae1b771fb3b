"""Reading one item of a bazaar, whichever of the known shapes it has."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from pydantic import ValidationError

from domain.catalogue import Quality, RefundOffer, ServiceListing, Terms
from domain.chains import V1_NETWORK_NAMES
from domain.ids import canonical_json, listing_id
from domain.limits import MAX_TIMEOUT_SECONDS

MAX_NAME_CHARACTERS: Final = 120
"""A longer name is an advertisement."""

MAX_DESCRIPTION_CHARACTERS: Final = 1_000
"""More than the embedding model reads anyway."""

MAX_TAGS: Final = 12
"""More tags are keyword stuffing."""

MAX_SCHEMA_BYTES: Final = 64 * 1024
"""A schema goes into the shortlist; a larger one is a seller filling our disk."""

MAX_PATTERN_CHARACTERS: Final = 200
"""Longest regular expression of a stranger that we run."""

MAX_UNBOUNDED: Final = 4
"""Unbounded repetitions in one; pydantic's own pattern for decimals has four."""

_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{)")
_UNBOUNDED: Final = re.compile(r"(?<!\\)[*+]|\{\d*,\}")

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Verbs a paid call may use."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""Characters that hide or reorder text on a terminal."""

Json = Mapping[str, Any]


class Malformed(ValueError):
    """An item that cannot be read; the message says why."""


def listing_from(item: object, *, bazaar: str) -> ServiceListing:
    """Read one item.

    Raises:
        Malformed: It does not describe a service that could be called and paid.
    """
    if not _is_object(item):
        raise Malformed("it is not an object")
    if item.get("type", "http") != "http":
        raise Malformed(f"it is of type {_text(item.get('type'), 40)!r}, not http")
    url, described = _url(item), _described(item)
    declared = _declaration(item)
    info, schema = _object(declared.get("info")), _object(declared.get("schema"))
    asked, shape = _object(info.get("input")), _part(schema, "input")
    method = _method(asked, shape)
    try:
        return ServiceListing(
            id=listing_id(method=method, url=url),
            name=_text(described.get("name"), MAX_NAME_CHARACTERS) or _name_from(url),
            description=_text(described.get("description"), MAX_DESCRIPTION_CHARACTERS),
            tags=_tags(described.get("tags")),
            method=method,
            url=url,
            media_type=_media_type(described),
            input_schema=_bounded(_input_schema(asked, shape)),
            output_schema=_bounded(_output_schema(info, schema)),
            input_example=_bounded(_example(asked)) or None,
            accepts=_accepts(item),
            refund=_refund(_object(item.get("extensions")).get("refund")),
            quality=_quality(item.get("quality")),
            bazaar=bazaar,
        )
    except (ValidationError, RecursionError) as err:
        raise Malformed(f"it does not fit: {str(err).splitlines()[0][:120]}") from err


def name_of(item: object) -> str:
    """Name an item for a report of what was skipped."""
    if not _is_object(item):
        return "(not an object)"
    resource = item.get("resource") or item.get("url") or item.get("endpoint")
    found = resource.get("url") if _is_object(resource) else resource
    return _text(found, MAX_NAME_CHARACTERS) or "(unnamed)"


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _object(value: object) -> Json:
    return value if _is_object(value) else {}


def _part(schema: Json, name: str) -> Json:
    return _object(_object(schema.get("properties")).get(name))


def _text(value: object, limit: int) -> str:
    return _CONTROL.sub(" ", value).strip()[:limit] if isinstance(value, str) else ""


def _url(item: Json) -> str:
    resource = item.get("resource") or item.get("url") or item.get("endpoint")
    found = resource.get("url") if _is_object(resource) else resource
    if not isinstance(found, str) or not found:
        raise Malformed("it names no address")
    try:
        parts = urlsplit(found)
    except ValueError as err:
        raise Malformed("its address cannot be read") from err
    if parts.scheme not in {"http", "https"} or not parts.hostname or _CONTROL.search(found):
        raise Malformed("its address is not an HTTP URL")
    if re.search(r"[{}]|/:[A-Za-z]", parts.path):
        raise Malformed("its address has parameters in the path, which cannot be filled")
    return found


def _described(item: Json) -> Json:
    """Gather name, description, tags and media type from wherever they are written."""
    first = _object(next(iter(_list(item.get("accepts"))), None))
    found: dict[str, Any] = {}
    for source in (first, item, _object(item.get("resource")), _object(item.get("metadata"))):
        renamed = {"name": source.get("serviceName"), **source}
        for key in ("name", "description", "tags", "mimeType"):
            found[key] = renamed.get(key) or found.get(key)
    return found


def _declaration(item: Json) -> Json:
    """Find the bazaar declaration; version 1 keeps a simpler one beside the terms."""
    for holder in (item.get("extensions"), item.get("metadata")):
        declared = _object(_object(holder).get("bazaar"))
        if declared:
            return declared
    first = _object(next(iter(_list(item.get("accepts"))), None))
    old = _object(first.get("outputSchema") or _object(item.get("metadata")).get("outputSchema"))
    if not old:
        raise Malformed("it declares no input")
    return {
        "info": {"input": _object(old.get("input"))},
        "schema": {
            "properties": {
                "input": {"properties": {"body": _v1_schema(_object(old.get("input")))}},
                "output": {"properties": {"example": _object(old.get("output"))}},
            }
        },
    }


def _v1_schema(asked: Json) -> Json:
    """Turn version 1's list of fields into a schema; a field there says itself if required."""
    fields = _object(
        asked.get("bodyFields") or asked.get("queryParams") or asked.get("queryFields")
    )
    properties = {
        name: {key: value for key, value in _object(field).items() if key != "required"}
        for name, field in fields.items()
    }
    required = [name for name, field in fields.items() if _object(field).get("required") is True]
    return {"type": "object", "properties": properties, "required": required}


def _method(asked: Json, shape: Json) -> str:
    stated = asked.get("method")
    if not isinstance(stated, str):
        allowed = _list(_part(shape, "method").get("enum"))
        only = allowed[0] if len(allowed) == 1 else None
        body = "body" in asked or "bodyType" in asked
        stated = only if isinstance(only, str) else ("POST" if body else "GET")
    if stated.upper() not in METHODS:
        raise Malformed(f"its method {_text(stated, 20)!r} is not one a paid call uses")
    return stated.upper()


def _input_schema(asked: Json, shape: Json) -> Json:
    properties = _object(shape.get("properties"))
    if _object(asked.get("pathParams")) or "pathParams" in properties:
        raise Malformed("it takes parameters in the path, which cannot be filled")
    if asked.get("bodyType", "json") != "json":
        raise Malformed(f"it takes {_text(asked.get('bodyType'), 20)!r}, not JSON")
    found = _object(properties.get("body") or properties.get("queryParams"))
    # The declaration helpers of the x402 packages leave an object's own type out.
    return {"type": "object", **found} if found else {"type": "object", "properties": {}}


def _output_schema(info: Json, schema: Json) -> Json:
    output = _part(schema, "output")
    for name in ("schema", "example"):
        found = _object(_object(output.get("properties")).get(name))
        if len(found) > 1 or (found and found.get("type") != "object"):
            return found
    stated = _object(info.get("output")).get("schema")
    return _object(stated)


def _example(asked: Json) -> Json:
    return _object(asked.get("body") or asked.get("queryParams"))


def _bounded(value: Json) -> dict[str, Any]:
    try:
        size = len(canonical_json(dict(value)))
    except (ValueError, RecursionError) as err:
        raise Malformed("its schema is not JSON") from err
    if size > MAX_SCHEMA_BYTES:
        raise Malformed(f"its schema has {size:,} bytes, more than {MAX_SCHEMA_BYTES:,}")
    if any(_is_slow(pattern) for pattern in _patterns(dict(value))):
        raise Malformed("its schema has a pattern that could take for ever to check")
    return dict(value)


def _patterns(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _patterns(one)
    if _is_object(node):
        for name, one in node.items():
            if name == "pattern" and isinstance(one, str):
                yield one
            elif name == "patternProperties" and _is_object(one):
                yield from one
            yield from _patterns(one)


def _is_slow(pattern: str) -> bool:
    """Whether a pattern may backtrack without end; some harmless ones are refused with them."""
    return (
        len(pattern) > MAX_PATTERN_CHARACTERS
        or _REPEATED_GROUP.search(pattern) is not None
        or len(_UNBOUNDED.findall(pattern)) > MAX_UNBOUNDED
    )


def _media_type(described: Json) -> str:
    stated = _text(described.get("mimeType"), 100).partition(";")[0].strip().lower()
    return stated or "application/json"


def _tags(value: object) -> tuple[str, ...]:
    named = [_text(tag, 40) for tag in _list(value)]
    return tuple(dict.fromkeys(tag for tag in named if tag))[:MAX_TAGS]


def _name_from(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"[:MAX_NAME_CHARACTERS]


def _accepts(item: Json) -> tuple[Terms, ...]:
    found = [_terms(_object(accept), item) for accept in _list(item.get("accepts"))]
    readable = tuple(terms for terms in found if terms is not None)
    if not readable:
        raise Malformed("none of its ways to pay can be read" if found else "it accepts nothing")
    return readable


def _terms(accept: Json, item: Json) -> Terms | None:
    amount = accept.get("amount", accept.get("maxAmountRequired"))
    if isinstance(amount, bool) or not re.fullmatch(r"\d{1,30}", str(amount)):
        return None
    extra = _object(accept.get("extra"))
    network = _text(accept.get("network"), 100)
    old = "maxAmountRequired" in accept and "amount" not in accept
    timeout = accept.get("maxTimeoutSeconds", MAX_TIMEOUT_SECONDS)
    try:
        return Terms(
            x402_version=item.get("x402Version", 1 if old else 2),
            scheme=_text(accept.get("scheme"), 40),
            network=V1_NETWORK_NAMES.get(network, network),
            asset=_text(accept.get("asset"), 100),
            base_units=int(str(amount)),
            pay_to=_text(accept.get("payTo"), 100),
            max_timeout_seconds=timeout,
            fee_payer=_text(extra.get("feePayer"), 100) or None,
            memo=extra.get("memo"),
            flow=_text(extra.get("paymentFlow"), 40) or "authorization",
        )
    except ValidationError:
        return None


def _refund(declared: object) -> RefundOffer | None:
    info = _object(_object(declared).get("info")) or _object(declared)
    url = info.get("url") or info.get("endpoint")
    window = info.get("windowSeconds", info.get("window_seconds"))
    if not isinstance(url, str) or isinstance(window, bool) or not isinstance(window, int):
        return None
    return RefundOffer(url=url[:2_000], window_seconds=window) if window > 0 else None


def _quality(value: object) -> Quality:
    counters = _object(value)
    calls = _count(counters, "l30DaysTotalCalls") or 0
    source = _text(counters.get("source"), 20) or "measured"
    return Quality(
        calls=calls,
        successful_calls=min(_count(counters, "l30DaysSuccessfulCalls", default=calls) or 0, calls),
        unique_payers=min(_count(counters, "l30DaysUniquePayers") or 0, calls),
        latency_p50_ms=_count(counters, "latencyMsP50"),
        latency_p95_ms=_count(counters, "latencyMsP95"),
        last_called_at=_moment(counters.get("lastCalledAt")),
        source=source if counters else "none",
    )


def _count(counters: Json, name: str, *, default: int | None = None) -> int | None:
    found = counters.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return default
    return int(found) if 0 <= found < 1e15 else default  # noqa: PLR2004 - beyond it is no counter


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
