"""Reading `stack.yaml` and an overlay: one merged tree in which every value knows its line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from stackgen import reading
from stackgen.cache import seen
from stackgen.errors import UsageError
from stackgen.manifest.document import Mark, Path, Source, YamlProblem
from stackgen.manifest.secret_values import may_hold_secrets, places_of
from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.record import record, slotted
from stackgen.spec.model_config import ModelConfig, read_config

Texts = dict[str, str]
WHAT_IF = "--what-if"  # what places of values that are tried out are called


@slotted
class Node:
    """A value with its place. `value` is a dict or list of nodes, or a scalar.

    path: where it stands in its own file, which counts list items otherwise than the merged spec.
    """

    value: Any
    source: Source
    mark: Mark
    key_mark: Mark | None = None
    path: Path = ()


@record
class Loaded:
    """The merged spec as plain data, with the place of every key and value.

    problems: what the YAML itself does wrong, with the text it stands in. configs: the model
    configs that the spec names, by their path. nulls: keys without a value, and keys that the
    overlay removes; they are not in `data`. secrets: the paths of values that are not shown.
    """

    data: Any
    nodes: dict[Path, Node]
    sources: tuple[Source, ...]
    problems: tuple[tuple[Source, YamlProblem], ...] = ()
    nulls: dict[Path, Node] = field(default_factory=dict)
    configs: Mapping[str, ModelConfig] = field(default_factory=dict)
    secrets: frozenset[Path] = frozenset()

    def node(self, path: Path) -> Node:
        """The node at `path`, or its nearest parent that is there."""
        while path and path not in self.nodes:
            if path in self.nulls:
                return self.nulls[path]
            path = path[:-1]
        return self.nodes[path]


def read_inside(root: str, name: str) -> str:
    """The text of the file `name` below `root`. Raises UsageError when it cannot be used."""
    path = os.path.join(root, name)
    seen.name(path)
    inside = os.path.realpath(root) + os.sep
    if not os.path.realpath(path).startswith(inside):
        raise UsageError(f"{name}: leads out of the repository")
    return reading.read_text(path, name, reading.MAX_SPEC)


def read_once(root: str, name: str, texts: Texts) -> str:
    """The text of a file as it was first read: a file may change while environments compile."""
    if name not in texts:
        texts[name] = read_inside(root, name)
    else:
        seen.again(os.path.join(root, name))
    return texts[name]


def learn_from(root: str, name: str, texts: Texts) -> None:
    """Read a file as `read_once` does, and remember the secrets in it. Raises UsageError."""
    text = read_once(root, name, texts)
    if may_hold_secrets(text):
        parse(text, name, Dialect.SPEC)


@record
class Change:
    """A value to try out: `text`, as it was typed, sets the value at `path`."""

    path: Path
    value: Any
    text: str


def load(
    root: str,
    file: str,
    overlay: str | None = None,
    changes: tuple[Change, ...] = (),
    texts: Texts | None = None,
) -> Loaded:
    """Load `file`, merge the file `overlay` onto it when given. Paths are relative to `root`.

    changes: values that are tried out instead of those of the files. texts: files that were read
    before, by their path; what is read is added.
    """
    texts = {} if texts is None else texts
    base, problems = _read(root, file, texts)
    sources = [base.source]
    if overlay is not None:
        layer, more = _read(root, overlay, texts, may_be_empty=True)
        sources.append(layer.source)
        problems = (*problems, *more)
        if isinstance(base.value, dict):  # otherwise, the base is what is wrong
            base = merge(base, layer)
    for change in changes:
        source = Source(WHAT_IF, change.text)
        sources.append(source)
        node = Node(change.value, source, Mark(1, 1, len(change.text) + 1))
        base = _changed(base, change.path, node)
    nodes: dict[Path, Node] = {}
    nulls: dict[Path, Node] = {}
    data = _plain(base, (), nodes, nulls)
    configs = {name: read_config(root, name, texts) for name in _config_names(data)}
    sources += [config.source for config in configs.values() if config.source.text]
    return Loaded(data, nodes, tuple(sources), problems, nulls, configs, places_of(data))


def _changed(base: Node, path: Path, node: Node) -> Node:
    """`base` with `node` at `path`; mappings on the way are made, list items must be there."""
    if not path:
        return node
    step, rest = path[0], path[1:]
    if isinstance(base.value, list):
        items = list(base.value)
        items[int(step)] = _changed(items[int(step)], rest, node)
        return replace(base, value=items)
    inner = dict(base.value) if isinstance(base.value, dict) else {}
    empty = Node({}, node.source, node.mark)
    inner[str(step)] = _changed(inner.get(str(step), empty), rest, node)
    return replace(base, value=inner)


def _config_names(data: Any) -> list[str]:
    """The paths of model configs in a spec of any shape, each once."""
    serving = data.get("spec", {}) if isinstance(data, dict) else {}
    serving = serving.get("serving", {}) if isinstance(serving, dict) else {}
    models = serving.get("models", []) if isinstance(serving, dict) else []
    if not isinstance(models, list):
        return []
    names = [m.get("config") for m in models if isinstance(m, dict)]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _read(
    root: str, file: str, texts: Texts, may_be_empty: bool = False
) -> tuple[Node, tuple[tuple[Source, YamlProblem], ...]]:
    text = read_once(root, file, texts)
    documents = parse(text, file, Dialect.SPEC, record=True)
    if not documents and may_be_empty:
        return Node({}, Source(file, text), Mark(1, 1, 2)), ()
    if not documents:
        raise UsageError(f"{file}: is empty")
    document = documents[0]
    problems = [(document.source, p) for d in documents for p in d.problems]
    if len(documents) > 1:
        extra = Mark(documents[1].line, 1, 4)
        problem = YamlProblem(
            "yaml-syntax", "holds more than one document", extra, None, True,
            remedy="Remove the line `---`, or move what follows to a stack of its own.",
        )  # fmt: skip
        problems.append((document.source, problem))
    marks = document.marks()

    def build(value: Any, path: Path, around: Mark) -> Node:
        mark = marks.values.get(path, around)
        key = marks.keys.get(path)
        if isinstance(value, dict):
            inner: Any = {k: build(v, (*path, k), mark) for k, v in value.items()}
        elif isinstance(value, list):
            inner = [build(v, (*path, i), mark) for i, v in enumerate(value)]
        else:
            inner = value
        return Node(inner, document.source, mark, key, path)

    return build(document.data, (), Mark(1, 1, 2)), tuple(problems)


def merge(base: Node, layer: Node) -> Node:
    """`layer` onto `base`: maps merge, lists of named items merge by name, null removes."""
    if isinstance(base.value, dict) and isinstance(layer.value, dict):
        return _merge_maps(base, layer)
    if _named(base) and _named(layer):
        return _merge_named(base, layer)
    return layer


def _merge_maps(base: Node, layer: Node) -> Node:
    merged = dict(base.value)
    for key, item in layer.value.items():
        merged[key] = merge(merged[key], item) if key in merged else item
    return replace(base, value=merged)


def _merge_named(base: Node, layer: Node) -> Node:
    items: list[Node] = list(base.value)
    index = {_name(item): i for i, item in enumerate(items)}
    for item in layer.value:
        at = index.get(_name(item))
        if at is None:
            items.append(item)
        else:
            merged = merge(items[at], item)
            # An overlay refers to the item by its name. The base is where it gets the name.
            merged.value["name"] = items[at].value["name"]
            items[at] = merged
    return replace(base, value=items)


def _name(node: Node) -> Any:
    name = node.value.get("name") if isinstance(node.value, dict) else None
    return name.value if name is not None else None


def _named(node: Node) -> bool:
    return (
        isinstance(node.value, list)
        and bool(node.value)
        and all(isinstance(_name(item), str) for item in node.value)
    )


def _plain(node: Node, path: Path, nodes: dict[Path, Node], nulls: dict[Path, Node]) -> Any:
    nodes[path] = node
    if isinstance(node.value, dict):
        kept = {}
        for key, item in node.value.items():
            here = (*path, key)
            if item.value is None and not _in_patch(here):
                nulls[here] = item
            else:
                kept[key] = _plain(item, here, nodes, nulls)
        return kept
    if isinstance(node.value, list):
        return [_plain(item, (*path, i), nodes, nulls) for i, item in enumerate(node.value)]
    return node.value


def _in_patch(path: Path) -> bool:
    """Whether `path` is in a patch or a template of the spec, where null removes a field."""
    patch = path[:2] == ("spec", "patches") and path[3:4] == ("patch",)
    in_model = path[:3] == ("spec", "serving", "models")
    owned = path[4:6] in (("prefill", "template"), ("picker", "template"))
    return patch or (in_model and (path[4:5] == ("template",) or owned))
