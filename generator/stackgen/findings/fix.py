"""Safe fixes: the certain remedies of findings, written into the spec.

Each fix is an edit of the text at one place; comments, layout, quoting and line ends elsewhere
stay byte for byte. An edit counts only when two readers of YAML agree that exactly the intended
value changed; otherwise the text stays and the fix is refused.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterable
from typing import Any

from stackgen.findings.edit import EditError, is_ambiguous, remove, rename, set_value, tree
from stackgen.findings.model import Fix
from stackgen.findings.pipeline import Outcome
from stackgen.manifest.document import Path
from stackgen.record import record

_BOM = "\ufeff"
AMBIGUOUS = "yaml-ambiguous-scalar"
_GONE = object()


@record
class Applied:
    """The text after the fixes that could be made; refused ones with the reason."""

    text: str
    done: tuple[Fix, ...]
    refused: tuple[tuple[Fix, str], ...]


def fixes_of(outcome: Outcome) -> dict[str, list[Fix]]:
    """The fixes of findings that are not suppressed, by file, in the order of the report."""
    by_file: dict[str, list[Fix]] = {}
    for located in outcome.shown:
        fix = located.finding.fix
        if fix is not None and fix not in by_file.setdefault(fix.file, []):
            by_file[fix.file].append(fix)
    return by_file


def apply(text: str, fixes: Iterable[Fix]) -> Applied:
    """Make `fixes` in `text`. Of two that touch the same place, the first one counts."""
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    done: list[Fix] = []
    refused: list[tuple[Fix, str]] = []
    for fix in _in_order(fixes, refused):
        try:
            body = _apply_one(body, fix)
            done.append(fix)
        except EditError as error:
            refused.append((fix, str(error)))
    return Applied(mark + body, tuple(done), tuple(refused))


def diff(file: str, before: str, after: str) -> str:
    """A unified diff, as `git apply` and `patch` take it; empty when nothing changed."""
    lines = []
    for line in difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{file}", f"b/{file}"
    ):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def _in_order(fixes: Iterable[Fix], refused: list[tuple[Fix, str]]) -> list[Fix]:
    """Fixes that do not touch one another: first those that keep places, then removals from
    the end, so that list items keep their numbers until their turn."""
    kept: list[Fix] = []
    for fix in fixes:
        if fix in kept:
            continue
        if any(_touch(fix.path, other.path) for other in kept):
            refused.append((fix, "another fix changes the same place; run again"))
        else:
            kept.append(fix)
    removals = sorted((f for f in kept if f.remove), key=lambda f: _sortable(f.path), reverse=True)
    return [f for f in kept if not f.remove] + removals


def _touch(one: Path, other: Path) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _sortable(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _apply_one(text: str, fix: Fix) -> str:
    """`text` with one fix made; the same text when it is made already. Raises EditError."""
    before = _read(text)
    wanted = [_changed(data, fix) for data in before]
    root = tree(text)
    unchanged = all(_same(old, new) for old, new in zip(before, wanted, strict=True))
    if unchanged and not (isinstance(fix.value, str) and is_ambiguous(root, fix.path)):
        return text
    if fix.rename:
        edit = rename(text, root, fix.path, fix.rename)
    elif fix.remove:
        edit = remove(text, root, fix.path)
    else:
        edit = set_value(text, root, fix.path, fix.value)
    start, end, new = edit
    result = text[:start] + new + text[end:]
    if not all(_same(got, want) for got, want in zip(_read(result), wanted, strict=True)):
        raise EditError("the edit would also change other values")
    return result


def _read(text: str) -> tuple[Any, Any]:
    """What our own reader and ruamel.yaml make of the text. Raises EditError for wrong YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from stackgen.manifest.yaml_in import Dialect, parse

    documents = parse(text, "", Dialect.SPEC)
    # Quoting an ambiguous word is a fix itself; anything else must be fixed by hand first.
    if len(documents) != 1 or any(p.rule != AMBIGUOUS for p in documents[0].problems):
        raise EditError("the YAML has problems of its own; fix those first")
    try:
        other = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        raise EditError("readers of YAML do not agree on this file") from None
    return documents[0].data, other


def _changed(data: Any, fix: Fix) -> Any:
    """A copy of `data` with the fix made; the same when there is nothing to do."""
    if not fix.path:
        raise EditError("a fix of the whole document is none")
    data = copy.deepcopy(data)
    holder = _holder(data, fix)
    step = fix.path[-1]
    if holder is _GONE:
        return data
    old = _get(holder, step)
    if fix.rename and old is not _GONE and isinstance(holder, dict) and isinstance(step, str):
        if fix.rename in holder:
            raise EditError(f"{fix.rename} already exists")
        renamed = {fix.rename if k == step else k: v for k, v in holder.items()}
        holder.clear()
        holder.update(renamed)
    elif fix.remove and old is not _GONE:
        del holder[step]
    elif not fix.rename and not fix.remove:
        if isinstance(holder, list) and step == len(holder):
            holder.append(fix.value)
        elif old is not _GONE or (isinstance(holder, dict) and isinstance(step, str)):
            holder[step] = fix.value
        else:
            raise EditError("the file does not have this path")
    return data


def _holder(data: Any, fix: Fix) -> Any:
    """The map or list that holds the last step; made on the way when a value is to be set."""
    here = data
    for step in fix.path[:-1]:
        inner = _get(here, step)
        if inner is _GONE or inner is None:
            if fix.rename or fix.remove:
                return _GONE
            if not isinstance(here, dict) or not isinstance(step, str):
                raise EditError("the file does not have this path")
            inner = here[step] = {}
        here = inner
    return here


def _get(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step, _GONE)
    if isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder):
        return holder[step]
    return _GONE


def _same(one: Any, other: Any) -> bool:
    """Equal, types included, and keys in the same order."""
    return json.dumps(one, default=repr) == json.dumps(other, default=repr)
