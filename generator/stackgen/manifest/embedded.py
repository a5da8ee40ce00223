"""Commands in files that are no scripts: Makefiles, hooks of helmfiles, jobs and tasks in YAML.

Each command keeps its lines, so that what is wrong with it is shown where it is written.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.manifest import makefile
from stackgen.manifest.document import Document, Path, Source
from stackgen.manifest.yaml_in import parse
from stackgen.regex import regex

SUFFIXES = (".yaml", ".yml", ".gotmpl")
_HELMFILE = regex(r"(?:\A|/)helmfile(?:\.d/)?[^/]*\.(?:yaml|yml|gotmpl)\Z")
_WORKFLOW = regex(r"(?:\A|/)\.github/workflows/[^/]+\Z")
_TASKS = regex(r"(?i)(?:\A|/)Taskfile[^/]*\.ya?ml\Z")
_BUILD = regex(r"(?:\A|/)cloudbuild[^/]*\.ya?ml\Z")
_HOOKS = regex(r"(?m)^([ \t]*)(?:-[ \t]+)?hooks:[ \t]*(?:#.*)?$")
_ACTION = regex(r"\$?\{\{[^{}\n]*\}\}|(?m:^[ \t]*\{\{.*$)")
_LITERAL = regex(r"\|[-+\d]*[ \t]*(?:#.*)?\Z")
_SHELLS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "ash", "/bin/ash"})
_PROGRAMS = regex(r"(?:\A|/)(?:kubectl|helm|gcloud|gke-deploy)\Z")
# A job that works on a cluster which stays, and not on one that it creates to test.
_CLUSTER = regex(
    r"get-gke-credentials|\bclusters get-credentials\b|update-kubeconfig|aks get-credentials"
    r"|k8s-set-context|aks-set-context|(?i:kube_?config)"
)
_TESTING = regex(r"\bkind(?:-action|\s+create)|minikube|\bk3d\b|\bk3s\b")
_CREDENTIALS = "google-github-actions/get-gke-credentials@"
_GET_CREDENTIALS = "gcloud container clusters get-credentials"
_SIGN_IN = (("cluster_name", ""), ("location", "--location"), ("project_id", "--project"))
_MOST = 2_000  # lines of commands in a file


def scripts(name: str, text: str) -> Iterator[Source]:
    """The file itself, if it has commands."""
    if commands(name, text):
        yield Source(name, text)


def script_of(source: Source) -> str:
    """The text of a script, or the commands of another file as one, on their own lines."""
    if source.name.endswith(makefile.SUFFIXES):
        return makefile.as_script(source.text)
    return commands(source.name, source.text) if source.name.endswith(SUFFIXES) else source.text


def is_workflow(name: str) -> bool:
    """Whether a file has jobs of GitHub, by its path."""
    return _WORKFLOW.search(name) is not None


def commands(name: str, text: str) -> str:
    """The commands in a file of YAML, as a script with as many lines; empty if it has none."""
    lines: dict[int, str] = {}
    if _HELMFILE.search(name):
        for before, block in _blocks(text):
            for document in _documents(block):
                hooks = document.data.get("hooks") if isinstance(document.data, dict) else None
                for i, hook in _maps(hooks):
                    _run(document, ("hooks", i), hook, ("command",), before, lines)
    elif _WORKFLOW.search(name):
        for document in _documents(_ACTION.sub(_unknown, text)):
            _of_workflow(document, lines)
    elif _TASKS.search(name):
        for document in _documents(_ACTION.sub(_unknown, text)):
            _of_tasks(document, lines)
    elif _BUILD.search(name):
        for document in _documents(text):
            for i, step in _maps(_of(document.data).get("steps")):
                _run(document, ("steps", i), step, ("entrypoint", "name"), 0, lines)
    if not lines or len(lines) > _MOST:
        return ""
    return "\n".join(lines.get(i, "") for i in range(1, text.count("\n") + 2))


def _documents(text: str) -> Iterator[Document]:
    """The documents that can be read. What is secret in them is learned where they are linted."""
    for document in parse(text, "commands", learning=False):
        if not any(problem.fatal for problem in document.problems):
            yield document


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a helmfile below `hooks`, and the number of lines before each."""
    written = text.split("\n")
    for found in _HOOKS.finditer(text):
        before = text.count("\n", 0, found.start())
        own = written[before].index("hooks")
        end = before + 1
        while end < len(written) and _belongs(written[end], own):
            end += 1
        block = [" " * own + written[before][own:], *written[before + 1 : end]]
        yield before, "\n".join(_ACTION.sub(_unknown, line) for line in block)


def _belongs(line: str, indent: int) -> bool:
    """Whether a line is below a key, of which a list may begin in the column of the key."""
    plain = line.lstrip()
    if not plain or plain.startswith(("#", "{{")):
        return True
    column = len(line) - len(plain)
    return column > indent or (column == indent and plain.startswith("- "))


def _unknown(action: re.Match[str]) -> str:
    """A template as a variable of which no value is known; one on its own line as nothing."""
    length = len(action[0])
    return " " * length if action[0][0] in " \t" else "$" + "_" * (length - 1)


def _of_workflow(document: Document, lines: dict[int, str]) -> None:
    data = _of(document.data)
    for name, job in _of(data.get("jobs")).items():
        steps = list(_maps(_of(job).get("steps")))
        said = repr([step for _, step in steps])
        if not _CLUSTER.search(said) or _TESTING.search(said):
            continue
        _variables(document, ("env",), data, lines)
        _variables(document, ("jobs", name, "env"), _of(job), lines)
        for i, step in steps:
            at: Path = ("jobs", name, "steps", i)
            _variables(document, (*at, "env"), step, lines)
            uses = step.get("uses")
            if isinstance(uses, str) and uses.startswith(_CREDENTIALS):
                _sign_in(document, at, step, lines)
            if isinstance(step.get("run"), str) and "working-directory" not in step:
                _body(document, (*at, "run"), step["run"], 0, lines)


def _sign_in(document: Document, at: Path, step: Mapping[Any, Any], lines: dict[int, str]) -> None:
    """The action that makes a cluster the current one, as the command that does the same."""
    given = _of(step.get("with"))
    words: list[tuple[str, Path]] = []
    for key, flag in (
        ("cluster_name", ""),
        ("location", "--location"),
        ("project_id", "--project"),
    ):
        if isinstance(given.get(key), str):
            where: Path = (*at, "with", key)
            words += [(flag, where)] if flag else []
            words.append((given[key], where))
    if "cluster_name" in given and "/" not in str(given["cluster_name"]):
        begin = [(word, (*at, "uses")) for word in _GET_CREDENTIALS.split()]
        _words(document, [*begin, *words], 0, lines)


def _variables(
    document: Document, at: Path, given: Mapping[Any, Any], lines: dict[int, str]
) -> None:
    """Constants that the shell finds in its variables."""
    for key, value in _of(given.get("env")).items():
        mark = document.mark((*at, key))
        if mark is not None and isinstance(key, str) and isinstance(value, str | int):
            lines[mark.line] = f"{key}={shlex.quote(str(value))}" if "$" not in str(value) else ""


def _of_tasks(document: Document, lines: dict[int, str]) -> None:
    for name, task in _of(_of(document.data).get("tasks")).items():
        if "dir" in _of(task):
            continue
        for i, one in enumerate(_list(_of(task).get("cmds"))):
            at: Path = ("tasks", name, "cmds", i)
            if isinstance(one, str):
                _body(document, at, one, 0, lines)
            elif isinstance(_of(one).get("cmd"), str):
                _body(document, (*at, "cmd"), one["cmd"], 0, lines)


def _run(
    document: Document,
    at: Path,
    run: Mapping[Any, Any],
    keys: tuple[str, ...],
    before: int,
    lines: dict[int, str],
) -> None:
    """A program with its arguments, or the script that it gives to a shell."""
    key = next((one for one in keys if isinstance(run.get(one), str)), "")
    program = str(run.get(key, ""))
    args = [one for one in _list(run.get("args")) if isinstance(one, str | int | float)]
    if program in _SHELLS and len(args) > 1 and re.fullmatch(r"-\w*c", str(args[0])):
        _body(document, (*at, "args", 1), str(args[1]), before, lines)
    elif _PROGRAMS.search(program):
        words = [(os.path.basename(program), (*at, key))]
        words += [(str(one), (*at, "args", i)) for i, one in enumerate(args)]
        _words(document, words, before, lines)


def _words(
    document: Document, words: Iterable[tuple[str, Path]], before: int, lines: dict[int, str]
) -> None:
    """One command, each of its words where it is written."""
    placed: dict[int, list[str]] = {}
    for word, path in words:
        mark = document.mark(path)
        if mark is None or "\n" in word:
            return
        # A word with a variable stays one, as a template is often part of it.
        plain = word if re.fullmatch(r"[\w./:@=,$-]+", word) else shlex.quote(word)
        placed.setdefault(mark.line + before, []).append(plain)
    last = max(placed, default=0)
    for number in range(min(placed, default=1), last + 1):
        more = " \\" if number < last else ""
        lines[number] = " ".join(placed.get(number, [])) + more


def _body(document: Document, at: Path, body: str, before: int, lines: dict[int, str]) -> None:
    """A script, whose lines follow the key in a block, or are one line beside it."""
    mark = document.mark(at)
    if mark is None:
        return
    first = document.source.text.split("\n")[mark.line - 1]
    below = 1 if _LITERAL.search(first) else 0
    parts = body.rstrip("\n").split("\n") if below else [body.replace("\n", " ")]
    for number, line in enumerate(parts, mark.line + before + below):
        lines[number] = line


def _maps(given: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for i, one in enumerate(_list(given)):
        if isinstance(one, dict):
            yield i, one


def _of(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
