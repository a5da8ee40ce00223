"""Documents and definitions that the tests of the schema engine share."""

from __future__ import annotations

import json
import os
from typing import Any

import yaml

from stackgen.catalog.load import Catalog
from stackgen.schema.condense import condense, to_text
from stackgen.schema.engine import validate
from stackgen.schema.problem import Problem
from stackgen.schema.store import SchemaCatalog

SHARED = os.environ.get("STACKGEN_SHARED") or os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "..", "shared"
)


def judged(text: str, release: str = "", previous: str = "") -> list[Problem]:
    """The problems of one YAML document."""
    old = yaml.safe_load(previous) if previous else None
    return validate(
        yaml.safe_load(text), catalog=SchemaCatalog((), Catalog().variants(release)), previous=old
    )


def definition(schema: dict[str, Any], **version: Any) -> dict[str, Any]:
    """A CustomResourceDefinition of `Widget` in example.com whose spec is `schema`."""
    root = {"type": "object", "properties": {"spec": schema}}
    body = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [{**body, **version}],
        },
    }


class Widgets:
    """A kind made for one test: its definition in, the problems of its objects out."""

    def __init__(self, folder: Any, schema: dict[str, Any], **version: Any) -> None:
        (made,) = condense(definition(schema, **version), {}, keep=True)
        target = folder / "example.com"
        target.mkdir(parents=True)
        (target / "widget_v1.json").write_text(to_text(made.schema), encoding="utf-8")
        self.schema: dict[str, Any] = json.loads(to_text(made.schema))
        self._catalog = SchemaCatalog((str(folder),), ())

    def judged(self, spec: Any, previous: Any = None, **more: Any) -> list[Problem]:
        """The problems of a widget with this spec."""
        old = self._object(previous) if previous is not None else None
        return validate({**self._object(spec), **more}, catalog=self._catalog, previous=old)

    def rules(self, spec: Any, previous: Any = None) -> list[str]:
        """The rules it breaks."""
        return [p.rule for p in self.judged(spec, previous)]

    @staticmethod
    def _object(spec: Any) -> dict[str, Any]:
        meta = {"name": "one", "namespace": "here"}
        return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": meta, "spec": spec}
