"""Which release is meant where none is named, and what is said about it."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.cli.release import settled
from stackgen.manifest.resource import Bundle, Resource
from stackgen.repository import Repository

OWN = Repository(Catalog())
SERVICE = "LLMInferenceService"


def bundle(*kinds: tuple[str, str]) -> Bundle:
    objects = [{"apiVersion": a, "kind": k, "metadata": {"name": "a"}} for a, k in kinds]
    return Bundle(tuple(Resource(data, "a") for data in objects))


OLD = ("serving.kserve.io/v1alpha1", SERVICE)
NEW = ("serving.kserve.io/v1alpha2", SERVICE)
MODEL = ("inference.networking.x-k8s.io/v1alpha2", "InferenceModel")


@pytest.mark.parametrize(
    ("kinds", "release", "why"),
    [
        ((OLD,), "odh-master", "judged by release odh-master, the newest release;"),
        ((OLD, NEW), "odh-master", "judged by release odh-master, the newest release;"),
        (
            (OLD, MODEL),
            "llm-d-infra-xks-0.15",
            "judged by release llm-d-infra-xks-0.15, the newest that serves what is there;",
        ),
        (
            (NEW, MODEL),
            "odh-master",
            "judged by release odh-master, the newest release, though none serves all that is",
        ),
        (
            (("serving.kserve.io/v1beta9", SERVICE),),
            "odh-master",
            "judged by release odh-master, the newest release, though none serves all that is",
        ),
        ((("v1", "Service"), ("apps/v1", "Deployment")), "", ""),
        ((), "", ""),
    ],
)
def test_the_newest_that_fits(kinds: tuple[tuple[str, str], ...], release: str, why: str) -> None:
    found, remark = settled(OWN, "", bundle(*kinds))
    assert found == release
    assert remark.startswith(why)
    assert bool(remark) == bool(why)


def test_what_is_named_is_meant() -> None:
    assert settled(OWN, "odh-3.5", bundle(NEW)) == ("odh-3.5", "")
