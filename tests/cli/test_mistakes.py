"""A new user breaks the spec in a dozen ways and is led to the right line each time.

What they see is kept to the letter in tests/cases/mistakes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen.cli.main import run

CASES = Path(__file__).resolve().parent.parent / "cases" / "mistakes"
STACK = (CASES / "stack.yaml").read_text(encoding="utf-8")

# name: what is written, what the user writes instead, and the line they must be led to
MISTAKES = {
    "misspelt-key": ("replicas: 1", "replica: 1", 25),
    "misspelt-section": ("  gateway:\n", "  gatway:\n", 13),
    "misspelt-node-pools": ("    nodePools:\n", "    nodepools:\n", 10),
    "missing-key": ("        model: hf://Qwen/Qwen2.5-3B-Instruct\n", "", 22),
    "wrong-type": ("max: 4", 'max: "four"', 11),
    "out-of-range": ("port: 80", "port: 99999", 15),
    "unknown-node-pool": ("nodePool: tpu-v6e-pool", "nodePool: tpu-pool", 24),
    "unknown-topology": ("topology: 2x2", "topology: 3x3", 12),
    "unknown-release": ("xks-0.15", "xks-0.51", 5),
    "ambiguous-word": ("secret: huggingface-token", "secret: on", 20),
    "key-twice": ("    namespace: llm\n", "    namespace: llm\n    namespace: llm2\n", 19),
    "nodes-as-a-number": ("nodes: {min: 0, max: 3}", "nodes: 2", 12),
    "node-label-as-accelerator": ("accelerator: v6e", "accelerator: tpu-v6e-slice", 12),
    "machine-type-as-accelerator": ("accelerator: v6e", "accelerator: ct6e-standard-4t", 12),
    "model-without-scheme": ("model: hf://Qwen", "model: Qwen", 23),
    "https-without-hostname": ("port: 80}", "port: 443, protocol: HTTPS}", 15),
    "region-without-zone": ("location: europe-west4-a", "location: europe-west4", 12),
    "port-of-two-protocols": (
        "- {name: http, port: 80}",
        (
            "- {name: http, port: 443}\n"
            "      - {name: https, port: 443, protocol: HTTPS, hostname: a.b.c}"
        ),
        16,
    ),
    "https-on-port-80": (
        "- {name: http, port: 80}",
        (
            "- {name: http, port: 80}\n"
            "      - {name: https, port: 80, protocol: HTTPS, hostname: a.b.c}"
        ),
        16,
    ),
    "protocol-in-another-case": ("port: 80}", "port: 443, protocol: HTTPs, hostname: a.b.c}", 15),
    "flag-and-value-apart": (
        "replicas: 1\n",
        "replicas: 1\n        args: [--max-num-seqs, 64]\n",
        26,
    ),
    "flag-and-value-apart-in-quotes": (
        "replicas: 1\n",
        'replicas: 1\n        args: [--max-num-seqs, "64"]\n',
        26,
    ),
    "replicas-as-a-string": ("replicas: 1", 'replicas: "2"', 25),
    "model-too-large": (
        "hf://Qwen/Qwen2.5-3B-Instruct",
        "hf://meta-llama/Llama-3.3-70B-Instruct",
        23,
    ),
    "more-replicas-than-nodes": ("replicas: 1", "replicas: 5", 25),
    "zone-without-the-tpu": ("location: europe-west4-a", "location: europe-west3-a", 8),
    "not-yaml": ("    location: eu", "   location: eu", 8),
    "word-of-gcloud": ("accelerator: v6e", "accelerator: v6e, purchase: preemptible", 12),
    "container-of-another-name": (
        "        replicas: 1\n",
        (
            "        replicas: 1\n        template:\n          spec:\n"
            "            containers: [{name: vllm, imagePullPolicy: Always}]\n"
        ),
        28,
    ),
    "number-in-quotes-in-an-object": (
        "  serving:\n",
        (
            "  extraObjects:\n    - apiVersion: v1\n      kind: Service\n"
            "      metadata: {name: x}\n"
            '      spec: {selector: {app: x}, ports: [{port: "80"}]}\n  serving:\n'
        ),
        21,
    ),
    "containers-beside-spec": (
        "        replicas: 1\n",
        (
            "        replicas: 1\n        template:\n"
            "          containers: [{name: main, imagePullPolicy: Always}]\n"
        ),
        27,
    ),
    "longer-than-the-context": ("replicas: 1\n", "replicas: 1\n        maxModelLen: 900000\n", 26),
    "no-node-for-a-rollout": ("replicas: 1", "replicas: 3", 25),
    "traffic-of-a-rate-alone": (
        "replicas: 1\n",
        "replicas: 1\n        traffic: {requestsPerSecond: 5}\n",
        26,
    ),
    "zone-misspelt": ("europe-west4-a", "europ-west4-a", 8),
    "line-of-no-block": ("    exposure", "   exposure", 16),
    "indented-by-a-tab": ("    listeners:", "\tlisteners:", 14),
    "gated-without-a-token": (
        (
            "    huggingFaceToken: {secret: huggingface-token}\n"
            "    models:\n      - name: qwen\n        model: hf://Qwen/Qwen2.5-3B-Instruct\n"
        ),
        "    models:\n      - name: llama\n        model: hf://meta-llama/Llama-3.1-8B-Instruct\n",
        17,
    ),
    "public-without-authentication": ("exposure: internal", "exposure: external", 16),
    "fewer-chips-than-the-slice": (
        "hf://Qwen/Qwen2.5-3B-Instruct\n",
        "hf://Qwen/Qwen3-32B\n        args: [--tensor-parallel-size=2]\n",
        23,
    ),
    "name-twice": (
        "        replicas: 1\n",
        (
            "        replicas: 1\n      - name: qwen\n        model: hf://Qwen/Qwen3-8B\n"
            "        nodePool: tpu-v6e-pool\n"
        ),
        26,
    ),
    "several-at-once": ("min: 0, max: 3}}", "min: 4, max: 3}, purchas: spot}", 12),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[Path, str], None],
) -> None:
    right, wrong, line = MISTAKES[name]
    assert STACK.count(right) == 1
    (tmp_path / "stack.yaml").write_text(STACK.replace(right, wrong), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stackgen", "build"])
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code in (1, 2)
    assert not (tmp_path / "out").exists()
    report = capsys.readouterr().out
    assert f"--> stack.yaml:{line}:" in report
    places = re.findall(r"--> (\S+?):", report)
    assert set(places) == {"stack.yaml"}
    golden(CASES / f"{name}.txt", report)


def test_a_misspelt_key_is_found_without_what_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pools = "    nodePools:\n"
    report = {}
    for base, overlay in (("nodepools", "nodePools"), ("nodePools", "nodepools")):
        (tmp_path / base / "overlays/dev").mkdir(parents=True)
        text = STACK.replace(pools, f"    {base}:\n")
        if overlay == "nodepools":
            text = text.replace(", topology: 2x2", "")
        (tmp_path / base / "stack.yaml").write_text(text, encoding="utf-8")
        (tmp_path / base / "overlays/dev/stack.yaml").write_text(
            f"spec:\n  cluster:\n    {overlay}:\n      - {{name: tpu-v6e-pool, purchase: spot}}\n",
            encoding="utf-8",
        )
        monkeypatch.chdir(tmp_path / base)
        monkeypatch.setattr(sys, "argv", ["stackgen", "build", "--output-format", "concise"])
        with pytest.raises(SystemExit):
            run()
        report[base] = re.findall(r"error\[(\S+)\]", capsys.readouterr().out)
    assert report == {
        "nodepools": ["spec-unknown-key"],
        "nodePools": ["spec-unknown-key", "spec-node-pool-shape"],
    }


def test_the_right_spec_has_no_error_of_its_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.yaml").write_text(STACK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stackgen", "build", "--check", "--select", "spec"])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("no findings in ")
