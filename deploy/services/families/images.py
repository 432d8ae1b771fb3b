"""Bitmap images."""

import base64
import io
from typing import Final, Literal

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from pydantic import Field

from deploy.services.families.documents import decoded
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Image, Words

MAX_PIXELS: Final = 20_000_000
"""A small file can name a huge canvas; beyond this nothing is unpacked."""

FORMATS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
"""Names Pillow gives to media types."""


def _example() -> str:
    stream = io.BytesIO()
    Pillow.new("RGB", (4, 2), (37, 99, 235)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


EXAMPLE_IMAGE: Final = {"media_type": "image/png", "base64": _example()}
"""Eight blue pixels."""


def opened(image: Image) -> Pillow.Image:
    """Unpack an image of the declared kind.

    Raises:
        Unworkable: It is something else, broken or too large.
    """
    stream = io.BytesIO(decoded(image.base64))
    try:
        picture = Pillow.open(stream, formats=[FORMATS[image.media_type]])
        if picture.width * picture.height > MAX_PIXELS:
            raise Unworkable("the image has too many pixels")
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Pillow.DecompressionBombError) as err:
        raise Unworkable(f"not a readable {image.media_type}") from err
    return picture


def packed(picture: Pillow.Image, media_type: str) -> Image:
    """Encode an image."""
    stream = io.BytesIO()
    plain = picture.convert("RGB") if media_type == "image/jpeg" else picture
    plain.save(stream, FORMATS[media_type])
    text = base64.b64encode(stream.getvalue()).decode()
    return Image.model_validate({"media_type": media_type, "base64": text})


class ResizeInput(Words):
    """An image and the box it should fit."""

    image: Image
    width: int = Field(ge=1, le=4000, description="Greatest width in pixels.")
    height: int = Field(ge=1, le=4000, description="Greatest height in pixels.")


class ImageOutput(Words):
    """An image."""

    image: Image


def resize(request: ResizeInput) -> ImageOutput:
    """Scale to the largest size that fits the box, keeping the shape."""
    picture = opened(request.image)
    scale = min(request.width / picture.width, request.height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return ImageOutput(image=packed(picture.resize(size), request.image.media_type))


class ConvertInput(Words):
    """An image and the kind it should be."""

    image: Image
    media_type: Literal["image/png", "image/jpeg", "image/webp"] = Field(
        "image/png", description="Format of the result."
    )
    grayscale: bool = Field(default=False, description="Whether to remove colour.")


def convert(request: ConvertInput) -> ImageOutput:
    """Re-encode."""
    picture = opened(request.image)
    shown = picture.convert("L") if request.grayscale else picture
    return ImageOutput(image=packed(shown, request.media_type))


class ImageInput(Words):
    """An image."""

    image: Image


class InfoOutput(Words):
    """What an image is."""

    width: int
    height: int
    mode: str
    frames: int
    bytes: int


def info(request: ImageInput) -> InfoOutput:
    """Describe an image."""
    picture = opened(request.image)
    return InfoOutput(
        width=picture.width,
        height=picture.height,
        mode=picture.mode,
        frames=int(getattr(picture, "n_frames", 1)),
        bytes=len(decoded(request.image.base64)),
    )


class PaletteInput(Words):
    """An image to look at."""

    image: Image
    limit: int = Field(5, ge=1, le=16, description="Most colours to return.")


class PaletteOutput(Words):
    """Colours, most used first."""

    colors: list[str]


def palette(request: PaletteInput) -> PaletteOutput:
    """Return the dominant colours in hexadecimal."""
    small = opened(request.image).convert("RGB")
    small.thumbnail((128, 128))
    reduced = small.quantize(colors=request.limit)
    flat = reduced.getpalette() or []
    counts = sorted(reduced.getcolors() or [], reverse=True)
    starts = [3 * index for _count, index in counts if isinstance(index, int)]
    found = [tuple(flat[start : start + 3]) for start in starts]
    return PaletteOutput(colors=["#{:02x}{:02x}{:02x}".format(*colour) for colour in found])


def to_pdf(request: ImageInput) -> bytes:
    """Put an image on a page of its own size."""
    stream = io.BytesIO()
    opened(request.image).convert("RGB").save(stream, "PDF")
    return stream.getvalue()


LISTINGS: Final = (
    Listing(
        path="/images/resize",
        name="Lumen Image Resizer",
        description="Resizes an image or makes a thumbnail, keeping its shape.",
        tags=("image", "resize", "thumbnail"),
        price="0.008",
        seller="lumen",
        takes=ResizeInput,
        run=resize,
        gives=ImageOutput,
        example={"image": EXAMPLE_IMAGE, "width": 2, "height": 2},
    ),
    Listing(
        path="/images/convert",
        name="Lumen Image Converter",
        description="Converts an image between PNG, JPEG and WebP, in colour or grayscale.",
        tags=("image", "convert", "grayscale"),
        price="0.008",
        seller="lumen",
        takes=ConvertInput,
        run=convert,
        gives=ImageOutput,
        example={"image": EXAMPLE_IMAGE, "grayscale": True},
    ),
    Listing(
        path="/images/info",
        name="Lumen Image Info",
        description="Tells the size, colour mode and number of frames of an image.",
        tags=("image", "metadata", "info"),
        price="0.002",
        seller="lumen",
        takes=ImageInput,
        run=info,
        gives=InfoOutput,
        example={"image": EXAMPLE_IMAGE},
    ),
    Listing(
        path="/images/palette",
        name="Lumen Palette",
        description="Finds the dominant colours of an image.",
        tags=("image", "palette", "colors"),
        price="0.006",
        seller="lumen",
        takes=PaletteInput,
        run=palette,
        gives=PaletteOutput,
        example={"image": EXAMPLE_IMAGE, "limit": 2},
    ),
    Listing(
        path="/images/to-pdf",
        name="Lumen Image to PDF",
        description="Puts an image on a PDF page.",
        tags=("image", "pdf", "convert", "document"),
        price="0.01",
        seller="lumen",
        takes=ImageInput,
        run=to_pdf,
        media_type="application/pdf",
        example={"image": EXAMPLE_IMAGE},
        answer="(PDF bytes)",
    ),
)
