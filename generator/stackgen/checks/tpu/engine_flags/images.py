"""Serving images as the catalog knows them."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.shape import plain


def image_row(catalog: Catalog, image: str) -> Row | None:
    """The row of an image, by repository and tag; a digest leaves the tag in charge."""
    if not image or not plain(image):
        return None
    try:
        found = image_reference(image)
    except ImageReferenceError:
        return None
    return catalog.image(found.name, found.tag or ("" if found.digest else "latest"))
