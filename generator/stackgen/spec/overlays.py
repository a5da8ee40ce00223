"""Which environments a spec has: the folders of `overlays/` that hold a `stack.yaml`."""

from __future__ import annotations

import os
import stat

from stackgen.cache import seen
from stackgen.errors import UsageError
from stackgen.regex import regex

FOLDER = "overlays"
SPEC_FILE = "stack.yaml"
_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_MAX_NAME = 63
_MAX_ABOVE = 8  # folders above in which a spec is looked for


def overlays(root: str) -> tuple[str, ...]:
    """The names of the environments that have an overlay, sorted.

    An overlay that is there and cannot be used is an error, not an environment less: what `out/`
    holds of it would go, and Flux or Argo CD would remove it from the cluster. Raises UsageError
    for that, for a name that cannot be a path, and for names that differ in case only.
    """
    if _mode(root, FOLDER) is None:
        return ()
    found: dict[str, str] = {}
    for name in _listed(root):
        if not _is_environment(root, name):
            continue
        check_name(name)
        other = found.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(f"{FOLDER}/{other} and {FOLDER}/{name}: differ in case only")
    return tuple(found.values())


def check_root(root: str) -> None:
    """Raises UsageError where `root` is the folder of an overlay, or below that of a spec."""
    here = os.path.abspath(root)
    above, env = os.path.split(here)
    top = os.path.dirname(above)
    if os.path.basename(above) == FOLDER and _has_spec(top):
        where = os.path.relpath(top)
        raise UsageError(
            f"this folder is the overlay of the environment {_shown(env)}; the stack is in {where}",
            f"Run the command there, or with -C {where}, and name the environment with --env.",
        )
    if _has_spec(here):
        return
    hint = "-C names the folder that holds it"
    for _ in range(_MAX_ABOVE):
        here, below = os.path.dirname(here), here
        if here == below:
            break
        if _has_spec(here):
            hint = f"-C {os.path.relpath(here)} is a folder that holds it"
            break
    name = os.path.relpath(os.path.join(root, SPEC_FILE))
    raise UsageError(f"{_shown(name)}: not found; {hint}")


def _has_spec(folder: str) -> bool:
    path = os.path.join(folder, SPEC_FILE)
    seen.name(path)
    return os.path.lexists(path)


def overlay_file(env: str) -> str:
    """The overlay of an environment, relative to the folder of the spec."""
    return f"{FOLDER}/{env}/{SPEC_FILE}"


def has_overlay(root: str, env: str) -> bool:
    """Whether something stands where the overlay of an environment would be."""
    return _mode(root, overlay_file(env)) is not None


def check_name(name: str) -> None:
    """Raises UsageError for a name that paths, and those who type them, could not bear."""
    if not _NAME.match(name):
        allowed = "letters, digits, '-', '_' and '.' name an environment, a letter or digit first"
        raise UsageError(f"{FOLDER}/{_shown(name)}: {allowed}")
    if len(name) > _MAX_NAME:
        raise UsageError(f"{FOLDER}/{name}: is longer than {_MAX_NAME} characters")


def _listed(root: str) -> list[str]:
    try:
        seen.names(os.path.join(root, FOLDER))
        return sorted(os.listdir(os.path.join(root, FOLDER)))
    except OSError as error:
        raise UsageError(f"{FOLDER}: {_reason(error)}") from None


def _is_environment(root: str, name: str) -> bool:
    folder = f"{FOLDER}/{name}"
    mode = _target(root, folder)
    if stat.S_ISREG(mode):
        return False  # such as a README
    if not stat.S_ISDIR(mode):
        raise UsageError(f"{FOLDER}/{_shown(name)}: is not a folder")
    file = f"{folder}/{SPEC_FILE}"
    if _mode(root, file) is None:
        return False
    mode = _target(root, file)
    if not stat.S_ISREG(mode):
        raise UsageError(f"{FOLDER}/{_shown(name)}/{SPEC_FILE}: is not a file")
    if not os.access(os.path.join(root, file), os.R_OK):
        raise UsageError(f"{FOLDER}/{_shown(name)}/{SPEC_FILE}: permission denied")
    return True


def _mode(root: str, name: str) -> int | None:
    """What stands there, links not followed; None for nothing. Raises UsageError."""
    try:
        seen.name(os.path.join(root, name))
        return os.lstat(os.path.join(root, name)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{_shown(name)}: {_reason(error)}") from None


def _target(root: str, name: str) -> int:
    """What stands there, or where a link leads. Raises UsageError for a link to nothing."""
    try:
        seen.name(os.path.join(root, name))
        return os.stat(os.path.join(root, name)).st_mode
    except FileNotFoundError:
        raise UsageError(f"{_shown(name)}: is a link to nothing") from None
    except OSError as error:
        raise UsageError(f"{_shown(name)}: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _shown(name: str) -> str:
    """A name that may hold control characters, as a line of the terminal."""
    return name if name.isprintable() else ascii(name)[1:-1]
