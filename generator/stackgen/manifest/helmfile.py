"""Helmfiles that are templates, evaluated with the values of their environment.

Helmfile evaluates such a file part by part, from one `---` to the next; the environments of a part
give the values for those after it. Source: https://helmfile.readthedocs.io, Environment Values,
The Helmfile Best Practices Guide and Templating.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.chart_values import over
from stackgen.manifest.document import Source, YamlProblem
from stackgen.manifest.gotemplate.evaluate import Evaluator, Piece
from stackgen.manifest.gotemplate.functions import FUNCTIONS, WITH_EVALUATOR
from stackgen.manifest.gotemplate.stream import Stream
from stackgen.manifest.gotemplate.syntax import TemplateError, UnsupportedError, parse
from stackgen.manifest.gotemplate.values import shown
from stackgen.manifest.resource import Resource, Written
from stackgen.manifest.yaml_in import parse as parse_yaml
from stackgen.reading import read_text, walk
from stackgen.record import record
from stackgen.regex import regex

_NAME = regex(r"(?:^|/)helmfile[^/]*\.gotmpl\Z|(?:^|/)helmfile\.d/[^/]*\.gotmpl\Z")
_PART = regex(r"^---[ \t]*$", 8)  # re.MULTILINE
_DEFAULT = "default"  # the environment without `--environment`
_MOST_FILES = 40  # of values, for one helmfile
_TEMPLATE = ".gotmpl"
# What reads values: helmfiles, templates, scripts and programs.
_READER = regex(
    r"(?i)helmfile|\A(?:Makefile|Taskfile|Justfile)"
    r"|\.(?:gotmpl|tmpl|sh|bash|mk|py|go|js|ts)\Z"
)
_BLANKED = regex(r"(?m)^[ \t]*#.*$|\{\{-?[ \t]*/\*.*?\*/")
# All values are passed on; `hasKey .Values "name"` and the like name one.
_WHOLE = regex(
    r"(?<!\bhasKey \$)(?<!\bhasKey )(?<!\bget )(?<!\bindex )\.(?:Values|StateValues)(?![\w.])"
)
_WORD = regex(r"\w+")


@record
class Helmfile:
    """settings: its documents. said: with which environment. values: what it sees as `.Values`.

    files: those with the values of the environment.
    """

    source: Source
    settings: tuple[Resource, ...]
    said: str
    values: dict[str, Any]
    files: tuple[str, ...]


def is_helmfile(name: str) -> bool:
    """Whether a file is a helmfile that is a template, by its name."""
    return _NAME.search(name) is not None


def rendered(text: str, name: str) -> Helmfile:
    """What helmfile reads of a file. Raises UsageError for what only helmfile can evaluate."""
    folder, source = os.path.dirname(name), Source(name, text)
    values: dict[str, Any] = {}
    environment = _DEFAULT
    files: list[str] = []
    settings: list[Resource] = []
    try:
        for before, part in _parts(text):
            pieces = _evaluated(part, folder, values, environment)
            stream = Stream([], [], set())
            stream.add(name, [(t, n + before if n > 0 else n - before) for t, n in pieces])
            at = partial(_place, source, stream.lines)
            for document in parse_yaml("".join(stream.texts), name):
                if any(problem.fatal for problem in document.problems):
                    raise UsageError("what it makes is not YAML")
                if not isinstance(document.data, dict):
                    continue
                written = Written(name, "the template it is made from", None, at)
                settings.append(Resource(document.data, name, document=document, written=written))
                known = _of(document.data, "environments")
                environment = (
                    str(next(iter(known))) if known and _DEFAULT not in known else environment
                )
                given = _of(known, environment).get("values")
                for more in _values(given, folder, values, environment, files):
                    values = over(values, more)
    except TemplateError as error:
        raise UsageError(str(error)) from None
    said = f"evaluated with the values of the environment {environment}"
    return Helmfile(source, tuple(settings), said, values, tuple(files))


def unread(made: Helmfile) -> Iterator[tuple[Source, YamlProblem]]:
    """Values of the environment that nothing beside the helmfile names.

    Other helmfiles do not see them. Source: https://helmfile.readthedocs.io, Environment Values.
    """
    folder = os.path.dirname(made.source.name)
    used = "\n".join(_BLANKED.sub("", text) for text in _texts(folder or ".", made))
    if _WHOLE.search(used) or any(one.get("bases") for one in made.settings):
        return
    words = frozenset(_WORD.findall(used))
    for file in made.files:
        # What is also given to a chart, or belongs to one, may be for its templates.
        again = made.source.text.count(os.path.basename(file)) > 1
        if again or file.endswith(_TEMPLATE) or os.path.isfile(os.path.join(folder, "Chart.yaml")):
            continue
        source = Source(file, read_text(file))
        for document in parse_yaml(source.text, file):
            data = document.data if isinstance(document.data, dict) else {}
            for key in data:
                mark = document.marks().at((key,), key=True)
                if mark is not None and str(key) not in words:
                    said = f"no helmfile, template or script beside it reads {key}"
                    yield source, YamlProblem("helm-value-unread", said, mark)


def _texts(folder: str, made: Helmfile) -> Iterator[str]:
    """The helmfile, and the templates, scripts and helmfiles below its folder."""
    yield made.source.text
    for here, _, names in walk(folder):
        for name in sorted(names):
            file = os.path.normpath(os.path.join(here, name))
            if _READER.search(name) and file not in (made.source.name, *made.files):
                with suppress(UsageError):  # such as a program that is not text
                    yield read_text(file)


def _place(source: Source, lines: list[tuple[str, int]], line: int) -> tuple[Source, int] | None:
    """The place in the helmfile of a line that was made."""
    return (source, lines[line - 1][1]) if 0 < line <= len(lines) else None


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a helmfile, with the number of lines before each."""
    start, before = 0, 0
    for found in [*_PART.finditer(text), None]:
        part = text[start : found.start() if found else len(text)]
        yield before, part
        if found:
            before += part.count("\n")
            start = found.end()


def _evaluated(text: str, folder: str, values: dict[str, Any], environment: str) -> list[Piece]:
    known: dict[str, tuple[Any, ...]] = {}
    known[""] = parse(text, known)
    evaluator = Evaluator(known, {**FUNCTIONS, **_functions(folder)}, {**WITH_EVALUATOR, **_OWN})
    data = {
        "Values": values,
        "StateValues": values,
        "Environment": {"Name": environment, "Values": values, "KubeContext": ""},
        "Namespace": "",
    }
    return evaluator.run("", data)


def _values(
    given: Any, folder: str, values: dict[str, Any], environment: str, files: list[str]
) -> Iterator[dict[str, Any]]:
    """The values of an environment: objects, and files beside the helmfile."""
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict):
            yield one
        if not isinstance(one, str):
            continue
        text = _read(folder, one)
        files.append(os.path.normpath(os.path.join(folder, one)))
        if len(files) > _MOST_FILES:
            raise UsageError(f"has over {_MOST_FILES} files of values")
        if one.endswith(_TEMPLATE):
            text = "".join(t for t, _ in _evaluated(text, folder, values, environment))
        for document in parse_yaml(text, one):
            if isinstance(document.data, dict):
                yield document.data


def _read(folder: str, name: str) -> str:
    """A file beside the helmfile. Raises UsageError if it is elsewhere or not there."""
    file = os.path.normpath(os.path.join(folder, name))
    inside = os.path.realpath(file).startswith(os.path.realpath(folder or ".") + os.sep)
    if "://" in name or "::" in name or not inside or not os.path.isfile(file):
        raise UsageError(f"needs {name}, which is not in its folder")
    return read_text(file)


def _of(data: Any, key: str) -> dict[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _functions(folder: str) -> dict[str, Callable[..., Any]]:
    def read_file(name: Any) -> str:
        try:
            return _read(folder, shown(name))
        except UsageError as error:
            raise UnsupportedError(str(error)) from None

    def is_file(name: Any) -> bool:
        return os.path.isfile(os.path.join(folder, shown(name)))

    return {"readFile": read_file, "isFile": is_file, **_ENVIRONMENT}


def _variable(name: Any, *_: Any) -> str:
    """A variable of the shell: its value is not known, and is written as a script would."""
    return f"${{{shown(name)}}}"


def _optional(name: Any) -> str:
    """A variable that is often not set, for which templates have a default."""
    return _variable(name) if shown(name) in ("HOME", "USER", "PWD") else ""


def _get(path: Any, *given: Any) -> Any:
    """A value by its path, with a default before it."""
    value = given[-1]
    for step in shown(path).split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return given[0] if value is None and len(given) > 1 else value


def _required_variable(_: Evaluator, name: Any) -> str:
    return _variable(name)


def _printed(*_: Any) -> str:
    """What a program prints is not known."""
    return "${exec}"


_ENVIRONMENT: dict[str, Callable[..., Any]] = {
    "env": _optional, "exec": _printed, "get": _get, "getOrNil": _get,
}  # fmt: skip
_OWN: dict[str, Callable[..., Any]] = {"requiredEnv": _required_variable}
