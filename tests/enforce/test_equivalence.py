"""An exported policy says of every object what the policy says here, in both forms."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.checks.policy import pack
from stackgen.checks.policy.engine import Engine
from stackgen.checks.policy.profile import facts
from stackgen.enforce import admission, export, gatekeeper
from stackgen.enforce.model import Form, Part, Settings
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.manifest.yaml_out import dump
from stackgen.platforms.kserve.release import controller
from tests import sandbox
from tests.checks.policy.test_policies import FILES, context_of, name
from tests.enforce import engines

EXPORTED = {
    form: [p for p in pack.policies() if not export.reason(p, form)]
    for form in ("gatekeeper", "vap")
}  # fmt: skip


@cache
def _pack(facts: str) -> Engine:
    engine = Engine([*pack.sources(), pack.ENTRY])
    engine.give_data(json.loads(facts))
    return engine


def told(context: Context, resource: Resource) -> dict[tuple[str, str], list[str]]:
    """(policy, entry) -> messages of the pack about a document by itself."""
    engine = _pack(json.dumps(facts(context), sort_keys=True))
    engine.give_input(resource.data)
    results = engine.value("data.entry.results")
    found: dict[tuple[str, str], list[str]] = {}
    for entry in ("deny", "warn"):
        for result in results[entry]:
            found.setdefault((result["id"], entry), []).append(result["msg"])
    return {key: sorted(set(messages)) for key, messages in found.items()}


def settings(context: Context) -> Settings:
    return Settings(serves_tls=_serves_tls(context), profile=context.profile)


def _serves_tls(context: Context) -> bool | None:
    found = controller(Catalog(), context.release)
    return found.serves_tls if found else None


@pytest.mark.parametrize("file", FILES, ids=name)
def test_gatekeeper_gives_the_same_verdicts(file: Path) -> None:
    context = context_of(file)
    given = {"servesTLS": _serves_tls(context), "profile": dict(context.profile)}
    for resource in context.bundle.objects:
        expected = told(context, resource)
        review = {"operation": "CREATE", "object": resource.data}
        for policy in EXPORTED["gatekeeper"]:
            for part in gatekeeper.parts(policy):
                key = (policy.rule.id, part.entry)
                found = engines.violations(key[0], review, given | {"results": part.entry})
                assert sorted(set(found)) == expected.pop(key, []), key
                assert not found or engines.is_meant(policy, resource), key
        left = {key[0] for key in expected}
        assert left <= {p.rule.id for p in pack.policies()} - {
            p.rule.id for p in EXPORTED["gatekeeper"]
        }


@pytest.mark.parametrize("file", FILES, ids=name)
def test_cel_gives_the_same_verdicts(file: Path) -> None:
    context = context_of(file)
    for resource in context.bundle.objects:
        expected = told(context, resource)
        for part in _parts():
            key = (part.policy.rule.id, part.entry)
            if not engines.is_meant(part.policy, resource):
                assert key not in expected
                continue
            policy = admission.policy_of(part, settings(context))
            assert sorted(set(engines.messages(policy, resource.data))) == expected.pop(key, [])
        assert not {key[0] for key in expected} & {p.rule.id for p in EXPORTED["vap"]}


def _parts() -> Iterator[Part]:
    for policy in EXPORTED["vap"]:
        yield from admission.parts(policy)


@pytest.mark.parametrize("entry", ["deny", "warn"])
def test_the_reference_stack_is_admitted_wherever_it_is_clean(entry: str) -> None:
    """Its own objects pass what refuses; of what warns, only what stack.yaml accepts is there."""
    accepted = {"supply-image-digest", "supply-model-revision-pinned"}
    seen = set()
    for file in sorted((sandbox.ROOT / "out").rglob("*.yaml")):
        for document in parse(file.read_text(encoding="utf-8"), file.name):
            resource = Resource(document.data, file.name)
            review = {"operation": "CREATE", "object": resource.data}
            for policy in EXPORTED["gatekeeper"]:
                entries = [part.entry for part in gatekeeper.parts(policy)]
                if entry in entries and engines.is_meant(policy, resource):
                    given = {"servesTLS": True, "results": entry}
                    if engines.violations(policy.rule.id, review, given):
                        seen.add(policy.rule.id)
    assert seen == (accepted if entry == "warn" else set())


def _gator() -> str:
    return os.environ.get("STACKGEN_GATOR", "") or shutil.which("gator") or ""


@pytest.mark.parametrize("form", ["gatekeeper", "vap"])
def test_gatekeeper_itself_gives_the_same_verdicts(form: Form, tmp_path: Path) -> None:
    """With `gator`, the command of Gatekeeper: its own compiler of templates, OPA, and the CEL of
    Kubernetes, to which a ValidatingAdmissionPolicy is given as a template of the engine
    K8sNativeValidation."""
    if not _gator():
        pytest.skip("gator is not there: Gatekeeper's own verdicts are not compared")
    contexts = [context_of(file) for file in FILES]
    for known in sorted({json.dumps(facts(c), sort_keys=True) for c in contexts}):
        alike = [c for c in contexts if json.dumps(facts(c), sort_keys=True) == known]
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        expected = set()
        names = _written(folder, form, settings(alike[0]))
        for number, resource in enumerate(r for c in alike for r in c.bundle.objects):
            text = json.dumps(resource.data, sort_keys=True)
            (folder / f"object-{number}.json").write_text(text, encoding="utf-8")
            for key, messages in told(alike[0], resource).items():
                expected |= {(names[key], m, text) for m in messages if key in names}
        assert _verdicts(folder, form) == expected


def _written(folder: Path, form: Form, given: Settings) -> dict[tuple[str, str], str]:
    """The export in a folder; (policy, entry) -> the name of its Constraint."""
    names = {}
    chosen, _ = export.choose(pack.policies(), form, given.profile)
    for policy in chosen:
        parts = gatekeeper.parts(policy) if form == "gatekeeper" else admission.parts(policy)
        objects = [gatekeeper.template(policy), *gatekeeper.constraints(policy, given)]
        if form == "vap":
            objects = [o for part in parts for o in _as_template(part, given)]
        for part in parts:
            names[policy.rule.id, part.entry] = policy.rule.id + part.suffix
        for number, data in enumerate(objects):
            data["spec"].get("match", {}).pop("excludedNamespaces", None)
            file = folder / f"{policy.rule.id}-{number}.yaml"
            file.write_text(dump(data), encoding="utf-8")
    return names


def _as_template(part: Part, given: Settings) -> list[dict[str, Any]]:
    kind = "Cel" + (part.policy.rule.id + part.suffix).replace("-", "")
    policy = admission.policy_of(part, given)["spec"]
    template = gatekeeper.template(part.policy)
    template["metadata"] = {"name": kind.lower()}
    template["spec"]["crd"]["spec"] = {"names": {"kind": kind}}
    source = {
        "failurePolicy": "Fail",
        "variables": policy["variables"],
        "validations": policy["validations"],
    }
    code = {"engine": "K8sNativeValidation", "source": source}
    template["spec"]["targets"][0]["code"] = [code]
    constraint = next(gatekeeper.constraints(part.policy, given))
    constraint["kind"] = kind
    constraint["metadata"]["name"] = part.policy.rule.id + part.suffix
    del constraint["spec"]["parameters"]
    return [template, constraint]


def _verdicts(folder: Path, form: Form) -> set[tuple[str, str, str]]:
    done = subprocess.run(
        [_gator(), "test", "-f", str(folder), "-o", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = set()
    for violation in json.loads(done.stdout) or []:
        text = json.dumps(violation["violatingObject"], sort_keys=True)
        told_by = violation["constraint"]["metadata"]["name"]
        each = [violation["msg"]] if form == "gatekeeper" else engines.split([violation["msg"]])
        found |= {(told_by, message, text) for message in each}
    return found
