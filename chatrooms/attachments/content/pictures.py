"""Pictures are written anew, so that nothing of the file is kept but what can be seen."""

import warnings
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from chatrooms.attachments.content.refused import Reason, Refused
from chatrooms.attachments.content.types import HEIC, JPEG, FileType

MAX_PIXELS: Final = 50_000_000
"""Of a picture that is opened: phones take 48 megapixels. Unfolded they are 200 MB."""

MAX_SIDE: Final = 4096
"""Pixels of the longer side of what is kept: a larger picture is made smaller. Models read less than that."""

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
QUALITY: Final = 90


def clean(source: Path, target: Path, found: FileType) -> tuple[FileType, int, int]:
    """Write what can be seen to `target`: upright, the first frame, in sRGB, without metadata. HEIC becomes JPEG.

    Returns:
        The type, width and height of what was written.

    Raises:
        Refused: it has too many pixels, or is damaged.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    pi_heif.register_heif_opener(thumbnails=False)
    made = JPEG if found is HEIC else found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=[FORMATS[found.mime_type]]) as opened:
                picture = _bare(opened, transparent=made is not JPEG)
        picture.save(target, FORMATS[made.mime_type], quality=QUALITY)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(Reason.PIXELS) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, RuntimeError):
        raise Refused(Reason.DAMAGED) from None
    return made, picture.width, picture.height


def _bare(opened: Image.Image, *, transparent: bool) -> Image.Image:
    """The pixels alone. The size is checked before anything is unfolded."""
    if opened.width * opened.height > MAX_PIXELS:
        raise Refused(Reason.PIXELS)
    picture = _with_full_colours(opened)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), reducing_gap=2)
    picture = _in_srgb(ImageOps.exif_transpose(picture))
    has_alpha = transparent and picture.has_transparency_data
    bare = picture.convert("RGBA" if has_alpha else "L" if picture.mode == "L" else "RGB")
    bare.info = {}
    return bare


def _with_full_colours(picture: Image.Image) -> Image.Image:
    """As it is, unless it has a palette, or 16 bits of grey."""
    if picture.mode in ("P", "PA", "1"):
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Convert the colours, since the profile is not kept: it may hold anything. A broken one is ignored."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
        return converted or picture
    return picture
