"""The Helm charts in folders of the input: what they make, without helm and with their own values.

What is made is as a stream of `helm template`, in which each line knows the line of the template
that makes it.
"""

from __future__ import annotations

import base64
import os
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.chart_deliveries import deliveries
from stackgen.manifest.chart_reads import CHART, mapping
from stackgen.manifest.document import Path, Source
from stackgen.manifest.gotemplate.chart import Made, render
from stackgen.manifest.helm import VALUES, release_name
from stackgen.manifest.resource import RENDERED, Resource
from stackgen.reading import listing, read_text
from stackgen.record import record

_MOST_DELIVERIES = 3  # of a chart that are rendered
_MOST = 3  # files of values that are tried where a chart needs some
_PLACEHOLDER = "<drawn by helm>"
_ENCODED = base64.b64encode(_PLACEHOLDER.encode()).decode()
_NEAR = 3  # lines: libyaml stops some lines after what is wrong
_TESTED = "ci"  # where the files are with which charts are tested


@record
class Rendered:
    """What a chart makes for one delivery, or without one.

    file: what reports call it. said: with which values. space: the namespace; guessed: none is
    known, and it has one of its own. delivered: these are the values that are delivered. by: as
    in `Written`.
    """

    made: Made
    file: str
    said: str
    space: str
    guessed: bool
    delivered: bool
    by: tuple[str, str, str] = ("", "", "")


def rendered(chart: str, root: str, objects: Iterable[Resource]) -> list[Rendered]:
    """What a chart of the input makes, for each of its deliveries.

    A chart that needs values, and that the input does not deliver, gets those of a file beside it.
    root: the folder of the input with the chart. Raises UsageError with what it lacks.
    """
    found: list[Rendered] = []
    failed: list[UsageError] = []
    known = deliveries(chart, root, objects)
    for one in known[:_MOST_DELIVERIES]:
        alike = [x for x in known if x.said == one.said]
        said = f"{one.said} of {one.file}" if len(alike) > 1 else one.said
        name = f"{chart} for {said}" if len(known) > 1 else chart
        space = one.space or release_name(chart)
        try:
            made = render(chart, one.values, one.name, space, root=root)
        except UsageError as error:
            failed.append(error)
            continue
        by = ("", "", "") if made.missing else (one.file, one.kind, one.called)
        file, guessed = f"{name}{RENDERED}", not one.space
        if known.index(one) == _MOST_DELIVERIES - 1 and len(known) > _MOST_DELIVERIES:
            said += f"; deliveries left out: {len(known) - _MOST_DELIVERIES}"
        found.append(Rendered(made, file, f"the values of {said}", space, guessed, True, by))
    # Where neither its own values nor those of a file are enough, some stay empty.
    tries = [(file, False) for file in ("", *_files(chart))] + [("", True)]
    for file, lenient in tries if not found else ():
        name = release_name(chart)
        try:
            made = render(chart, mapping(file) if file else {}, name, name, lenient, root)
        except UsageError as error:
            failed.append(error)
            continue
        said = f"the values of {file}" if file else "its own values"
        said += f", of which some that it requires are empty ({failed[-1]})" if lenient else ""
        return [Rendered(made, f"{chart}{RENDERED}", said, name, True, False)]
    if not found:
        raise failed[0]
    return found


def lacks_values(release: Rendered, line: int) -> bool:
    """Whether a line of the stream, or one shortly before it, prints a value that others set."""
    near = range(line - _NEAR, line + 1)
    return not release.delivered and any(one in release.made.unset for one in near)


def is_test(data: Any) -> bool:
    """Whether an object is made for `helm test` alone."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    hook = notes.get("helm.sh/hook") if isinstance(notes, dict) else None
    return isinstance(hook, str) and hook.strip().startswith("test")


def without_drawn(resource: Resource, made: Made) -> Resource:
    """A Secret whose values helm draws, with a placeholder for them."""
    if resource.kind != "Secret" or not made.drawn:
        return resource
    data = dict(resource.data)
    for part, text in (("data", _ENCODED), ("stringData", _PLACEHOLDER)):
        values = data.get(part)
        if isinstance(values, dict):
            data[part] = {
                k: text if _is_drawn(resource, (part, k), made) else v for k, v in values.items()
            }
    return replace(resource, data=data)


def unset_in(resource: Resource, release: Rendered, end: int) -> tuple[Path, ...]:
    """The paths of an object at lines where its template prints a value that others set.

    end: the line where the next document begins.
    """
    made, document, size = release.made, resource.document, len(resource.base)
    if release.delivered or document is None:
        return ()
    lines = sorted(number for number in made.unset if document.line <= number < end)
    if not lines:
        return ()
    marks = sorted(document.marks().values.items(), key=lambda one: (one[1].line, len(one[0])))
    starts = [mark.line for _, mark in marks]
    found = []
    for line in lines:
        # A text of several lines stands where it begins. What begins later is of another value.
        number = bisect_right(starts, line)
        path = marks[number - 1][0] if number else ()
        if path and path[:size] == resource.base:
            found.append(path[size:])
    return tuple(found)


def _is_drawn(resource: Resource, path: Path, made: Made) -> bool:
    mark = resource.mark(path)
    return mark is not None and mark.line in made.drawn


def _files(chart: str) -> list[str]:
    """Files of values beside a chart, by name."""
    own = [n for n in listing(chart) if VALUES.match(n) and n not in ("values.yaml", "values.yml")]
    files = [os.path.join(chart, name) for name in own]
    folder = os.path.join(chart, _TESTED)
    files += [os.path.join(folder, n) for n in listing(folder) if n.endswith((".yaml", ".yml"))]
    return files[:_MOST]


def is_library(chart: str) -> bool:
    """Whether a chart only has templates for others."""
    return mapping(os.path.join(chart, CHART)).get("type") == "library"


def line_of(made: Made, line: int) -> tuple[Source, int] | None:
    """The template that makes a line of the stream, and the line of it."""
    if not 0 < line <= len(made.lines):
        return None
    file, number = made.lines[line - 1]
    source = _source(file)
    return (source, number) if source is not None else None


@lru_cache(maxsize=256)
def _source(file: str) -> Source | None:
    try:
        return Source(file, read_text(file))
    except UsageError:
        return None  # of a packed chart, which was unpacked for a moment
