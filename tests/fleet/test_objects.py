"""Several processes find in a bundle what one finds, and know the secrets that one knows."""

from __future__ import annotations

from pathlib import Path

import yaml

from stackgen.checks.context import Context
from stackgen.findings.pipeline import Options
from stackgen.findings.rules import all_rules
from stackgen.findings.select import Selection
from stackgen.fleet.objects import Task, check
from stackgen.manifest.collect import collect
from tests.growth.manifests import manifests

PASSWORD = "Xk7-plausible-Qz93"
SECRET = {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "space"},
    "stringData": {"password": PASSWORD},
}  # fmt: skip
POD = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "space"},
    "spec": {"restartPolicy": PASSWORD, "containers": [{"name": "c", "image": "d"}]},
}  # fmt: skip


def test_processes_find_the_same(tmp_path: Path) -> None:
    objects = [*(data for _, data in manifests(1, "together")), SECRET, POD]
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all(objects))
    read = collect([str(tmp_path / "a.yaml")])
    context = Context(read.bundle, release="odh-3.5", complete=True)
    task = Task(context, Options(Selection(all_rules(), ("schema", "policy"))), tuple(read.sources))
    one, several = check(task, 1), check(task, 2)
    assert sorted(one, key=repr) == sorted(several, key=repr)
    assert len(one) > 20
    messages = [x.finding.message for x in several]
    assert any("*" * len(PASSWORD) in x for x in messages)
    assert not any(PASSWORD in x for x in messages)
