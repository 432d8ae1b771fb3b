"""Making a stranger's SVG safe to place inside a page, by keeping only what draws."""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from deploy.services.listing import Unworkable

NAMESPACE: Final = "http://www.w3.org/2000/svg"
"""The only namespace whose elements are kept."""

DRAWING: Final = frozenset(
    {
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "defs",
        "use",
        "clipPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "title",
        "desc",
    }
)
"""Elements that draw. Scripts, styles, foreign objects, images and animation are not here."""

ATTRIBUTES: Final = frozenset(
    {
        "id",
        "d",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "dx",
        "dy",
        "width",
        "height",
        "viewBox",
        "points",
        "transform",
        "fill",
        "fill-opacity",
        "fill-rule",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-dasharray",
        "opacity",
        "clip-path",
        "font-size",
        "font-family",
        "font-weight",
        "text-anchor",
        "offset",
        "stop-color",
        "stop-opacity",
        "style",
        "href",
        "version",
        "preserveAspectRatio",
        "clipPathUnits",
        "gradientUnits",
        "gradientTransform",
    }
)
"""Attributes that place or colour. Event handlers are not here."""

_DOCTYPE = re.compile(
    r"<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1\.1//EN\"\s+"
    r"\"http://www\.w3\.org/Graphics/SVG/1\.1/DTD/svg11\.dtd\">"
)
_REFERENCE = re.compile(r"url\(\s*#([\w.-]+)\s*\)")
_ANY_URL = re.compile(r"url\(|@import|expression|javascript:|\\", re.IGNORECASE)


def embedded(svg: str, prefix: str) -> str:
    """Return the drawing to put into a page.

    Args:
        svg: A complete document from anywhere.
        prefix: Put before every id, so that two drawings in one page do not mix.

    Raises:
        Unworkable: It is not an SVG document, or declares entities.
    """
    text = _DOCTYPE.sub("", svg, count=1)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unworkable("the SVG declares a document type")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no entities: checked above
    except ET.ParseError as err:
        raise Unworkable(f"the SVG is not well formed: {err}") from err
    if root.tag != f"{{{NAMESPACE}}}svg":
        raise Unworkable("the root element is not svg")
    clean = _cleaned(root, prefix)
    clean.set("xmlns", NAMESPACE)
    clean.set("role", "img")
    for name in ("width", "height"):
        clean.attrib.pop(name, None)  # the page decides the size; the viewBox keeps the shape
    return ET.tostring(clean, encoding="unicode")


def _cleaned(element: ET.Element, prefix: str) -> ET.Element:
    kept = ET.Element(element.tag.removeprefix(f"{{{NAMESPACE}}}"))
    kept.text, kept.tail = element.text, element.tail
    for name, value in _attributes(element, prefix):
        kept.set(name, value)
    kept.extend(
        _cleaned(child, prefix)
        for child in element
        if child.tag.removeprefix(f"{{{NAMESPACE}}}") in DRAWING
    )
    return kept


def _attributes(element: ET.Element, prefix: str) -> Iterator[tuple[str, str]]:
    for qualified, value in element.attrib.items():
        name = qualified.rsplit("}", 1)[-1]
        if name not in ATTRIBUTES:
            continue
        if name == "id":
            yield name, prefix + value
        elif name == "href":
            if value.startswith("#"):
                yield name, f"#{prefix}{value[1:]}"
        else:
            renamed = _REFERENCE.sub(rf"local({prefix}\1)", value)
            if not _ANY_URL.search(renamed):
                yield name, renamed.replace("local(", "url(#")
