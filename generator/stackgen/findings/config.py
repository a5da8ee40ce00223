"""`.stackgen.yaml`: what a repository settles for every run in its folder and below it.

select: [tpu, serving]         # families, rule ids or globs; all rules unless given
ignore: [policy-image-digest]
fail-on: warning               # error, warning or info
paths:
  - {path: vendor/**, ignore: [policy], reason: charts of others, as they are}
exclude: [vendor/, "*.tmpl.yaml"]  # not linted: patterns in the syntax of .gitignore
respect-gitignore: false       # lint also what .gitignore files exclude
profile: {stage: dev}          # what policies know about the cluster; see policies/README.md. Its
                               # name is the severity profile; `profile: strict` is the name alone
catalog: catalog               # folder of the user's rows; these three are the folders beside
schemas: [schemas]             # stack.yaml unless given. "" or [] is none.
policies: [policies]
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal, get_args

from stackgen.cache import seen
from stackgen.errors import UsageError
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.findings.select import selectors
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Document, Mark, Path
from stackgen.manifest.excluded import REPOSITORY, Excluded, check_patterns
from stackgen.reading import MAX_SPEC, read_text
from stackgen.record import record
from stackgen.spelling import did_you_mean

# Severity profiles: how severe the findings of a run are.
#
# default: an error is refused by the API server or a controller, or certainly does not work. A
# warning is likely to do damage. What is a matter of policy is at most what the rule's page says
# as `by_default`. production: policies count as their pages say. strict: as `production`, and a
# warning counts as an error.

SeverityProfile = Literal["default", "strict", "production"]
PROFILES: tuple[SeverityProfile, ...] = get_args(SeverityProfile)


def weigh(finding: Finding, profile: SeverityProfile) -> Finding:
    """The finding with the severity that it has in the profile."""
    level = finding.level
    if profile == "default":
        level = min(level, finding.rule.by_default)
    elif profile == "strict" and level is Severity.WARNING:
        level = Severity.ERROR
    return finding if level is finding.level else replace(finding, severity=level)


STAGES = ("dev", "test", "prod")
_TEXTS, _FLAG = "a list of texts", "true or false"
PROFILE_KEYS = {
    "stage": f"one of {', '.join(STAGES)}",
    "allowedRegistries": _TEXTS,
    "gatedModels": _TEXTS,
    "foreignNamespaces": _TEXTS,
    "networkPolicyEnforced": _FLAG,
    "fqdnNetworkPolicy": _FLAG,
    "schedulerFailOpen": _FLAG,
    "defaultDeny": _FLAG,
    "unverifiedHosts": _TEXTS,
    "kserveTLS": _FLAG,
    "authentication": "none",
    "coldStartSeconds": "a number of seconds",
    "nodePools": "a list of mappings with accelerator, topology and maxNodes",
}
_POOL = {"accelerator": str, "topology": str, "maxNodes": int}


def problem(key: str, value: Any) -> str:
    """What is wrong with an entry of a profile; empty when nothing is."""
    if key not in PROFILE_KEYS:
        return did_you_mean(key, PROFILE_KEYS) or f"; the keys are {', '.join(PROFILE_KEYS)}"
    return "" if _fits(PROFILE_KEYS[key], value) else f" is not {PROFILE_KEYS[key]}"


def _fits(wanted: str, value: Any) -> bool:
    if wanted == _TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if wanted == _FLAG:
        return isinstance(value, bool)
    if wanted == PROFILE_KEYS["coldStartSeconds"]:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    if wanted == PROFILE_KEYS["nodePools"]:
        return isinstance(value, list) and all(map(_is_pool, value))
    return value in (STAGES if wanted == PROFILE_KEYS["stage"] else (wanted,))


def _is_pool(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_POOL)
        and all(type(value[key]) is kind for key, kind in _POOL.items())
    )


FILE = ".stackgen.yaml"
FOLDERS = ("catalog", "schemas", "policies")
KEYS = (
    "select", "ignore", "fail-on", "paths", "exclude", "respect-gitignore", "profile", *FOLDERS
)  # fmt: skip
MAX_PATHS = 200  # each is compared with every file; docs/reliability.md tells users the figure
NAME = "name"  # of the severity profile, beside what `profile` says about the cluster
LEVELS = ("error", "warning", "info")


@record
class Config:
    """What the file says; empty when there is none. file: as messages name it."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = ""
    suppressions: tuple[Suppression, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    severities: SeverityProfile | None = None
    excluded: Excluded = Excluded()
    file: str = ""


@record
class Folders:
    """The folders of the user's own rows, schemas and policies, relative to that of the spec.

    catalog: empty for none.
    """

    catalog: str = ""
    schemas: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


def load_folders(folder: str, *, by_default: bool) -> Folders:
    """The folders that the config file for `folder` names; all exist.

    by_default: for those that it does not name, the usual ones count where they exist. Raises
    UsageError, with line and column, for a config file that is wrong.
    """
    usual = {name: [name] for name in FOLDERS if by_default and _is_folder(folder, name)}
    reader = _reader(folder, {})
    named = reader.folders(folder) if reader else {}
    for key, name in ((key, name) for key, names in named.items() for name in names):
        if reader is not None and not _is_folder(folder, name):
            raise reader.error((key,), f"there is no folder {name}")
    found = {name: tuple(named.get(name, usual.get(name, ()))) for name in FOLDERS}
    return Folders("".join(found["catalog"]), found["schemas"], found["policies"])


def named_folders(folder: str) -> tuple[str, ...]:
    """The folders that the config file for `folder` names, whether they exist or not."""
    reader = _reader(folder, {})
    named = reader.folders(folder) if reader else {}
    return tuple(name for names in named.values() for name in names)


def _is_folder(root: str, name: str) -> bool:
    seen.name(os.path.join(root, name))
    return os.path.isdir(os.path.join(root, name))


def load(folder: str, rules: Mapping[str, Rule], base: str = "") -> Config:
    """The config file for `folder`: in it, or in the nearest folder above.

    base: the folder that the names of findings are relative to. Raises UsageError, with line and
    column, when the file is wrong.
    """
    reader = _reader(folder, rules)
    return reader.config(base) if reader else Config()


def file_for(folder: str) -> str:
    """The path of the config file for `folder`; empty for none.

    The top of a Git repository ends the search.
    """
    here = os.path.abspath(folder)
    while True:
        path = os.path.join(here, FILE)
        top = os.path.join(here, REPOSITORY)
        seen.name(path)
        if os.path.lexists(path):
            return path
        seen.name(top)
        above = os.path.dirname(here)
        if os.path.lexists(top) or above == here:
            return ""
        here = above


def _reader(folder: str, rules: Mapping[str, Rule]) -> _Reader | None:
    path = file_for(folder)
    if not path:
        return None
    name = os.path.relpath(path)
    return _read(read_text(path, name, MAX_SPEC), name, rules, os.path.dirname(path))


def read(text: str, name: str, rules: Mapping[str, Rule]) -> Config:
    """What the text of a config file says."""
    reader = _read(text, name, rules)
    return reader.config() if reader else Config()


def _read(text: str, name: str, rules: Mapping[str, Rule], home: str = "") -> _Reader | None:
    from stackgen.manifest.yaml_in import Dialect, parse

    documents = parse(text, name, Dialect.SPEC, record=True)
    if not documents:
        return None
    document = documents[0]
    for problem in document.problems:
        mark = problem.mark
        raise UsageError(f"{name}:{mark.line}:{mark.column}: {problem.message}")
    return _Reader(document, name, rules, home)


@record
class _Reader:
    """home: the folder of the file."""

    document: Document
    name: str
    rules: Mapping[str, Rule]
    home: str

    def config(self, base: str = "") -> Config:
        data = self._mapping((), self.document.data, KEYS)
        level = data.get("fail-on", "")
        if level and level not in LEVELS:
            raise self.error(("fail-on",), f'"{level}" is not one of {", ".join(LEVELS)}')
        found: list[Suppression] = []
        entries = data.get("paths", [])
        if not isinstance(entries, list):
            raise self.error(("paths",), "is not a list")
        if len(entries) > MAX_PATHS:
            raise self.error(("paths",), f"has more than {MAX_PATHS} entries")
        for index, entry in enumerate(entries):
            found.extend(self._path_entry(("paths", index), entry, os.path.abspath(base)))
        return Config(
            self._selectors(("select",), data), self._selectors(("ignore",), data), level,
            tuple(found), self._profile(("profile",), data.get("profile", {})),
            self._severities(data.get("profile")), self._excluded(data), self.name,
        )  # fmt: skip

    def _excluded(self, data: Mapping[str, Any]) -> Excluded:
        git = data.get("respect-gitignore", True)
        if not isinstance(git, bool):
            raise self.error(("respect-gitignore",), "is not true or false")
        lines = self._strings(("exclude",), data, "patterns, in the syntax of .gitignore")
        wrong = check_patterns(lines)
        if wrong:
            raise self.error(("exclude",), wrong)
        patterns = ((f"`exclude` in {self.name}", self.home, lines),) if lines else ()
        return Excluded(patterns, git)

    def _severities(self, profile: Any) -> SeverityProfile | None:
        """The severity profile: `name` in the profile, or the profile when it is one word."""
        named = isinstance(profile, dict) and NAME in profile
        given = profile[NAME] if named else profile
        if not named and not isinstance(profile, str):
            return None
        for name in PROFILES:
            if given == name:
                return name
        path = ("profile", NAME) if named else ("profile",)
        raise self.error(path, f"is not one of {', '.join(PROFILES)}")

    def folders(self, root: str) -> dict[str, list[str]]:
        """The folders that the file names, by key, relative to `root`."""
        data = self._mapping((), self.document.data, KEYS)
        home = os.path.relpath(self.home, os.path.abspath(root))
        return {
            key: [os.path.normpath(os.path.join(home, x)) for x in self._folders(key, data[key])]
            for key in FOLDERS
            if key in data
        }

    def _folders(self, key: str, value: Any) -> list[str]:
        if key == "catalog":
            if not isinstance(value, str):
                raise self.error((key,), "is not a folder")
            value = [value] if value else []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error((key,), "is not a list of folders")
        for name in value:
            if os.path.isabs(name) or ".." in name.split("/"):
                raise self.error((key,), f"{name} is not below the folder of {FILE}")
        return value

    def _profile(self, path: Path, value: Any) -> dict[str, Any]:

        if isinstance(value, str):  # a severity profile, which says nothing about the cluster
            return {}
        known = self._mapping(path, value, (*PROFILE_KEYS, NAME))
        data = {key: entry for key, entry in known.items() if key != NAME}
        for key, entry in data.items():
            wrong = problem(key, entry)
            if wrong:
                raise self.error((*path, key), wrong.strip())
        return data

    def _path_entry(self, path: Path, entry: Any, base: str) -> list[Suppression]:
        data = self._mapping(path, entry, ("path", "ignore", "reason", "until"))
        files = data.get("path")
        if not isinstance(files, str) or not files:
            raise self.error(path, "needs a `path`")
        names = self._selectors((*path, "ignore"), data)
        if not names:
            raise self.error(path, "needs `ignore`: families, rule ids or globs")
        reason, until = data.get("reason") or "", data.get("until") or ""
        return [
            Suppression(
                name, str(reason), until=str(until), place=self._place((*path, "path")),
                kind="config", path=files, base=os.path.relpath(base, self.home or base),
            )
            for name in names
        ]  # fmt: skip

    def _selectors(self, path: Path, data: Mapping[str, Any]) -> tuple[str, ...]:
        value = self._strings(path, data, "families, rule ids or globs")
        return selectors(self.rules, value, self._at(path))

    def _strings(self, path: Path, data: Mapping[str, Any], what: str) -> tuple[str, ...]:
        value = data.get(str(path[-1]), [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error(path, f"is not a list of {what}")
        return tuple(value)

    def _mapping(self, path: Path, value: Any, keys: tuple[str, ...]) -> dict[str, Any]:
        if value is None and not path:
            return {}
        if not isinstance(value, dict):
            raise self.error(path, f"is not an object with the keys {', '.join(keys)}")
        for key in value:
            if key not in keys:
                hint = did_you_mean(key, keys) or f"; the keys are {', '.join(keys)}"
                raise self.error((*path, key), f'unknown key "{key}"{hint}', key=True)
        return value

    def _mark(self, path: Path, key: bool = False) -> Mark:
        return self.document.marks().at(path, key) or Mark(1, 1, 2)

    def _at(self, path: Path, key: bool = False) -> str:
        mark = self._mark(path, key)
        return f"{self.name}:{mark.line}:{mark.column}"

    def _place(self, path: Path) -> Place:
        text = self.document.source.text
        return Place(path=path, file=self.name, text=text, mark=self._mark(path))

    def error(self, path: Path, what: str, key: bool = False) -> UsageError:
        field = "" if key or not path else f"`{path[-1]}` " if isinstance(path[-1], str) else ""
        return UsageError(f"{self._at(path, key)}: {field}{what}")
