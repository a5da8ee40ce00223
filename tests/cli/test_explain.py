"""`stackgen explain`."""

from __future__ import annotations

import re

import pytest

from stackgen.cli.explain import explanation
from stackgen.errors import UsageError
from stackgen.report.style import Style


def test_rule() -> None:
    text = explanation("suppression-without-reason", Style())
    assert text.startswith(
        "error[suppression-without-reason] A suppression has no reason and has no effect.\n"
    )
    for title in ("Why", "In the cluster", "Fix in a manifest", "Bad", "Good", "Sources"):
        assert f"\n{title}\n" in text


@pytest.mark.parametrize("path", ["spec.serving.models.replicas", "serving.models[0].replicas"])
def test_field(path: str) -> None:
    assert explanation(path, Style()).startswith("spec.serving.models[].replicas  integer\n")


NOTHING = 'no rule, runbook or field is called "'


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("suppression-unsued", f'{NOTHING}suppression-unsued"; did you mean "suppression-unused"?'),
        ("xyzzy", f'{NOTHING}xyzzy"; `stackgen rules` lists the rules'),
        ("../../etc/x", f'{NOTHING}../../etc/x"; `stackgen rules` lists the rules'),
        ("spec.servng.models", '`spec` has no field "servng"; did you mean "serving"?'),
    ],
)
def test_unknown(name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        explanation(name, Style())
    assert str(error.value) == message


def test_words_that_no_text_has_together_find_texts_with_most_of_them() -> None:
    text = explanation("xyzzy autoscaler metric", Style())
    assert text.startswith(
        'No text has all words of "xyzzy autoscaler metric". These have 2 of the 3:\n\n'
        "Runbooks\n  autoscaler-no-metric  "
    )
    with pytest.raises(UsageError, match=f'{NOTHING}xyzzy foo"'):
        explanation("xyzzy foo", Style())


def test_what_only_mentions_the_word_is_counted() -> None:
    text = explanation("autoscaling", Style())
    assert "\n  spec-autoscaling " in text
    assert "spec-node-range" not in text
    assert re.search(r"\n  and \d+ more\n\nFields\n", text)


def test_nothing_is_not_a_name() -> None:
    with pytest.raises(UsageError, match="name a rule"):
        explanation("", Style())


def test_runbook() -> None:
    text = explanation("gateway-pending", Style())
    assert text.startswith("gateway-pending: The Gateway has no address.\n\nSymptom\n")
    for title in ("Cause", "Tell the causes apart", "Fix in stack.yaml", "Prevented by", "Sources"):
        assert f"\n{title}\n" in text
    assert "\n    kubectl get gatewayclass\n" in text


@pytest.mark.parametrize(
    ("symptom", "page"),
    [
        ("OOMKilled", "out-of-memory"),
        ("ImagePullBackOff", "image-pull"),
        ("no_healthy_upstream", "picker-not-routing"),
        ("GatedRepoError", "model-download"),
        ("ADDRESS quota", "gateway-pending"),
    ],
)
def test_a_symptom_finds_its_runbook_first(symptom: str, page: str) -> None:
    text = explanation(symptom, Style())
    assert text.startswith(f"{page}: ")


def test_words_find_rules_and_fields() -> None:
    text = explanation("spot", Style())
    assert text.startswith("Runbooks\n  node-mismatch  ")
    rules, fields = text.index("\nRules\n"), text.index("\nFields\n")
    assert rules < text.index("\n  tpu-spot-single-replica  ") < fields
    assert "\n  spec.cluster.nodePools[].purchase" in text[fields:]
    assert max(map(len, text.splitlines())) <= 80


def test_words_that_one_rule_has_show_it() -> None:
    assert explanation("suppression without effect reason", Style()).startswith("error[supp")
