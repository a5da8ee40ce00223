"""The functions that Helm adds. Source: https://helm.sh/docs/chart_template_guide/function_list"""

from __future__ import annotations

import json
from typing import Any

from stackgen.manifest import yaml_in
from stackgen.manifest.gotemplate import sprig_data, sprig_numbers, sprig_text
from stackgen.manifest.gotemplate.builtin import BUILTIN
from stackgen.manifest.gotemplate.evaluate import Evaluator, Function
from stackgen.manifest.gotemplate.syntax import TemplateError, UnsupportedError, parse
from stackgen.manifest.gotemplate.values import floats, plain, shown, to_yaml, within


def _include(me: Evaluator, name: Any, data: Any = None) -> str:
    return me.text(shown(name), data)


def _tpl(me: Evaluator, text: Any, data: Any) -> str:
    known = dict(me.templates)
    name = "\0tpl"  # no file has such a name
    text = shown(text)
    me.spend(len(text) // 10)
    known[name] = parse(text, known)
    before, me.templates = me.templates, known
    try:
        return me.text(name, data)
    finally:
        me.templates = before


def _required(me: Evaluator, message: Any, value: Any) -> Any:
    if value is None or value == "":
        if me.lenient:
            return ""
        raise UnsupportedError(f"needs a value: {shown(message)}")
    return value


def _fail(message: Any) -> Any:
    raise UnsupportedError(f"needs other values: {shown(message)}")


def _from_yaml(text: Any) -> Any:
    documents = yaml_in.parse(shown(text), "values")
    if any(problem.fatal for one in documents for problem in one.problems):
        return {"Error": "error converting YAML to JSON"}
    data = documents[0].data if documents else {}
    return floats(data) if isinstance(data, dict) else {}


def _from_yaml_array(text: Any) -> Any:
    documents = yaml_in.parse(shown(text), "values")
    data = documents[0].data if documents else []
    return floats(data) if isinstance(data, list) else []


def _from_json(text: Any) -> Any:
    try:
        return floats(json.loads(shown(text)))
    except ValueError:
        return {"Error": "invalid JSON"}


def _to_json(value: Any) -> str:
    text = json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)
    # As Go does, so that the text may stand in a page.
    return within(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _raw_json(value: Any) -> str:
    return within(json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False))


def _pretty_json(value: Any) -> str:
    return within(json.dumps(plain(value), indent=2, ensure_ascii=False))


def _to_toml(value: Any) -> str:
    lines: list[str] = []
    _toml(plain(value), "", lines)
    return within("\n".join(lines))


def _toml(table: Any, path: str, lines: list[str]) -> None:
    """A table of TOML: its values, then its tables."""
    if not isinstance(table, dict):
        raise TemplateError("a value has no form in TOML")
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    for key, value in table.items():
        if key not in inner and value is not None:
            lines.append(f"{key} = {_toml_value(value)}")
    for key, value in inner.items():
        name = f"{path}.{key}" if path else key
        lines.append(f"[{name}]")
        _toml(value, name, lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{key} = {_toml_value(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(value, ensure_ascii=False)


def _lookup(*_: Any) -> dict[str, Any]:
    """Without a cluster, helm finds nothing."""
    return {}


_HELM: dict[str, Function] = {
    "fail": _fail,
    "lookup": _lookup,
    "toYaml": to_yaml,
    "toYamlPretty": to_yaml,
    "mustToYaml": to_yaml,
    "fromYaml": _from_yaml,
    "fromYamlArray": _from_yaml_array,
    "toToml": _to_toml,
    "toJson": _to_json,
    "mustToJson": _to_json,
    "toRawJson": _raw_json,
    "mustToRawJson": _raw_json,
    "toPrettyJson": _pretty_json,
    "mustToPrettyJson": _pretty_json,
    "fromJson": _from_json,
    "mustFromJson": _from_json,
    "fromJsonArray": _from_json,
    "getHostByName": lambda _: "",
}

FUNCTIONS: dict[str, Function] = {
    **sprig_text.FUNCTIONS,
    **sprig_numbers.FUNCTIONS,
    **sprig_data.FUNCTIONS,
    **_HELM,
    **BUILTIN,
}
WITH_EVALUATOR: dict[str, Function] = {
    "include": _include,
    "required": _required,
    "tpl": _tpl,
    **sprig_text.DRAWING,
}
