"""Resources: what they are called, what is in them, where it stands and why."""

from __future__ import annotations

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.origin import Origin

TEXT = (
    "# note\napiVersion: apps/v1\nkind: Deployment\n"
    "metadata: {name: a, namespace: models}\nspec: {replicas: 2}\n"
)


def _foreign(text: str = TEXT) -> Resource:
    (document,) = parse(text, "a.yaml")
    return Resource(document.data, "a.yaml", document=document)


def test_identity() -> None:
    resource = _foreign()
    assert (resource.group, resource.version, resource.kind) == ("apps", "v1", "Deployment")
    assert (resource.namespace, resource.name) == ("models", "a")
    core = Resource({"apiVersion": "v1", "kind": "Secret"}, "b.yaml")
    assert (core.group, core.version, core.namespace, core.name) == ("", "v1", "", "")


def test_identity_of_nonsense_is_empty() -> None:
    resource = Resource(
        {"apiVersion": 1, "kind": ["x"], "metadata": {"name": 3, "namespace": {}}}, "x"
    )
    assert (resource.api_version, resource.group, resource.version) == ("", "", "")
    assert (resource.kind, resource.name, resource.namespace) == ("", "", "")
    assert Resource({"metadata": "text"}, "x").metadata == {}


def test_get_follows_a_path_as_far_as_it_goes() -> None:
    resource = Resource({"a": [{"b": 1}], "c": "text"}, "x")
    assert resource.get("a", 0, "b") == 1
    assert resource.get("a", 1) is None
    assert resource.get("a", "b") is None
    assert resource.get("c", 0) is None
    assert resource.get("a", 0, "b", "c") is None
    assert resource.get() == {"a": [{"b": 1}], "c": "text"}


def test_a_foreign_manifest_is_its_own_text() -> None:
    resource = _foreign()
    assert resource.text == TEXT
    mark = resource.mark(("spec", "replicas"))
    assert mark is not None
    assert (mark.line, mark.column, mark.end_column) == (5, 18, 19)


def test_a_rendered_resource_knows_the_lines_of_its_own_file() -> None:
    resource = Resource(
        {"kind": "A", "spec": {"list": [{"x": "yes"}]}}, "a.yaml", notes=("a note",)
    )
    lines = resource.text.split("\n")
    assert lines[1] == "# a note"
    mark = resource.mark(("spec", "list", 0, "x"))
    assert mark is not None
    assert lines[mark.line - 1][mark.column - 1 : mark.end_column - 1] == '"yes"'
    key = resource.mark(("spec", "list", 0, "x"), key=True)
    assert key is not None
    assert lines[key.line - 1][key.column - 1 : key.end_column - 1] == "x"


def test_origin_of_a_leaf_of_a_container_and_of_what_is_not_there() -> None:
    one, two = Origin("rule", "one"), Origin("rule", "two")
    origins: dict[Path, Origin] = {("spec", "a"): one, ("spec", "b"): two, ("list",): two}
    resource = Resource({"spec": {"a": 1, "b": 2}, "list": []}, "a.yaml", origins=origins)
    assert resource.origin(("spec", "b")) is two
    assert resource.origin(("spec",)) is one
    assert resource.origin(("list", 0, "x")) is two
    assert resource.origin(("other",)) is None


def test_a_bundle_tells_objects_from_index_files() -> None:
    index = Resource({"kind": "Kustomization"}, "kustomization.yaml", index=True)
    flux = Resource(
        {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}, "k.yaml"
    )
    secret = Resource({"apiVersion": "v1", "kind": "Secret"}, "s.yaml")
    bundle = Bundle((index, flux, secret))
    assert bundle.objects == (flux, secret)
    assert list(bundle.of_kind("Kustomization")) == [flux]
    assert list(bundle.of_kind("Kustomization", "kustomize.toolkit.fluxcd.io")) == [flux]
    assert list(bundle.of_kind("Secret", "other")) == []
    assert list(bundle.of_kind("Secret", "")) == [secret]
