"""Files of dashboards, of which a kustomization makes ConfigMaps."""

from __future__ import annotations

from pathlib import Path

from stackgen.facts.queries import all_queries
from stackgen.manifest.collect import collect

BOARD = '{"title": "a", "panels": [{"targets": [{"expr": "sum(vllm:queue)"}]}]}'


def test_the_queries_of_a_dashboard_in_a_file_are_read(tmp_path: Path) -> None:
    index = "configMapGenerator: [{name: boards, files: [a.json, more=b.json]}]\n"
    (tmp_path / "kustomization.yaml").write_text(index)
    (tmp_path / "a.json").write_text(BOARD)
    (tmp_path / "b.json").write_text('{"settings": {"expr": "no dashboard"}}')
    (query,) = all_queries(collect([str(tmp_path)]).bundle)
    assert query.names == ("vllm:queue",)
    assert query.resource.file == str(tmp_path / "a.json")
