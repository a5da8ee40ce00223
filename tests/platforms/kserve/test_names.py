from __future__ import annotations

import pytest

from stackgen.platforms.kserve.names import (
    LONGEST,
    LONGEST_SUFFIX,
    child_name,
    every_pod_labels,
    name_of,
    pod_labels,
    server_selector,
)  # fmt: skip


def test_a_short_name_is_joined() -> None:
    assert child_name("qwen", "-kserve-workload-svc") == "qwen-kserve-workload-svc"


def test_38_characters_are_the_most_that_is_not_hashed() -> None:
    assert child_name("a" * 38, LONGEST_SUFFIX) == "a" * 38 + LONGEST_SUFFIX
    hashed = child_name("a" * 39, LONGEST_SUFFIX)
    assert len(hashed) == LONGEST
    assert hashed.endswith(LONGEST_SUFFIX) and not hashed.startswith("a" * 39)


def test_hashed_names_differ() -> None:
    assert child_name("a" * 40, "-kserve") == "a" * 40 + "-kserve"
    assert child_name("a" * 60, "-kserve") != child_name("a" * 61, "-kserve")


def test_who_is_selected_by_service_and_pool() -> None:
    def selected(part: str, **more: bool) -> bool:
        labels = pod_labels(
            "qwen", part, **{"prefill": False, "several": False, "split": False, **more}
        )
        return server_selector("qwen").items() <= labels.items()

    assert selected("template")
    assert selected("template", several=True), "leaders"
    assert selected("template", prefill=True, split=True), "prefill"
    assert not selected("worker", several=True), "workers behind a leader"
    assert selected("worker", several=True, leader=False), "workers without a leader template"


def test_the_labels_of_every_kind_of_pod() -> None:
    """Network policies are proven against these: a kind that is missing would not be looked at."""

    def pod(component: str, role: str = "") -> frozenset[tuple[str, str]]:
        found = {
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/part-of": "llminferenceservice",
        }
        if role:
            found |= {"kserve.io/component": "workload", "llm-d.ai/role": role}
        return frozenset(found.items())

    server = "llminferenceservice-workload"
    leader, worker = f"{server}-leader", f"{server}-worker"
    assert {frozenset(labels.items()) for labels in every_pod_labels()} == {
        pod(server, "both"), pod(server, "decode"), pod(f"{server}-prefill", "prefill"),
        pod(leader, "both"), pod(leader, "decode"), pod(f"{leader}-prefill", "prefill"),
        # Workers bear the labels of a server only where no leader template exists.
        pod(worker), pod(worker, "both"), pod(worker, "decode"),
        pod(f"{worker}-prefill"), pod(f"{worker}-prefill", "prefill"),
        pod("llminferenceservice-router-scheduler"), pod("tokenizer"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"namespace": "a", "name": "b"}, ("a", "b")),
        ({"name": "b"}, ("", "b")),
        ({"namespace": 1, "name": ["b"]}, ("", "")),
        ("b", ("", "")),
    ],
)
def test_what_says_no_name_has_none(metadata: object, found: tuple[str, str]) -> None:
    assert name_of({"metadata": metadata}) == found
