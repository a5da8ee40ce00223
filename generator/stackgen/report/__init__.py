"""Reports: one module for each subject and format, `<subject>_<format>.py`, found by its name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackgen.findings.pipeline import Outcome
    from stackgen.report.style import Style

DEFAULT = "text"


@cache
def formats(subject: str) -> tuple[str, ...]:
    """The formats of reports on `subject`, such as `findings`: the default first, then by name."""
    prefix = f"{subject}_"
    modules = [one.name for one in pkgutil.iter_modules(__path__)]
    found = [name.removeprefix(prefix) for name in modules if name.startswith(prefix)]
    return tuple(sorted(found, key=lambda form: (form != DEFAULT, form)))


def renderer(subject: str, form: str) -> Callable[..., str]:
    """`render` of a format: from what is reported, and the style of the terminal, to the text."""
    found: Callable[..., str] = importlib.import_module(f"{__name__}.{subject}_{form}").render
    return found


def render(form: str, outcome: Outcome, style: Style) -> str:
    """The report on findings in one of `formats("findings")`."""
    return renderer("findings", form)(outcome, style)
