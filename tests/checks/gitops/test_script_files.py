"""What is wrong with the text of scripts."""

import pytest

from stackgen.checks.gitops.script_files import findings
from stackgen.manifest.document import Source

SELECT = "gcloud container clusters get-credentials models"


def found(*texts: str) -> list[tuple[str, int]]:
    sources = [Source(f"{i}.sh", text) for i, text in enumerate(texts)]
    places = [(one.rule.id, one.places[0].mark) for one in findings(sources)]
    return [(rule, mark.line) for rule, mark in places if mark is not None]


@pytest.mark.parametrize(
    "text",
    [
        f"#!/bin/bash -e\n{SELECT}\nkubectl apply -f a.yaml\n",
        f"set -o errexit\n{SELECT}\nkubectl apply -f a.yaml\n",
        f"{SELECT} && kubectl apply -f a.yaml\n",
        f"if ! {SELECT}; then exit 1; fi\nkubectl apply -f a.yaml\n",
        f"{SELECT}\nif [ $? -ne 0 ]; then exit 1; fi\nkubectl apply -f a.yaml\n",
        f"{SELECT}\nkubectl apply --context models -f a.yaml\n",
        f"{SELECT}\nkubectl get pods\n",
        f"{SELECT}\ncat <<EOF\nkubectl apply -f a.yaml\nEOF\n",
    ],
)
def test_a_script_that_stops_or_changes_nothing(text: str) -> None:
    assert not found(text)


def test_a_script_that_goes_on() -> None:
    text = f"{SELECT} \\\n  --region a > /dev/null 2>&1\necho\nkubectl -n a delete -f a.yaml\n"
    assert found(text) == [("script-continues", 4)]


@pytest.mark.parametrize("line", ["set -euo pipefail", "source a.sh", "x=(1 2)", 'a <<< "$b"'])
def test_what_only_bash_has(line: str) -> None:
    assert found(f"#!/usr/bin/env sh\nkubectl version\n{line}\n") == [("script-shell", 3)]


def test_a_name_that_another_script_sets() -> None:
    script = "CLUSTER_NAME=a\nkubectl config use-context $CLUSTER\n"
    assert found(script) == [("script-variable", 2)]
    assert not found(script, "CLUSTER=b bash 0.sh\n")


@pytest.mark.parametrize("end", ["", "\\ ", "\\\n  # the zones", "\\\n"])
def test_a_flag_that_no_command_reads(end: str) -> None:
    text = f"gcloud container clusters create a \\\n  --region=b {end}\n  --num-nodes=2\n"
    assert found(text) == [("script-flag-alone", text.count("\n"))]


@pytest.mark.parametrize(
    "text",
    [
        "helm upgrade a b \\\n  --wait\n",
        'ARGS="\n--wait\n"\nhelm upgrade a b $ARGS\n',
        "ARGS=(\n  --wait\n)\n",
        'helm upgrade a b --set "c=\n  --d"\n',
        "cat <<EOF\nhelm upgrade a b\n--wait\nEOF\n",
        "kubectl get pods # all\n# --all\n\n",
    ],
)
def test_flags_that_are_read(text: str) -> None:
    assert not found(text)
