"""Valid inputs become hostile ones: changes to the tree, then to the text."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from typing import Any

import yaml


def _deep(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


# Values that a program mistakes for something else.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 8, 443, 65536, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5,
    -0.0, 3.0, 1e308, 5e-324, "", " ", "x", "a b", "A", "-", ".", "..", "/", "../../x", "a/b",
    "\n", "\0", "a\x1b[0m", "\u202e", "\ud800", "\U0001f4a5", "\uff11\uff12", "\u2028", "é" * 90,
    "a" * 63, "a" * 64, "a" * 253, "a" * 300, "a." * 126 + "a", "172.016.0.0/28", "10.0.0.0/33",
    "::/0", "::ffff:1.2.3.4", "0.0.0.0/0", "999.1.1.1", "https://[", "http://a:b@c:99999/%zz",
    "2026-13-45", "2026-11-29", "{{ .Values.x }}", "${X}", "<<", "~", "null", "1Gi", "-5", "1e9Gi",
    "1" * 60 + "Gi", "0.0000001m", "1e999", "0x1F", "1:30", "50%", "-50%", "101%", "*", "**",
    "(a+)+$", "[", "(?<n>a)\\k<n>", "self.x", "size(self) > 0", "pvc://", "hf://", "hf://a", "v6e",
    "2x2", "0x0", "9999999x9", "#/$defs/a", "#", "http://x", [], {}, [[]], [None], [{}], {"": None},
    {"name": None}, {"name": {}}, {"$ref": "#"}, {"a": [{"b": {}}]}, _deep(40), _deep(190),
    _deep(300), list(range(500)), {str(i): i for i in range(300)}, ["x", "x"], [{"name": "x"}] * 2,
)  # fmt: skip
KEYS = (
    "", "name", "kind", "metadata", "spec", "a.b", "a/b", "\n", "<<", "x" * 300, "\u202e", "$ref",
    "default", "null", "1", "é", "namespace", "labels", "items", "-",
)  # fmt: skip
TOKENS = (
    "\0", "\t", "&a ", "*a", "!!binary ", "!x ", "---\n", "...\n", "%YAML 1.1\n", "? ", ": ", "- ",
    "{", "[", '"', "'", "|\n", "# ", ".nan", ".inf", "<<: ", "\x85", "\ufeff", "\u2028", "1_000",
    "0o17", "2026-11-29", "{{ x }}", "\r\n", "\\ud800", "NaN", "1e999", "9" * 5000,
)  # fmt: skip


def mutated(seed: Any, chance: random.Random, most: int = 3) -> Any:
    """A copy of `seed` with one to `most` changes."""
    tree = {"": copy.deepcopy(seed)}
    for _ in range(chance.randint(1, most)):
        places = list(_places(tree))
        if not places:
            break
        holder, key = chance.choice(places)
        _change(holder, key, places, chance)
    return tree.get("")


def _places(tree: Any) -> Any:
    """Every place for a value: the mapping or list, and the key or index."""
    stack = [tree]
    while stack:
        node = stack.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            if isinstance(node[key], (dict, list)):
                stack.append(node[key])


def _change(holder: Any, key: Any, places: list[Any], chance: random.Random) -> None:
    what = chance.random()
    if what < 0.5:
        holder[key] = copy.deepcopy(chance.choice(VALUES))
    elif what < 0.6:
        del holder[key]
    elif what < 0.7:
        other, at = chance.choice(places)
        if (at in other) if isinstance(other, dict) else at < len(other):
            holder[key] = copy.deepcopy(other[at])
    elif what < 0.8:
        holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif what < 0.9:
        holder[chance.choice(KEYS)] = holder.pop(key)
    else:
        holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))


def text_of(data: Any, chance: random.Random) -> bytes:
    """`data` as YAML or JSON, now and then with a change to the text itself."""
    text = json.dumps(data, ensure_ascii=chance.random() < 0.5, allow_nan=True)
    if chance.random() < 0.5:
        # PyYAML's writer gives up on what is nested deeply.
        with contextlib.suppress(RecursionError):
            text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    raw = text.encode("utf-8", "surrogatepass")
    return _spliced(raw, chance) if chance.random() < 0.2 else raw


class _Dumper(yaml.SafeDumper):
    """No aliases: what is there twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _spliced(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    what = chance.random()
    if what < 0.6:
        return raw[:at] + chance.choice(TOKENS).encode("utf-8", "surrogatepass") + raw[at:]
    if what < 0.75:
        return raw[:at]
    if what < 0.9:
        end = min(len(raw), at + chance.randrange(40))
        return raw[:at] + raw[end:]
    return raw[:at] + bytes(chance.randrange(256) for _ in range(4)) + raw[at:]
