from __future__ import annotations

from stackgen.kserve.names import LONGEST, LONGEST_SUFFIX, child_name, pod_labels, server_selector


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
