"""Choices of the spec together: every two of them, in one stack or another, build and prove clean.

The full product has thousands of stacks. Faults of combination are nearly always faults of two
choices, so the stacks here are chosen such that each pair of values is in one of them.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.manifest.yaml_in import parse
from stackgen.net.profile import profile_of
from stackgen.net.prove import prove
from stackgen.rollout.rollout import known_of, rollouts
from stackgen.rollout.words import said
from stackgen.spec.load import load
from stackgen.tree.render import files_of
from tests.kubectl import kustomize, needs_kubectl
from tests.stacks import ROOT, build_data

STACKS = ROOT / "tests" / "cases" / "stacks"
PATTERNS = ROOT / "generator" / "stackgen" / "patterns"
HTTPS = {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": "models.example.com"}
HTTP = {"name": "http", "port": 80}
JWT = {"jwt": [{"issuer": "https://accounts.example.com", "audiences": ["models"]}]}
GKE = {"proxyOnlySubnet": "10.129.0.0/23"}

# These differ from kserve-single as the patterns without a prefix differ from single.
ALIKE = ("kserve-multi-model", "kserve-replicas")
BASES = {
    **{f"stack {name}": STACKS / name for name in ("minimal", "two-models", "multi-host")},
    **{
        f"pattern {f.name}": f
        for f in sorted(PATTERNS.iterdir())
        if (f / "stack.yaml").exists() and f.name not in ALIKE
    },
}
GATEWAYS: dict[str, dict[str, Any]] = {
    "internal": {"exposure": "internal", "listeners": [HTTP]},
    "internal-https": {"exposure": "internal", "listeners": [HTTP, {**HTTPS, "port": 8443}]},
    "public-https": {
        "exposure": "external", "listeners": [HTTPS, HTTP], "authentication": JWT,
    },
    "issued-https": {
        "exposure": "external", "authentication": JWT,
        "acme": {"email": "platform@example.com"},
        "listeners": [{**HTTPS, "tls": {"issuer": "letsencrypt"}}, HTTP],
    },
    "own-secret": {
        "exposure": "internal", "listeners": [{**HTTPS, "tls": {"secret": "certificate"}}],
    },
    "gke-internal": {
        "class": "gke-l7-rilb", "exposure": "internal", "listeners": [HTTP], **GKE,
    },
    "gke-public": {
        "class": "gke-l7-regional-external-managed", "exposure": "external",
        "acme": {"email": "platform@example.com"},
        "listeners": [HTTP, {**HTTPS, "tls": {"issuer": "letsencrypt"}}], **GKE,
    },
}  # fmt: skip
CHOICES: dict[str, tuple[str, ...]] = {
    "base": tuple(BASES),
    "gateway": tuple(GATEWAYS),
    "sidecars": ("sidecars", "no sidecars"),
    "engine": ("flux", "argocd", "none"),
    "dns": ("kube-dns", "cloud-dns"),
    "observe": ("gmp", "prometheus-operator", "nothing observed"),
    "smoke": ("smoke test", "no smoke test"),
    "secrets": ("external-secrets", "reflector", "sops", "existing"),
    "platform": ("managed", "all existing", "operators existing", "kserve existing"),
    "crds": ("gke", "stack", "existing"),
    "machines": ("on demand", "reserved", "of others", "flex-start"),
}
PLATFORMS: dict[str, dict[str, str]] = {
    "managed": {},
    "all existing": {"all": "existing"},
    "operators existing": {"all": "existing", "kserve": "managed"},
    "kserve existing": {"kserve": "existing"},
}
PLAIN = ("pattern llm-d-", "pattern kserve-")
ISTIO_OF_OTHERS = ("all existing", "operators existing")
Combination = dict[str, str]
# These cannot be known offline, or decided here.
TOLD = {"supply-image-digest", "supply-model-revision-pinned", "model-oversized-slice"}


def _possible(chosen: Combination) -> bool:
    """Whether the values given so far go together at all; the rest is the spec's rules' to say."""
    if chosen.get("secrets") == "sops" and chosen.get("engine", "flux") != "flux":
        return False  # nothing would decrypt
    by_own_ca = chosen.get("gateway") in ("internal-https", "public-https")
    meshed = chosen.get("sidecars") == "sidecars"
    if chosen.get("base", "").startswith(PLAIN) and (by_own_ca or meshed):
        return False  # these releases have neither a certificate authority nor a mesh
    if not chosen.get("gateway", "").startswith("gke"):
        return True
    return (
        chosen.get("sidecars") != "sidecars"
        and chosen.get("smoke") != "smoke test"
        and chosen.get("base") != "stack two-models"  # a model without an endpoint picker
    )


def _pairs(chosen: Combination) -> Iterator[tuple[tuple[str, str], ...]]:
    return itertools.combinations(sorted(chosen.items()), 2)


def _combinations() -> list[Combination]:
    """Greedy: each stack starts with a pair that is open, then takes what closes the most."""
    open_pairs = {
        pair
        for a, b in itertools.combinations(sorted(CHOICES), 2)
        for pair in (((a, x), (b, y)) for x in CHOICES[a] for y in CHOICES[b])
        if _possible(dict(pair))
    }
    found = []
    while open_pairs:
        chosen: Combination = dict(min(open_pairs))
        for name, values in CHOICES.items():
            if name not in chosen:
                options = [{**chosen, name: value} for value in values]
                chosen = max(
                    (o for o in options if _possible(o)),
                    key=lambda o: len(open_pairs.intersection(_pairs(o))),
                )
        open_pairs.difference_update(_pairs(chosen))
        found.append(chosen)
    return found


COMBINATIONS = _combinations()


def combined(chosen: Combination) -> Compiled:
    """The stack of a combination, compiled and proven."""
    loaded = load(str(BASES[chosen["base"]]), "stack.yaml", None)
    data = copy.deepcopy(loaded.data)
    spec = data["spec"]
    spec["gateway"] = GATEWAYS[chosen["gateway"]]
    spec["mesh"] = {"sidecars": chosen["sidecars"] == "sidecars"}
    spec["cluster"]["dns"] = chosen["dns"]
    engine = chosen["observe"].replace("nothing observed", "none")
    spec["observe"] = {"engine": engine, "smokeTest": chosen["smoke"] == "smoke test"}
    spec["secrets"] = {"manager": chosen["secrets"]}
    spec["platform"] = PLATFORMS[chosen["platform"]]
    spec["cluster"]["gatewayApi"] = chosen["crds"]
    # Patterns leave it out, since it is known after the cluster is. The proof then says unknown.
    spec["cluster"].setdefault("controlPlaneCidr", "172.16.4.0/28")
    _buy(spec["cluster"], chosen["machines"])
    spec["serving"].setdefault("imagePullSecret", "registry")
    spec["delivery"] = {"engine": chosen["engine"], "repository": "https://example.com/stacks"}
    spec.pop("suppress", None)
    return build_data("prod", data, prove=True)


def _buy(cluster: dict[str, Any], how: str) -> None:
    """Machines with accelerators as `how` says; flex-start is for those that others make."""
    cluster["managed"] = how in ("on demand", "reserved")
    for pool in cluster["nodePools"]:
        if "accelerator" not in pool:
            continue
        pool.pop("purchase", None)
        if how == "reserved":
            pool["reservation"] = "machines"
        if how == "flex-start":
            pool["purchase"] = how
            pool["nodes"]["min"] = 0


@lru_cache(maxsize=2)
def _made(number: int) -> Compiled:
    """The stack of a combination by its number; the one before it is kept as well."""
    return combined(COMBINATIONS[number])


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda c: ", ".join(c.values()))
def built(request: pytest.FixtureRequest) -> tuple[Combination, Compiled]:
    """A combination, and the stack made of it."""
    return request.param, _made(COMBINATIONS.index(request.param))


def test_every_pair_that_goes_together_is_tried() -> None:
    tried = {pair for chosen in COMBINATIONS for pair in _pairs(chosen)}
    for a, b in itertools.combinations(sorted(CHOICES), 2):
        for x, y in itertools.product(CHOICES[a], CHOICES[b]):
            assert (((a, x), (b, y)) in tried) == _possible({a: x, b: y})
    assert len(COMBINATIONS) < 90


def _accepted(base: str) -> set[str]:
    """Rules whose findings the stack that others are made of accepts itself."""
    loaded = load(str(BASES[base]), "stack.yaml", None)
    return {entry["rule"] for entry in loaded.data["spec"].get("suppress", ())}


def test_a_combination_is_built_without_findings(built: tuple[Combination, Compiled]) -> None:
    chosen, compiled = built
    told = TOLD | _accepted(chosen["base"])
    if chosen["gateway"] == "gke-public":
        told.add("gateway-authentication")  # the load balancer verifies no tokens
    if chosen["gateway"].startswith("gke-") and chosen["crds"] != "gke":
        told.add("gke-feature-off")  # the controller comes with GKE's own CRDs
    if chosen["machines"] == "flex-start":
        told.add("tpu-flex-serving-7d")
    if chosen["sidecars"] == "sidecars" and chosen["platform"] in ISTIO_OF_OTHERS:
        # Whether theirs leaves those ports out.
        told |= {"istio-gateway-denied", "istio-injection-vs-kserve-tls", "istio-plain-text"}
    if chosen["base"] == "pattern multi-host":
        told.add("image-tech-preview")
    unexpected = [f"{f.rule.id}: {f.message}" for f in compiled.findings if f.rule.id not in told]
    assert unexpected == []
    assert compiled.bundle is not None


def test_a_combination_reaches_its_end(built: tuple[Combination, Compiled]) -> None:
    """From nothing, and from the combination before it in the list."""
    chosen, compiled = built
    assert compiled.bundle is not None and compiled.plan is not None
    known = known_of(compiled.bundle, profile_of(compiled.plan), compiled.catalog.copy())
    neighbor = _made((COMBINATIONS.index(chosen) or len(COMBINATIONS)) - 1).bundle
    assert neighbor is not None
    for old in ((), neighbor.resources):
        found = [one.rollout for one in rollouts(known, old)]
        assert (found == []) == (chosen["engine"] == "none")
        assert [said(blocked) for one in found for blocked in one.blocked] == []


def test_a_combination_is_proven(built: tuple[Combination, Compiled]) -> None:
    chosen, compiled = built
    assert compiled.bundle is not None and compiled.plan is not None
    proofs = prove(compiled.bundle, profile_of(compiled.plan))
    assert [str(x.flow.id) for x in proofs if not x.holds] == []
    asked = {x.flow.destination.name for x in proofs if x.flow.id == "F10"}
    nodes = {"kube-dns", "node-local-dns"} if chosen["dns"] == "kube-dns" else {"cloud-dns"}
    assert asked == nodes
    flows = {x.flow.id for x in proofs if x.flow.kind == "needed"}
    assert ("F2" in flows) == chosen["gateway"].startswith("gke")
    meshed = {x.flow.source.role for x in proofs if x.flow.id == "F12"}
    assert ("model" in meshed) == (chosen["sidecars"] == "sidecars")


@needs_kubectl
def test_kustomize_renders_it(built: tuple[Combination, Compiled], tmp_path: Path) -> None:
    _, compiled = built
    for name, content in files_of(compiled).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert compiled.bundle is not None
    applied = [r for r in compiled.bundle.objects if "/delivery/" not in r.file]
    assert len(parse(kustomize(tmp_path), "kustomize")) == len(applied)
