"""Hostile names in manifests: each output parsed back holds as much as with a harmless name."""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from stackgen.cli import main
from stackgen.redact import forget
from tests.program import Run
from tests.stacks import ROOT

# All of one length, which some rules count. The twin is refused for the same reasons as the hostile
# names, and harmless to print.
LENGTH = 48
TWIN = "Not a Name!".ljust(LENGTH, "x")
_HOSTILE = {
    "escape": "\x1b[2J\x1b]8;;https://evil.example\x07x",
    "controls": "a\x00\x08\x7f\x9bz",
    "newline": "a\nkind: ClusterRoleBinding",
    "document": "a\n---\napiVersion: v1\nkind: Secret\n",
    "carriage": "a\r\n::error::boo",
    "lines": "a\u2028b\u2029c\x85d",
    "command": "\n::error file=a::boo\n",
    "old command": "##[error]boo",
    "percent": "%0A::error::boo%0D",
    "quotes": "a\"b'c`d",
    "bidi": "a\u202egnp.exe\u2066\u200b\ufeff",
    "tags": "a\U000e0041\U000e007f",
    "mermaid": '"]; click a "javascript:alert(1)"',
    "mermaid end": "a]:::x\nend\nsubgraph b --> c",
    "dot": '"]; x [URL="https://evil.example"',
    "backslash": 'a\\" -> b\\',
    "cdata": "]]><x/><![CDATA[",
    "comment": "--><x/><!--",
    "script": "<script>alert(1)</script>",
    "entity": "&lt;&#10;&x;",
    "fence": "```\n# boo\n```",
    "cell": "a | b |\n|---|",
    "link": "[a](https://e.example) #1 _x_",
    "shell": "$(id) $x `id`",
    "tag": "!!python/object/apply:os.system",
    "anchor": "*a &a [b, {c: d}]: - # e",
    "path": "../../etc/passwd",
}
HOSTILE = {what: name.ljust(LENGTH, "x") for what, name in _HOSTILE.items()} | {
    "newline last": "command\n::error::boo\n".rjust(LENGTH, "x"),
}
HALF = "half \udcff"  # as Python reads a file name that is not UTF-8


def manifests(name: str) -> str:
    """A few objects that hold `name` wherever a name can stand, as a YAML stream."""
    meta = {"name": name, "namespace": name, "labels": {name: name}, "annotations": {name: name}}
    repository = re.sub("[$<]", "_", name)  # an image with a placeholder in it is not checked
    container = {
        "name": name, "image": f"registry.example.com/{repository}:1", name: 1,
        # Not ASCII, so that a server refuses all of these names.
        "env": [{"name": f"{name}\u00e9", "value": name, name: name}],
        "ports": [{"name": name, "containerPort": 8000}],
    }  # fmt: skip
    pod = {"containers": [container], "serviceAccountName": name, "nodeSelector": {name: name}}
    selector = {"matchLabels": {"app": name}}
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {name: name}, name: 1},
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
            "spec": {"selector": selector, name: {name: name},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": pod}},
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": meta,
            "spec": {"selector": {"app": name}, "type": name,
                     "ports": [{"name": name, "port": 80, "targetPort": name, "protocol": name}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta,
            "spec": {"podSelector": selector, "policyTypes": ["Ingress"], name: 1,
                     "ingress": [{"from": [{"podSelector": {"matchLabels": {name: name}}},
                                           {"namespaceSelector": {}}],
                                  "ports": [{"port": 8000}]}]},
        },
        {
            "apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService",
            "metadata": meta,
            "spec": {"model": {"uri": "hf://a/b", "name": name}, name: 1, "router": {},
                     "template": pod},
        },
        # With valid names, so that a server takes it and the controller makes objects of it.
        {
            "apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService",
            "metadata": {"name": "chat", "namespace": "serving", "annotations": {"note": name}},
            "spec": {"model": {"uri": "hf://a/b", "name": "a/b"}, "router": {},
                     "template": {"containers": [{
                         "name": "main", "image": "registry.example.com/vllm:1", "args": [name],
                         "env": [{"name": "NOTE", "value": name}]}]}},
        },
        {"apiVersion": f"{name}/v1", "kind": name, "metadata": meta},
    ]  # fmt: skip
    plain = json.loads(json.dumps(documents))  # no object twice: YAML would write an alias
    return yaml.safe_dump_all(plain, sort_keys=False, width=10_000)


def unseen(text: str) -> list[str]:
    """The characters that a terminal acts on, or that a reader does not see."""
    return [c for c in text if c != "\n" and unicodedata.category(c) in _UNSEEN]


_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def stackgen(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the program in this process, through the same streams and the same last step."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["stackgen", *arguments])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = main._code()
    texts = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return Run(code, *texts)


REPORTS = ("text", "concise", "json", "sarif", "github", "junit")
# Each command with its formats: one that writes reports is run once, and writes the others.
FORMATS = {
    "lint": REPORTS,
    "expand": ("yaml", "json"),
    "net list": ("text", "json", "mermaid", "dot", "svg"),
    "diff": ("text", "markdown", "json"),
    "net diff": ("text", "json"),
}
WRITES_REPORTS = ("lint", "diff")
COMMANDS = [(command, form) for command, forms in FORMATS.items() for form in forms]


def shape(command: str, form: str, text: str) -> object:
    """What a reader of the format finds in an output, apart from the words."""
    if form in ("json", "sarif"):
        return json_shape(json.loads(text))
    if form in ("junit", "svg"):
        # The order of names decides how many curves an arrow of a picture has, and their length how
        # many lines a name takes.
        tags = Counter(e.tag.split("}")[-1] for e in ElementTree.fromstring(text).iter())
        return {tag: count for tag, count in tags.items() if tag not in ("path", "text")}
    if form == "yaml":
        return Counter((d["apiVersion"], d["kind"]) for d in yaml.safe_load_all(text))
    if form == "github":
        return Counter(line.split(" ")[0] for line in text.split("\n"))
    if form in ("mermaid", "dot"):
        label = r'"[^"\n]*"' if form == "mermaid" else r'"(?:[^"\\\n]|\\.)*"'
        plain = re.sub(label, "LABEL", text)
        return Counter(re.sub(r"\bn\d+\b", "n", plain).split("\n"))
    if command == "lint" and form == "text":
        return Counter(re.findall(r"(?m)^\w+\[[\w-]+\]", text))
    if command == "rollout" and form == "text":  # long lines are wrapped
        return Counter(re.findall(r"(?m)^(?:  - |[A-Z]{2,}.*$|prod, )", text))
    if command == "diff" and form == "text":  # long lines are wrapped
        return Counter(re.findall(r"(?m)^(?:    )?(?:[~+-] |\w+\[[\w-]+\])", text))
    return len(text.splitlines())


def json_shape(value: Any) -> Any:
    """The objects and lists of a JSON document, without its texts and the order of its keys."""
    if isinstance(value, dict):
        return sorted((json_shape(v) for v in value.values()), key=repr)
    if isinstance(value, list):
        return sorted((json_shape(v) for v in value), key=repr)
    return type(value).__name__


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each hostile name a folder of manifests, and an older state with other images."""
    root = tmp_path_factory.mktemp("names")
    for number, name in enumerate((TWIN, *HOSTILE.values())):
        for state in ("old", "new"):
            (root / str(number) / state).mkdir(parents=True)
            text = manifests(name)
            text = text.replace("8000", "8001") if state == "new" else text
            (root / str(number) / state / "a.yaml").write_text(text, encoding="utf-8")
    return root


def outputs(command: str, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a command tells about the manifests with this name, by its format."""
    paths = ["old", "new"] if "diff" in command else ["new"]
    first, *others = FORMATS[command]
    reports = [f"--output={form}=report.{form}" for form in others]
    runs = [(first, reports)] if command in WRITES_REPORTS else [(f, []) for f in (first, *others)]
    found = {}
    for form, more in runs:
        words = [*command.split(), "--output-format", form, *more, *paths]
        done = stackgen(*words, monkeypatch=monkeypatch)
        forget()
        assert done.code in (0, 1), (name, done.text)
        assert unseen(done.err) == [], name
        assert not re.search(r"(?m)^\s*::\w+ ?|##\[", done.err), name
        found[form] = done.out
    return found | {
        form: Path(f"report.{form}").read_text(encoding="utf-8")
        for form in others if form not in found
    }  # fmt: skip


@pytest.mark.parametrize("command", FORMATS)
def test_a_hostile_name_is_read_back_as_a_name(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: dict[str, object] = {}
    for number, what in enumerate(("twin", *HOSTILE)):
        monkeypatch.chdir(folder / str(number))
        for form, out in outputs(command, what, monkeypatch).items():
            assert unseen(out) == [], (what, form)
            if form != "github":
                assert not re.search(r"(?m)^\s*::[a-z]+[ :]|##\[", out), (what, form)
            found = shape(command, form, out)
            if what == "twin":
                wanted[form] = found
            assert found == wanted[form] and found, (what, form)
    assert sorted(wanted) == sorted(FORMATS[command])


@pytest.mark.parametrize("form", REPORTS)
def test_a_report_is_the_same_on_standard_output_and_in_a_file(
    form: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 1 + list(HOSTILE).index("command")
    monkeypatch.chdir(folder / str(number))
    words = ("lint", "--output-format", form, f"--output={form}=same.{form}", "new")
    done = stackgen(*words, monkeypatch=monkeypatch)
    text = Path(f"same.{form}").read_text(encoding="utf-8")
    assert shape("lint", form, done.out) == shape("lint", form, text) and text
    assert unseen(done.out) == []


def deliveries(name: str) -> dict[str, str]:
    """An older state of the stack: delivery objects with the name, and what they applied."""
    flux = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}
    source = {"kind": "GitRepository", "name": name}
    objects: dict[str, dict[str, Any]] = {
        # Gone in the stack, with what it applied.
        "delivery/workload-cluster/k.yaml": {
            **flux, "metadata": {"name": name, "namespace": "flux-system"},
            "spec": {"path": "./out/prod/gone", "prune": True, "sourceRef": source,
                     "dependsOn": [{"name": name}]},
        },
        "gone/a.yaml": {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": name},
        },
        # Still there, with one object less.
        "delivery/workload-cluster/s.yaml": {
            **flux, "metadata": {"name": "llmd-istio-tpu-4-serving", "namespace": "flux-system"},
            "spec": {"path": "./out/prod/4-serving", "prune": True, "sourceRef": source},
        },
        "4-serving/b.yaml": {
            "apiVersion": "v1", "kind": name, "metadata": {"name": name, "namespace": "default"},
        },
    }  # fmt: skip
    return {f"out/prod/{file}": yaml.safe_dump(data) for file, data in objects.items()}


@pytest.mark.parametrize("form", ["text", "json", "mermaid", "markdown"])
def test_a_hostile_name_in_what_was_delivered_is_read_back_as_a_name(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: object = None
    for number, (what, name) in enumerate({"twin": TWIN, **HOSTILE}.items()):
        for file, text in deliveries(name).items():
            (tmp_path / str(number) / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / str(number) / file).write_text(text, encoding="utf-8")
        old = tmp_path / str(number) / "out"
        done = stackgen(
            "rollout", "-C", str(ROOT), "--env", "prod", "--from", str(old),
            "--output-format", form, monkeypatch=monkeypatch,
        )  # fmt: skip
        forget()
        assert done.code in (0, 1), (what, done.text)
        assert unseen(done.out + done.err) == [], what
        assert not re.search(r"(?m)^\s*::[a-z]+[ :]|##\[", done.out + done.err), what
        found = shape("rollout", form, done.out)
        wanted = found if what == "twin" else wanted
        assert found == wanted and wanted, what
    if form in ("text", "json"):
        assert TWIN in stackgen(
            "rollout", "-C", str(ROOT), "--env", "prod", "--from", str(tmp_path / "0" / "out"),
            "--output-format", form, monkeypatch=monkeypatch,
        ).out  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "command",
    ["explain", "rules", "trace", "impact", "lint --select", "lint --output-format", "net query a"],
)
def test_an_unknown_name_on_the_command_line_is_quoted(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    takes_value = " --" in command
    words = command.split() if takes_value else [*command.split(), "--"]
    done = stackgen(*words, name, monkeypatch=monkeypatch)
    # One word: `explain` searches for several, and texts with some of them are an answer.
    harmless = stackgen(*words, TWIN.replace(" ", "-"), monkeypatch=monkeypatch)
    assert done.code == harmless.code == 2
    assert unseen(done.out + done.err) == []
    assert not re.search(r"(?m)^\s*::[a-z]+[ :]|##\[", done.out + done.err)
    assert len(done.err.splitlines()) == len(harmless.err.splitlines()) > 0


def test_words_of_a_search_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    done = stackgen("explain", "--", "picker\n::error::zz\x1b[2J queue", monkeypatch=monkeypatch)
    assert done.code == 0
    assert 'No text has all words of "picker\\n::error::zz\\x1b[2J queue"' in done.out
    assert unseen(done.out) == []


@pytest.mark.parametrize("form", REPORTS)
def test_a_hostile_file_name_is_read_back_as_a_name(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: object = None
    for number, name in enumerate((TWIN, *HOSTILE.values(), HALF)):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        for text in ("a: [", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\nx: 1\n"):
            file = name.replace("/", "_").replace("\0", "_") + f"{len(text)}.yaml"
            Path(file).write_text(text, encoding="utf-8")
        done = stackgen("lint", "--output-format", form, ".", monkeypatch=monkeypatch)
        assert done.code == 2 and unseen(done.out + done.err) == [], name
        found = shape("lint", form, done.out)
        wanted = wanted or found
        assert found == wanted or name == HALF, name  # which is itself a finding


@pytest.mark.parametrize("form", REPORTS)
def test_half_a_character_is_shown_as_an_escape(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = json.dumps("a\ud800")
    Path("a.json").write_text(
        f'{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": {name}}}, {name}: 1}}'
    )
    done = stackgen("lint", "--output-format", form, "a.json", monkeypatch=monkeypatch)
    assert done.code in (1, 2) and unseen(done.out + done.err) == []
    assert shape("lint", form, done.out)
