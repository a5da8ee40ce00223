"""Write the presets of a KServe release into its row, in our condensed form.

    python tools/presets.py RENDERED ROW

RENDERED is what Kustomize renders of the overlay that the row's stack installs (YAML with the
LLMInferenceServiceConfigs and the ConfigMap `inferenceservice-config`). Replaces `presets` and
`storage_initializer` of `controller` in `catalog/releases/<ROW>.yaml`. Lines of start scripts that
only prepare the start are written as their hash. The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import yaml

from stackgen.platforms.kserve.condensed import (
    KEYED,
    LIKE,
    PODS,
    SCRIPT,
    patched,
    resolved,
    whole_presets,
)
from stackgen.platforms.kserve.presets import PREFIX, SUFFIXES

HERE = os.path.dirname(os.path.abspath(__file__))
RELEASES = os.path.join(HERE, "..", "generator", "stackgen", "catalog", "releases")
LONG = 400  # a shorter text is no script
_COMMAND = re.compile(r"^\s*(eval \"|exec |START_RANK=)")
_SETTINGS = {
    "image": "image", "cpuRequest": "cpu_request", "memoryRequest": "memory_request",
    "cpuLimit": "cpu_limit", "memoryLimit": "memory_limit", "cpuModelcar": "modelcar_cpu",
    "memoryModelcar": "modelcar_memory", "uidModelcar": "modelcar_user",
}  # fmt: skip
# The variable that a setting of S3 is the default of.
_S3_SETTINGS = {
    "s3Endpoint": "S3_ENDPOINT", "s3UseHttps": "S3_USE_HTTPS", "s3Region": "AWS_DEFAULT_REGION",
    "s3VerifySSL": "S3_VERIFY_SSL", "s3UseVirtualBucket": "S3_USER_VIRTUAL_BUCKET",
    "s3UseAccelerate": "S3_USE_ACCELERATE", "s3UseAnonymousCredential": "awsAnonymousCredential",
    "s3CABundleConfigMap": "AWS_CA_BUNDLE_CONFIGMAP", "s3CABundle": "AWS_CA_BUNDLE",
}  # fmt: skip
Json = dict[str, Any]


def condensed_pod(pod: Json) -> Json:
    """The pod with objects for lists that have a key."""
    result: Json = {}
    for key, value in pod.items():
        if key in KEYED and isinstance(value, list):
            by, bare = KEYED[key]
            result[key] = {}
            for item in value:
                body = {k: v for k, v in item.items() if k != by}
                if key in ("containers", "initContainers"):
                    body = condensed_pod(body)
                result[key][item[by]] = body[bare] if list(body) == [bare] else body
        elif key in ("command", "args"):
            result[key] = [{SCRIPT: list(script(w))} if len(w) > LONG else w for w in value]
        else:
            result[key] = value
    return result


def script(text: str) -> Iterator[Any]:
    """The lines that say how the server starts; runs of all others as their hash."""
    hidden = kept = ""
    started = False
    for line in text.splitlines(keepends=True):
        started = started or bool(re.match(r"\s*(eval \"|exec )", line))
        if started or "{{" in line or _COMMAND.match(line):
            if hidden:
                if kept:
                    yield kept
                    kept = ""
                yield {
                    "characters": len(hidden),
                    "sha256": hashlib.sha256(hidden.encode()).hexdigest(),
                }
                hidden = ""
            kept += line
        else:
            if kept:
                yield kept
                kept = ""
            hidden += line
    yield kept or {"characters": len(hidden), "sha256": hashlib.sha256(hidden.encode()).hexdigest()}


def patch(below: Any, above: Any) -> Any:
    """The JSON merge patch from `below` to `above`."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    result: Json = {key: None for key in below if key not in above}
    for key, value in above.items():
        if key not in below:
            result[key] = value
        elif below[key] != value or _order(below[key]) != _order(value):
            result[key] = patch(below[key], value)
    return result


def _order(value: Any) -> Any:
    return json.dumps(value)


def spec_of(spec: Any, place: str, pods: dict[str, Json]) -> Any:
    """The spec with condensed pods, each from the pod that is most like it."""
    if not isinstance(spec, dict):
        return spec
    result = {}
    for key, value in spec.items():
        here = f"{place}/{key}"
        if key not in PODS or not isinstance(value, dict):
            result[key] = spec_of(value, here, pods)
            continue
        full = condensed_pod(value)
        choices = [full]
        for name, base in pods.items():
            made = patch(base, full)
            if _order(patched(base, made)) == _order(full):
                choices.append({LIKE: name, **made})
        pods[here] = full
        result[key] = min(choices, key=lambda c: len(_order(c)))
    return result


class Flow(dict[str, Any]):
    """Written on one line."""


class Block(str):
    """Written as lines."""


class Dumper(yaml.SafeDumper):
    """Short objects on one line, scripts as lines, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Dumper.add_representer(
    Flow, lambda d, v: d.represent_mapping("tag:yaml.org,2002:map", v, flow_style=True)
)
Dumper.add_representer(
    Block, lambda d, v: d.represent_scalar("tag:yaml.org,2002:str", str(v), style="|")
)


def laid_out(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: laid_out(item) for key, item in value.items()}
        short = len(json.dumps(value)) < 96 and "\n" not in json.dumps(value).replace("\\n", "\n")
        return Flow(inner) if short else inner
    if isinstance(value, list):
        return [laid_out(item) for item in value]
    return Block(value) if isinstance(value, str) and "\n" in value else value


def presets(documents: list[Json]) -> Json:
    """The condensed specs, by the name of their preset without its prefix."""
    found = {d["metadata"]["name"]: d["spec"] for d in documents if d["kind"].endswith("Config")}
    pods: dict[str, Json] = {}
    result: Json = {}
    for suffix in SUFFIXES:
        spec = found.get(PREFIX + suffix)
        if spec is not None:
            result[suffix] = spec_of(spec, suffix, pods)
    for name, pod in pods.items():
        assert _order(resolved({LIKE: name}, result)) == _order(pod), name
    whole = whole_presets(result)
    assert {k: sorted(whole[k]) for k in result} == {k: sorted(found[PREFIX + k]) for k in result}
    return result


def storage(documents: list[Json]) -> Json:
    """What the installation says of the container that downloads models, and of modelcars."""
    (config,) = (d for d in documents if d["metadata"]["name"] == "inferenceservice-config")
    told = json.loads(config["data"]["storageInitializer"])
    s3 = json.loads(config["data"]["credentials"])["s3"]
    usual = {name: s3[key] for key, name in _S3_SETTINGS.items() if s3.get(key)}
    made = {name: told[key] for key, name in _SETTINGS.items() if key in told}
    return {**made, "s3_defaults": usual} if usual else made


def main() -> None:
    rendered, row = sys.argv[1:]
    with open(rendered, encoding="utf-8") as file:
        documents = [d for d in yaml.load_all(file, yaml.CSafeLoader) if d]
    made = {"storage_initializer": storage(documents), "presets": presets(documents)}
    path = os.path.join(RELEASES, f"{row}.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for key, value in made.items():
        block = yaml.dump({key: laid_out(value)}, Dumper=Dumper, sort_keys=False, width=1000)
        block = "".join(f"  {line}\n" if line else "\n" for line in block.splitlines())
        section = re.compile(rf"^  {key}:.*\n(?:(?:    .*)?\n)*", re.MULTILINE)
        text, count = section.subn(lambda _: block, text)  # noqa: B023
        assert count == 1, f"{row}: no section {key}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
