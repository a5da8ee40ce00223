"""A small stack and rules, for tests of what happens to findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from stackgen.findings.model import Finding, Place, Rule, RuleSource, Severity
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.findings.rules import rule_named
from stackgen.findings.select import selection
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Path, Source
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.origin import Because, Origin, Traced, When, computed, flatten, spec_origin

TODAY = date(2026, 11, 23)

WHOLE_HOST = Rule(
    id="tpu-whole-host",
    family="tpu",
    severity=Severity.ERROR,
    summary="A pod asks for some of the chips of a host.",
    impact="kubelet rejects the pod (UnexpectedAdmissionError) and it never starts",
    remedy="drop `chips`; the whole host is the default",
    remedy_in_stack="drop `chips`; the whole host is the default",
    sources=(RuleSource("GKE documentation on TPU requests", "2025-06-01"),),
    why="The device plugin hands out whole hosts only.",
    bad="chips: 2",
    good="# no chips: all of the host",
    fixable=True,
)
PROBE = Rule(
    id="serving-probe-budget",
    family="serving",
    severity=Severity.WARNING,
    summary="The startup probe gives up before the model is compiled.",
    impact="kubelet restarts the container in the middle of XLA compilation, again and again",
    remedy="raise failureThreshold",
    remedy_in_stack="raise failureThreshold",
    sources=(RuleSource("vLLM on TPU, measured", "2025-06-01"),),
    confidence="medium",
)
HINT = Rule(
    id="policy-image-digest",
    family="policy",
    severity=Severity.INFO,
    summary="An image is named by tag.",
    impact="Another image may run tomorrow under the same name.",
    remedy="name the digest",
    remedy_in_stack="name the digest",
    sources=(RuleSource("OCI image specification", "2025-06-01"),),
)
RULES = {
    rule.id: rule
    for rule in (
        WHOLE_HOST,
        PROBE,
        HINT,
        rule_named("suppression-expired"),
        rule_named("suppression-unused"),
        rule_named("suppression-without-reason"),
    )
}

STACK = """\
apiVersion: stackgen.dev/v1alpha1
spec:
  cluster:
    nodePools:
      - {name: tpu-v6e-pool, accelerator: v6e, topology: 2x2, nodes: {min: 0, max: 3}}
  serving:
    models:
      - name: qwen2-3b-pattern1
        chips: 2
        replicas: 1
"""
RENDERED = "out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml"
LIMIT: Path = ("spec", "template", "containers", 0, "resources", "limits", "google.com/tpu")
CHIPS: Path = ("spec", "serving", "models", 0, "chips")
MODEL: Path = ("spec", "serving", "models", 0, "name")
POOL: Path = ("spec", "cluster", "nodePools", 0)


def source(text: str = STACK, name: str = "stack.yaml") -> Source:
    """A text of the run."""
    return Source(name, text)


def traced(path: Path, text: str = STACK, name: str = "stack.yaml") -> Traced[Any]:
    """The value that the spec `text` gives `path`."""
    document = parse(text, name, Dialect.SPEC, record=True)[0]
    here = document.data
    for step in path:
        here = here[step]
    mark = document.marks().values[path]
    return Traced(here, spec_origin(path, name, mark.line, mark.column))


def service(text: str = STACK) -> Resource:
    """The rendered object of the stack's model."""
    name = traced(MODEL, text)
    chips = computed(
        "chips", "chips of the request", lambda asked, _: asked,
        traced(CHIPS, text), traced((*POOL, "topology"), text),
    )  # fmt: skip
    container = {
        "name": "main",
        "image": "vllm/vllm-tpu:v0.8",
        "resources": {"limits": {"google.com/tpu": chips}},
        "startupProbe": {"failureThreshold": 3},
    }
    tree = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": name, "namespace": "llm"},
        "spec": {"template": {"containers": [container]}},
    }
    whole = When(name, Because(tree, "serving", "one per model"))
    flat = flatten(whole, Origin("rule", "4-serving"))
    return Resource(flat.data, RENDERED, "4-serving", flat.origins, flat.absent)


def whole_host(resource: Resource | None = None, **more: Any) -> Finding:
    """The finding of design.md: two chips of four."""
    text = STACK
    document = parse(text, "stack.yaml", Dialect.SPEC, record=True)[0]
    pool = document.marks().values[(*POOL, "topology")]
    return WHOLE_HOST.finding(
        "qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host",
        Place(resource or service(), LIMIT, note="2 chips"),
        Place(file="stack.yaml", text=text, mark=pool, note="this host has 4"),
        **more,
    )


def foreign(text: str, name: str = "k8s/app.yaml") -> list[Resource]:
    """The resources of a manifest that somebody else wrote."""
    return [Resource(d.data, name, document=d) for d in parse(text, name)]


def outcome(
    findings: Iterable[Finding],
    *,
    documents: int = 12,
    sources: Sequence[Source] | None = None,
    suppressions: Sequence[Suppression] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    complete: bool = True,
    **more: Any,
) -> Outcome:
    """The outcome of a run over the small stack."""
    options = Options(selection(RULES, select, ignore), **more)
    return conclude(
        findings,
        options,
        documents=documents,
        today=TODAY,
        suppressions=suppressions,
        sources=[source()] if sources is None else sources,
        complete=complete,
    )
