"""What a secret says changes no output but for stars, and no part of a secret is in any output."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackgen.redact import forget
from tests.test_hostile_names import COMMANDS, shape, stackgen

# field-combination finds placeholders in Secrets.
ABOUT_VALUES = ("secrets-no-literal-secret", "secrets-no-inline-token", "field-combination")
HARMLESS = "kestrel-harmless-7c41"
MARK = "Kx7mq"  # in each content with a place for it: it is in no output

MANIFEST = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: inner
  namespace: models
stringData:
  password: {MARK}-manifest-01
---
apiVersion: apps/v1
kind: Deployment
spec:
  template: {{spec: {{containers: [{{name: main, args: ["--api-key={MARK}-manifest-02"]}}]}}}}
"""
KEY = f"{MARK}{'Ab3' * 20}\n{MARK}{'Cd4' * 20}"
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----"
LOGIN = base64.b64encode(f"me:{MARK}-login-07".encode()).decode()
CONTENTS = (
    MANIFEST,
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n",
    json.dumps({"version": 1, "findings": [], "token": f"{MARK}-json-03"}, indent=2),
    '  "version": 1,',
    '"level": "error",\n"ruleId": "schema-unknown-field",',
    "{", "}", "[", "]", "}\n}\n]", "---", "...", '"', "'", "</text>", "<testcase", "|", "=>",
    "name", "error", "apiVersion", "kind", "metadata", "stringData", "unicodeCodePoints", "v1",
    "serving.kserve.io/v1alpha1", "apps/v1", "LLMInferenceService", "schema-unknown-field",
    "error[schema-unknown-field]", "new/a.yaml", "a.yaml", "stackgen", "2.1.0", "true", "null",
    "0", "1", "7", "12", "80", "::error", "flowchart LR", "digraph connections {", "rankdir=LR;",
    "<svg", "http://www.w3.org/2000/svg", "### stackgen diff", "```diff", "<details>", "## ",
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
    "-----BEGIN PRIVATE KEY-----", "-----END", "main", "models", "models/server[Deployment]",
    PEM,
    f"user=app\npassword={MARK}-ini-04\n[mysql]\nhost=db\n",
    f"first line\n{MARK}-line-05\nlast line",
    f"https://me:{MARK}-url-06@db.example/x?a=b",
    json.dumps({"auths": {"quay.io": {"auth": LOGIN}}}),
    f"{MARK}: a\n\tb: {MARK}-tabs-08", f"{{a: [{MARK}-flow-09, {{b: {MARK}-flow-10",
    f"%YAML 9\n&a *b !!c {MARK}-tag-11", f"\u202e{MARK}-bidi-12\u2028x", f"{MARK}'\"\\`$%-13",
)  # fmt: skip


def manifests(contents: list[str], image: str) -> str:
    """A stream in which the contents are secret, and other objects that are wrong; by lines."""
    plain = {f"k{i}": text for i, text in enumerate(contents)}
    data = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
    env = [{"name": f"A{i}_TOKEN", "value": text} for i, text in enumerate(contents)]
    meta = {"namespace": "models", "labels": {"app": "a"}}
    pod = {
        "containers": [
            {"name": "main", "image": image, "ports": [{"containerPort": 8000}], "env": env,
             "args": ["--port=80", *(f"--api-key={text}" for text in contents)], "wrong": 1},
        ]
    }  # fmt: skip
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {**meta, "name": "s"}, "wrong": 1,
         "stringData": plain, "data": {f"b{k}": v for k, v in data.items()}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**meta, "name": "server"},
         "spec": {"selector": {"matchLabels": {"app": "a"}}, "wrong": 1,
                  "template": {"metadata": {"labels": {"app": "a"}}, "spec": pod}}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "name": "settings"},
         "data": {"image": image}, "wrong": 1},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
         "metadata": {**meta, "name": "allow"},
         "spec": {"podSelector": {}, "policyTypes": ["Ingress"],
                  "ingress": [{"from": [{"podSelector": {}}],
                               "ports": [{"port": 8000 + len(image)}]}]}},
        {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService",
         "metadata": {**meta, "name": "llm"},
         "spec": {"model": {"uri": "hf://a/b", "name": "b"}, "router": {}, "wrong": 1,
                  "template": {"containers": [{"name": "main", "env": env}]}}},
    ]  # fmt: skip
    return "---\n".join(json.dumps(d, indent=1) + "\n" for d in documents)


def write(folder: Path, contents: list[str]) -> None:
    for state, image in (("old", "registry.example.com/a:1"), ("new", "registry.example.com/a:20")):
        (folder / state).mkdir(parents=True, exist_ok=True)
        text = manifests(contents, image)
        (folder / state / "a.yaml").write_text(text, encoding="utf-8")


def strict(command: str, form: str, text: str) -> object:
    """The structure of an output, with the words of its own that no secret may change."""
    if command == "lint" and form == "json":
        found = json.loads(text)
        return found["summary"], [
            (f["rule"], f["severity"], f["suppressed"],
             [(x["role"], x["file"], x["line"], x["path"], x["object"]) for x in f["locations"]])
            for f in found["findings"]
        ]  # fmt: skip
    if form == "sarif":
        found = json.loads(text)
        run = found["runs"][0]
        rules = [(rule["id"], rule["help"]) for rule in run["tool"]["driver"]["rules"]]
        places = [
            (r["ruleId"], r["level"], r["locations"][0]["physicalLocation"]["artifactLocation"])
            for r in run["results"]
        ]
        return found["$schema"], found["version"], run["columnKind"], rules, places
    if command == "net list" and form == "json":
        return json.loads(text)
    if command == "expand":
        documents = json.loads(text)["items"] if form == "json" else yaml.safe_load_all(text)
        return [(d["apiVersion"], d["kind"], d["metadata"]["name"], keys(d)) for d in documents]
    if command == "lint" and form in ("text", "concise", "junit", "github"):
        heads = r"(?m)^(?:\w+\[[\w-]+\]| +(?:-->|:::) .*)|<testcase .*?>|^::\w+ [^:]*"
        heads = heads if form != "concise" else r"(?m)^\S+?:\d+:\d+"
        columns = re.compile(r"(:\d+):\d+|,col=\d+,endColumn=\d+")
        return shape(command, form, text), [columns.sub(r"\1", h) for h in re.findall(heads, text)]
    return shape(command, form, text)


def keys(data: Any) -> Any:
    """The keys of a document at each depth."""
    if isinstance(data, dict):
        return sorted((str(k), keys(v)) for k, v in data.items())
    return [keys(item) for item in data] if isinstance(data, list) else type(data).__name__


def run(command: str, form: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, object]:
    paths = ["old", "new"] if "diff" in command else ["new"]
    if command == "lint":  # without the rules that ask what a value looks like
        paths += [f"--ignore={rule}" for rule in ABOUT_VALUES]
    done = stackgen(*command.split(), "--output-format", form, *paths, monkeypatch=monkeypatch)
    forget()
    assert done.code in (0, 1), done.text
    return done.out + done.err, strict(command, form, done.out)


def twins(contents: list[str]) -> Iterator[str]:
    """Harmless contents of which each line stands where one of `contents` does."""
    yield from (f"{HARMLESS}-{i}" for i in range(len(contents)))


@pytest.mark.parametrize(("command", "form"), COMMANDS)
def test_hostile_contents_change_nothing(
    command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [text for text in CONTENTS if text.strip()]
    write(tmp_path / "harmless", list(twins(contents)))
    write(tmp_path / "hostile", contents)
    monkeypatch.chdir(tmp_path / "harmless")
    harmless, wanted = run(command, form, monkeypatch)
    monkeypatch.chdir(tmp_path / "hostile")
    hostile, found = run(command, form, monkeypatch)
    assert wanted and found == wanted
    assert HARMLESS not in harmless
    assert MARK not in hostile


_PIECES = st.sampled_from([*CONTENTS, *(c for _, c in COMMANDS)]) | st.text(max_size=40)
_TEXTS = st.lists(_PIECES, min_size=1, max_size=3).map("\n".join) | _PIECES


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(_TEXTS, min_size=3, max_size=3), which=st.sampled_from(COMMANDS))
def test_drawn_contents_change_nothing(
    drawn: list[str], which: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of what a Secret may hold: a text of UTF-8. An empty one is no secret.
    contents = [
        text.encode("utf-8", "replace").decode().replace("\0", "0").strip() or "{" for text in drawn
    ]
    write(tmp_path / "harmless", list(twins(contents)))
    write(tmp_path / "hostile", contents)
    monkeypatch.chdir(tmp_path / "harmless")
    harmless, wanted = run(*which, monkeypatch)
    monkeypatch.chdir(tmp_path / "hostile")
    hostile, found = run(*which, monkeypatch)
    assert wanted and found == wanted
    assert MARK not in hostile
    for text in contents:
        assert len(text) < 20 or text not in hostile or text in harmless


@pytest.mark.parametrize(("command", "form"), COMMANDS)
def test_each_line_of_an_output_can_be_a_secret(
    command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [HARMLESS])
    monkeypatch.chdir(tmp_path)
    output, _ = run(command, form, monkeypatch)
    lines = list(dict.fromkeys(line.strip() for line in output.splitlines() if line.strip()))
    found = []
    for contents in ([f"{HARMLESS}-{i}" for i in range(len(lines))], lines, [output]):
        data = {f"k{i:04}": text for i, text in enumerate(contents)}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "z", "namespace": "z"}}
        for state in ("old", "new"):
            text = json.dumps({**secret, "stringData": data})
            (tmp_path / state / "z.json").write_text(text, encoding="utf-8")
        found.append(run(command, form, monkeypatch)[1])
    assert found[0] == found[1] == found[2]
