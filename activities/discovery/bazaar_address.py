"""The address of an item; parameters in its path become ``{name}``, however they are written."""

import re
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from activities.discovery.bazaar_values import Json, Malformed, first, hides, is_object, mapping

MAX_URL_CHARACTERS: Final = 1_000
"""A longer address is no address; databases cannot index it either."""

MAX_PATH_PARAMETERS: Final = 10
"""More is a path made to be a body."""

_PARAMETER: Final = re.compile(
    r"\{(?P<braces>[^{}/]+)\}|\[(?P<brackets>[^\[\]/]+)\]|<(?P<angles>[^<>/]+)>"
    r"|(?<=/):(?P<colon>[A-Za-z_][A-Za-z0-9_-]*)(?=/|$)"
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_ODD: Final = re.compile(r"[{}\[\]<>]|/:[A-Za-z]|/\*")


class Address(NamedTuple):
    """Where a service is called."""

    url: str
    parameters: dict[str, str]
    """Name of each parameter of the path, with the name that the seller gives it."""
    example: dict[str, Any]
    """Values of parameters in the address of a call that somebody made."""


def address_of(item: Json, declared: Json) -> Address:
    """Read the address.

    Raises:
        Malformed: It is none that a paid call could reach, or its parameters cannot be told.
    """
    parts = _parts(stated_address(item))
    template = _route_template(item, declared)
    path, parameters = _described(parts.path if template is None else _path_of(template, parts))
    url = parts._replace(path=path, fragment="").geturl()
    if len(url) > MAX_URL_CHARACTERS:
        raise Malformed(f"its address has more than {MAX_URL_CHARACTERS:,} characters")
    if template is None or _has_parameters(parts.path):
        return Address(url, parameters, {})
    return Address(url, parameters, _values(path, parts.path))


def stated_address(item: Json) -> object:
    """What stands where the address should be."""
    resource = first(item, "resource", "url", "endpoint", "resourceUrl")
    found = first(resource, "url", "uri", "endpoint") if is_object(resource) else resource
    return found or first(mapping(next(iter(_accepts(item)), None)), "resource")


def _accepts(item: Json) -> list[Any]:
    found = item.get("accepts")
    return found if isinstance(found, list) else []


def _parts(found: object) -> SplitResult:
    if not isinstance(found, str):
        raise Malformed("it names no address")
    try:
        parts = urlsplit(found)
        hostname, _ = parts.hostname, parts.port
    except ValueError as err:
        raise Malformed("its address cannot be read") from err
    if parts.scheme not in {"http", "https"} or not hostname or hides(found) or "\\" in found:
        raise Malformed("its address is not an HTTP URL")
    if _PARAMETER.search(parts.netloc) or re.search(r"[{}<>]", parts.netloc + parts.query):
        raise Malformed("its address has parameters outside the path, which cannot be filled")
    return parts


def _route_template(item: Json, declared: Json) -> str | None:
    for holder in (declared, mapping(declared.get("info")), item, mapping(item.get("metadata"))):
        found = first(holder, "routeTemplate", "route_template", "pathTemplate")
        if found is not None:
            if not isinstance(found, str) or len(found) > MAX_URL_CHARACTERS or hides(found):
                raise Malformed("its route template is no path")
            return found
    return None


def _path_of(template: str, parts: SplitResult) -> str:
    """The template's path; whoever pays must be sent to the address that was listed."""
    try:
        stated = urlsplit(template)
    except ValueError as err:
        raise Malformed("its route template cannot be read") from err
    if stated.netloc and (stated.scheme, stated.netloc) != (parts.scheme, parts.netloc):
        raise Malformed("its route template leads to another host")
    path = "/" + stated.path.lstrip("/")
    if not _has_parameters(parts.path) and not _fits(_described(path)[0], parts.path):
        raise Malformed("its route template does not fit its address")
    return path


def _described(path: str) -> tuple[str, dict[str, str]]:
    names: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        name, stated = _name(next(group for group in found.groups() if group))
        if name in names:
            raise Malformed(f"its path names {name} twice")
        names[name] = stated
        return f"{{{name}}}"

    described = _PARAMETER.sub(replace, path)
    if _ODD.search(re.sub(r"\{[A-Za-z0-9_]+\}", "", described)):
        raise Malformed("its path has parameters that cannot be told apart from text")
    if len(names) > MAX_PATH_PARAMETERS:
        raise Malformed(f"its path has more than {MAX_PATH_PARAMETERS} parameters")
    return described, names


def _name(written: str) -> tuple[str, str]:
    """Name a parameter: ``{user-id:int}`` and ``<int:user-id>`` are both ``user_id``."""
    if written.startswith(("...", "*")) or "path" in re.split(r"[:*]", written)[1:]:
        raise Malformed("its path takes the rest of an address, which cannot be described")
    parts = written.split(":")
    kinds = {"int", "str", "string", "float", "uuid"}
    stated = parts[1] if len(parts) > 1 and parts[0] in kinds else parts[0]
    name = re.sub(r"[-.]", "_", stated.strip().rstrip("?"))
    if _NAME.fullmatch(name) is None:
        raise Malformed("its path has a parameter without a usable name")
    return name, stated.strip().rstrip("?")


def _has_parameters(path: str) -> bool:
    return _PARAMETER.search(path) is not None


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        bool(found) if "{" in expected else expected == found
        for expected, found in zip(wanted, given, strict=True)
    )


def _values(template: str, path: str) -> dict[str, Any]:
    pairs = zip(template.split("/"), path.split("/"), strict=True)
    return {
        expected[1:-1]: unquote(found)
        for expected, found in pairs
        if expected.startswith("{") and expected.endswith("}")
    }
