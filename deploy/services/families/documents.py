"""Documents: Markdown pages and text out of PDF files."""

import base64
import binascii
import io
from typing import Final

from markdown_it import MarkdownIt
from pydantic import Field
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Document, Text, Words

MAX_PAGES: Final = 200
"""Most pages read from one file."""

PAGE: Final = b"BT /F1 12 Tf 10 20 Td (Hello) Tj ET"
"""What the example page draws."""

OBJECTS: Final = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 50]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>"
    ),
    b"<</Length %d>>stream\n%s\nendstream" % (len(PAGE), PAGE),
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)
"""The smallest document that says hello."""


def example_pdf() -> bytes:
    """Return the example document, with the table of offsets readers expect."""
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(OBJECTS, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(OBJECTS) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


def decoded(text: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        Unworkable: It is not base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as err:
        raise Unworkable("the file is not base64") from err


class MarkdownInput(Words):
    """Markdown to convert."""

    text: Text


def markdown(request: MarkdownInput) -> bytes:
    """Return the page's HTML; raw HTML inside the Markdown stays text."""
    page: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(request.text)
    return page.encode()


class PdfInput(Words):
    """A file to read."""

    document: Document
    pages: int = Field(50, ge=1, le=MAX_PAGES, description="Most pages to read.")


class PdfOutput(Words):
    """The file's text."""

    text: str
    pages: int


def pdf_text(request: PdfInput) -> PdfOutput:
    """Return the text of the first pages."""
    try:
        reader = PdfReader(io.BytesIO(decoded(request.document.base64)))
        texts = [page.extract_text() for page in reader.pages[: request.pages]]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as err:
        raise Unworkable("the document is not a readable PDF") from err
    return PdfOutput(text="\n\n".join(texts).strip(), pages=len(reader.pages))


LISTINGS: Final = (
    Listing(
        path="/documents/markdown",
        name="Pressroom Markdown",
        description="Converts Markdown to clean HTML.",
        tags=("markdown", "html", "convert", "document"),
        price="0.004",
        seller="pressroom",
        takes=MarkdownInput,
        run=markdown,
        media_type="text/html",
        example={"text": "# Title\n\nSome *text*."},
    ),
    Listing(
        path="/documents/pdf-text",
        name="Pressroom PDF to Text",
        description="Extracts the text of a PDF document.",
        tags=("pdf", "text", "extract", "document"),
        price="0.03",
        seller="pressroom",
        takes=PdfInput,
        run=pdf_text,
        gives=PdfOutput,
        example={
            "document": {
                "media_type": "application/pdf",
                "base64": base64.b64encode(example_pdf()).decode(),
            }
        },
    ),
)
