"""Which schema answers for a kind: user's folders first, then release variants, then built in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Catalogue:
    """Where schemas are looked up, first match wins.

    user: folders of the user's repository. variants: labels below `schemas/variants/`.
    """

    user: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


def catalogue(release: str = "", user: tuple[str, ...] = ()) -> Catalogue:
    """The catalogue for a release row; the newest APIs when `release` is empty."""
    return Catalogue(user, ())
