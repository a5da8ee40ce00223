"""The functions of Sprig on lists, objects and types. Source: https://masterminds.github.io/sprig"""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlsplit

from stackgen.manifest.gotemplate.evaluate import Function
from stackgen.manifest.gotemplate.syntax import TemplateError
from stackgen.manifest.gotemplate.values import bounded, kind, same, shown, type_name

_MOST = 100_000  # items of a list


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TemplateError(f"list should be type of slice or array but {kind(value)}")
    if len(value) > _MOST:
        raise TemplateError("makes too long a list")
    return value


def _map(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(
            f"wrong type for value; expected map[string]interface {{}}; got {kind(value)}"
        )
    return value


def _empty(value: Any) -> bool:
    return not value and not callable(value)


def _default(other: Any, *values: Any) -> Any:
    return other if not values or _empty(values[0]) else values[0]


def _coalesce(*values: Any) -> Any:
    return next((one for one in values if not _empty(one)), None)


def _ternary(one: Any, other: Any, which: Any) -> Any:
    if not isinstance(which, bool):
        raise TemplateError(f"wrong type for value; expected bool; got {kind(which)}")
    return one if which else other


def _dict(*pairs: Any) -> dict[str, Any]:
    keys = pairs[::2]
    values = (*pairs[1::2], "")
    return {shown(key): value for key, value in zip(keys, values, strict=False)}


def _set(target: Any, key: Any, value: Any) -> dict[str, Any]:
    _map(target)[shown(key)] = value
    return _map(target)


def _unset(target: Any, key: Any) -> dict[str, Any]:
    _map(target).pop(shown(key), None)
    return _map(target)


def _get(source: Any, key: Any) -> Any:
    return _map(source).get(shown(key), "")


def _dig(*given: Any) -> Any:
    *keys, other, here = given
    for key in keys:
        if not isinstance(here, dict) or shown(key) not in here:
            return other
        here = here[shown(key)]
    return here


def _merge(target: Any, *others: Any, over: bool = False) -> dict[str, Any]:
    for other in others:
        _merge_into(_map(target), _copied(_map(other)), over)
    return _map(target)


def _merge_into(target: dict[str, Any], other: dict[str, Any], over: bool) -> None:
    for key, value in other.items():
        here = target.get(key)
        if isinstance(here, dict) and isinstance(value, dict):
            _merge_into(here, value, over)
        elif (over and not _empty(value)) or _empty(here):
            target[key] = value


def _keys(*sources: Any) -> list[str]:
    return [key for one in sources for key in sorted(_map(one))]


def _pick(source: Any, *keys: Any) -> dict[str, Any]:
    names = {shown(one) for one in keys}
    return {key: value for key, value in _map(source).items() if key in names}


def _omit(source: Any, *keys: Any) -> dict[str, Any]:
    names = {shown(one) for one in keys}
    return {key: value for key, value in _map(source).items() if key not in names}


def _pluck(key: Any, *sources: Any) -> list[Any]:
    return [one[shown(key)] for one in map(_map, sources) if shown(key) in one]


def _unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for one in _list(values)[:1000]:
        if not any(same(one, other) for other in found):
            found.append(one)
    return found


def _without(values: Any, *others: Any) -> list[Any]:
    return [one for one in _list(values) if not any(same(one, other) for other in others)]


def _has(wanted: Any, values: Any) -> bool:
    return values is not None and any(same(wanted, one) for one in _list(values))


def _chunk(size: Any, values: Any) -> list[Any]:
    step = max(int(size), 1)
    return [_list(values)[i : i + step] for i in range(0, len(_list(values)), step)]


def _copied(value: Any) -> Any:
    return copy.deepcopy(bounded(value))


def _url(text: Any) -> dict[str, Any]:
    found = urlsplit(shown(text))
    return {
        "scheme": found.scheme,
        "host": found.netloc.rpartition("@")[2],
        "hostname": found.hostname or "",
        "path": found.path,
        "query": found.query,
        "opaque": "",
        "fragment": found.fragment,
        "userinfo": found.netloc.rpartition("@")[0],
    }


def _url_join(parts: Any) -> str:
    given = {key: shown(value) for key, value in _map(parts).items()}
    host = given.get("host", "")
    host = f"{given['userinfo']}@{host}" if given.get("userinfo") else host
    query = f"?{given['query']}" if given.get("query") else ""
    fragment = f"#{given['fragment']}" if given.get("fragment") else ""
    return f"{given.get('scheme', '')}://{host}{given.get('path', '')}{query}{fragment}"


_PLAIN: dict[str, Function] = {
    "list": lambda *values: list(values),
    "tuple": lambda *values: list(values),
    "first": lambda values: (_list(values) or [None])[0],
    "last": lambda values: (_list(values) or [None])[-1],
    "rest": lambda values: _list(values)[1:],
    "initial": lambda values: _list(values)[:-1],
    "append": lambda values, one: [*_list(values or []), one],
    "push": lambda values, one: [*_list(values or []), one],
    "prepend": lambda values, one: [one, *_list(values or [])],
    "concat": lambda *lists: _list([one for values in lists for one in _list(values)]),
    "reverse": lambda values: _list(values)[::-1],
    "uniq": _unique,
    "without": _without,
    "has": _has,
    "compact": lambda values: [one for one in _list(values) if not _empty(one)],
    "chunk": _chunk,
    "dict": _dict,
    "get": _get,
    "set": _set,
    "unset": _unset,
    "hasKey": lambda source, key: shown(key) in _map(source),
    "pluck": _pluck,
    "dig": _dig,
    "merge": _merge,
    "mergeOverwrite": lambda target, *others: _merge(target, *others, over=True),
    "keys": _keys,
    "pick": _pick,
    "omit": _omit,
    "values": lambda source: [_map(source)[key] for key in sorted(_map(source))],
    "deepCopy": _copied,
    "default": _default,
    "empty": lambda value=None: _empty(value),
    "coalesce": _coalesce,
    "all": lambda *values: not any(_empty(one) for one in values),
    "any": lambda *values: not all(_empty(one) for one in values),
    "ternary": _ternary,
    "kindOf": kind,
    "kindIs": lambda wanted, value: kind(value) == wanted,
    "typeOf": type_name,
    "typeIs": lambda wanted, value: type_name(value) == wanted,
    "typeIsLike": lambda wanted, value: type_name(value) in (wanted, f"*{wanted}"),
    "deepEqual": same,
    "urlParse": _url,
    "urlJoin": _url_join,
}
# Those that would fail in another way in Go.
_MUST = (
    "first", "last", "rest", "initial", "append", "push", "prepend", "reverse", "uniq", "without",
    "has", "compact", "chunk", "merge", "mergeOverwrite", "deepCopy",
)  # fmt: skip
FUNCTIONS: dict[str, Function] = {
    **_PLAIN,
    **{f"must{name[0].upper()}{name[1:]}": _PLAIN[name] for name in _MUST},
}
