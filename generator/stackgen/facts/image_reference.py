"""Image references by the grammar of the OCI distribution reference.

The grammar is that of github.com/distribution/reference (`reference.go`, `normalize.go`), which the
kubelet and the container runtimes use.
"""

from __future__ import annotations

from functools import lru_cache

from stackgen.record import record
from stackgen.regex import regex

DOCKER_HUB = "docker.io"
LONGEST_NAME = 255  # characters of registry and repository
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
_REGISTRY = regex(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?")
_REPOSITORY = regex(rf"{_PART}(?:/{_PART})*")
_TAG = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = regex(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}")
_SHA256 = regex(r"sha256:[0-9a-f]{64}")


@record
class ImageReference:
    """The parts of an image reference. tag, digest: empty where the reference has none."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"


class ImageReferenceError(ValueError):
    """The text is no image reference; the message says what is wrong with it."""


@lru_cache(maxsize=1024)  # many checks ask about the few images of a run
def image_reference(text: str) -> ImageReference:
    """The parts of an image reference. Raises ImageReferenceError."""
    if not text:
        raise ImageReferenceError("it is empty")
    if text.split() != [text]:
        raise ImageReferenceError("it has a space")
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ImageReferenceError(
            f"{digest!r} is not a digest such as sha256:<64 hexadecimal digits>"
        )
    if digest.startswith("sha256:") and not _SHA256.fullmatch(digest):
        raise ImageReferenceError("a sha256 digest has 64 lower-case hexadecimal digits")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, colon, tag = rest, "", ""
    registry, repository = _split(name)
    if not _REGISTRY.fullmatch(registry):
        raise ImageReferenceError(f"{registry!r} is not a registry host")
    if repository != repository.lower():
        raise ImageReferenceError(f"the repository {repository!r} has upper-case letters")
    if not _REPOSITORY.fullmatch(repository):
        raise ImageReferenceError(
            f"the repository {repository!r} is not lower-case letters and digits, separated by "
            "'/', '.', '_', '__' or '-'"
        )
    if len(name) > LONGEST_NAME:
        raise ImageReferenceError(f"its name has more than {LONGEST_NAME} characters")
    if colon and not _TAG.fullmatch(tag):
        raise ImageReferenceError(
            f"the tag {tag!r} is not at most 128 letters, digits, '_', '.' and '-'"
        )
    return ImageReference(registry, repository, tag, digest)


def _split(name: str) -> tuple[str, str]:
    """Registry and repository of a name; Docker Hub where no registry is written."""
    first, slash, rest = name.partition("/")
    host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if slash and host:
        return first, rest
    return DOCKER_HUB, name if slash else f"library/{name}"
