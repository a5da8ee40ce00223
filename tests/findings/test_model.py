"""The help of a finding names what the user edits: the manifest, a field of the spec, a patch."""

from __future__ import annotations

from dataclasses import replace

from stackgen.findings.model import Finding, Location, Place, advice_on
from tests.findings.given import LIMIT, WHOLE_HOST, foreign, outcome, service, whole_host

BOTH = replace(WHOLE_HOST, remedy="Request all chips.", remedy_in_stack="Remove `chips`.")
MANIFEST = replace(BOTH, remedy_in_stack="")


def advice(finding: Finding) -> str:
    return outcome([finding]).findings[0].advice


def test_a_manifest_is_fixed_in_the_manifest() -> None:
    read = foreign("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")[0]
    assert advice(BOTH.finding("too few", Place(read))) == "Request all chips."


def test_a_rendered_object_is_fixed_in_the_field_of_the_spec() -> None:
    assert advice(BOTH.finding("too few", Place(service(), LIMIT))) == "Remove `chips`."


def test_a_rendered_object_without_such_a_field_is_patched() -> None:
    assert advice(MANIFEST.finding("too few", Place(service(), LIMIT))) == (
        "Patch LLMInferenceService/qwen2-3b-pattern1 in spec.patches. Request all chips."
    )


def test_a_value_of_a_patch_is_fixed_in_the_patch() -> None:
    place = Location("primary", "stack.yaml", path="spec.patches[0].patch.spec")
    assert advice_on(BOTH.finding("too few", Place(service(), LIMIT)), place) == (
        "Change or remove this patch. Request all chips."
    )


def test_the_remedy_of_the_finding_comes_first() -> None:
    assert advice(whole_host(remedy="Use 4 chips.")) == "Use 4 chips."
