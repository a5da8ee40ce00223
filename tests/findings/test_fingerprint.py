"""A fingerprint survives moved lines and neighbours; it tells different findings apart."""

from __future__ import annotations

from stackgen.findings.fingerprint import by_name, fingerprint
from stackgen.findings.locate import Texts, locate
from stackgen.findings.model import Finding, Place
from stackgen.manifest.document import Mark, Path
from stackgen.manifest.yaml_in import Dialect, parse
from tests.findings.given import PROBE, WHOLE_HOST, foreign, service, whole_host

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: app
      image: app:1
    - name: log
      image: log:1
"""
IMAGE: Path = ("spec", "containers", 1, "image")


def name(finding: Finding) -> str:
    locations = locate(finding, Texts({}))
    return fingerprint(finding, locations[0] if locations else None)


def at(text: str, path: Path = IMAGE, message: str = "log:1 is a tag", file: str = "a.yaml") -> str:
    return name(PROBE.finding(message, Place(foreign(text, file)[0], path)))


def test_is_sixteen_hex_digits_and_fixed_for_ever() -> None:
    assert at(POD) == "8d8045af26977124"


def test_moved_lines_do_not_matter() -> None:
    assert at("# a comment\n\n" + POD) == at(POD)


def test_inserted_list_item_does_not_matter() -> None:
    more = POD.replace("    - name: app", "    - name: first\n      image: f:1\n    - name: app")
    assert at(more, ("spec", "containers", 2, "image")) == at(POD)


def test_another_list_item_object_or_rule_does() -> None:
    names = {
        at(POD),
        at(POD, ("spec", "containers", 0, "image")),
        at(POD.replace("name: web", "name: other")),
        at(POD.replace("shop", "prod")),
        name(WHOLE_HOST.finding("log:1 is a tag", Place(foreign(POD)[0], IMAGE))),
        at(POD, message="log:1 is not a digest"),
    }
    assert len(names) == 6


def test_file_api_version_and_counts_do_not() -> None:
    assert at(POD, file="elsewhere/b.yaml") == at(POD)
    crd = POD.replace("apiVersion: v1", "apiVersion: example.com/v1alpha1")
    assert at(crd) == at(crd.replace("v1alpha1", "v1"))
    assert at(POD, message="2 of 3 (line 7)") == at(POD, message="1 of 4 (line 99)")


def test_object_without_name_is_told_by_its_file() -> None:
    bare = POD.replace("metadata: {name: web, namespace: shop}", "metadata: {}")
    assert at(bare, file="a.yaml") != at(bare, file="b.yaml")


def test_place_in_a_text_uses_names_or_else_the_line() -> None:
    text = "models:\n  - name: a\n    x: 1\n  - name: b\n    x: 2\n"
    path: Path = ("models", 1, "x")

    def spec(text: str, path: Path) -> str:
        mark = parse(text, "s.yaml", Dialect.SPEC, record=True)[0].marks().values[path]
        return name(PROBE.finding("m", Place(path=path, file="s.yaml", text=text, mark=mark)))

    swapped = "models:\n  - name: b\n    x: 2\n  - name: a\n    x: 1\n"
    assert spec(text, path) == spec(swapped, ("models", 0, "x"))
    one = name(PROBE.finding("m", Place(file="s.yaml", text=text, mark=Mark(3, 5, 6))))
    two = name(PROBE.finding("m", Place(file="s.yaml", text=text, mark=Mark(5, 5, 6))))
    moved = name(PROBE.finding("m", Place(file="s.yaml", text="\n" + text, mark=Mark(4, 5, 6))))
    assert one != two
    assert one == moved


def test_rendered_finding_does_not_depend_on_the_spec_line() -> None:
    assert name(whole_host()) == name(whole_host(service()))


def test_items_are_called_by_a_key_that_is_theirs_alone() -> None:
    data = {"env": [{"name": "A"}, {"name": "A"}], "ports": [{"containerPort": 80}], "l": ["x"]}
    assert by_name(data, ("env", 0, "name")) == ("env", 0, "name")
    assert by_name(data, ("ports", 0)) == ("ports", "containerPort=80")
    assert by_name(data, ("l", 0)) == ("l", 0)
    assert by_name(data, ("l", 7, "gone")) == ("l", 7, "gone")
