"""Serving images as the catalogue knows them."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.workloads import known


def image_row(catalog: Catalog, image: str) -> Row | None:
    """The row of an image, by repository and tag; a digest leaves the tag in charge."""
    if not image or not known(image):
        return None
    name, _, _ = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, "latest" if "@" not in image else ""
    first = repository.partition("/")[0]
    if "/" in repository and "." not in first and ":" not in first and first != "localhost":
        repository = f"docker.io/{repository}"
    return catalog.image(repository, tag)
