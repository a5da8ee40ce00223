"""Terraform files: blocks and constants, with few expressions evaluated."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.terraform import defaults, read, repeated, unclosed

TEXT = """\
variable "machine" { default = "ct6e-standard-4t" }
variable "zone" {}
resource "google_container_node_pool" "tpu" {
  name           = "tpu-${var.machine}" # a comment
  node_locations = ["us-east5-b", var.zone]
  node_count     = var.large ? 4 : 1
  node_config {
    machine_type = var.machine
    labels       = { role = "serving", "a/b" = "c" }
    spot         = true
    taint {
      key = "google.com/tpu"
    }
  }
  description = <<-EOT
    name = "not this"
  EOT
}
"""


def test_blocks_have_labels_and_values() -> None:
    blocks = read(TEXT, defaults(read(TEXT)))
    pool = blocks[2]
    assert pool.labels == ("google_container_node_pool", "tpu")
    values = {name: one.value for name, one in pool.attributes.items()}
    assert values["name"] == "tpu-ct6e-standard-4t"
    assert values["node_locations"] == ["us-east5-b", "${var.zone}"]
    assert values["node_count"] == "${var.large?4:1}"
    machine = pool.find("node_config", "machine_type")
    assert machine is not None and (machine.value, machine.mark.line) == ("ct6e-standard-4t", 8)
    labels = pool.find("node_config", "labels")
    assert labels is not None and labels.value == {"role": "serving", "a/b": "c"}
    assert pool.blocks[0].blocks[0].attributes["key"].value == "google.com/tpu"


def test_only_constants_are_defaults() -> None:
    text = 'variable "a" { default = 3 }\nvariable "b" { default = local.x }\nvariable "c" {}\n'
    assert defaults(read(text)) == {"a": 3}


@given(st.text(alphabet='ab{}[]()=,"$\n #/*<-EOT.1', max_size=300))
def test_any_text_is_read(text: str) -> None:
    for block in read(text):
        assert block.mark.line <= text.count("\n") + 1
    found = unclosed(text)
    assert found is None or found[0].line <= text.count("\n") + 1


def test_deep_nesting_ends() -> None:
    assert read("a {" * 5000 + "}" * 5000)
    assert read("x = " + "[" * 5000) == []


BRACKETS = [i for i, char in enumerate(TEXT) if char in "[{" and TEXT[i - 1] != "$"]


@pytest.mark.parametrize("at", BRACKETS)
def test_each_bracket_has_to_be_closed(at: int) -> None:
    assert unclosed(TEXT) is None
    assert unclosed(TEXT[:at] + " " + TEXT[at + 1 :]) is not None


def test_a_block_that_is_not_closed_has_its_line() -> None:
    found = unclosed('a "b" {\n  c {\n    d = [1, 2]\n}\n')
    assert found is not None and (found[0].line, found[1]) == (1, "bracket")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('a = "b\n{', "string"),
        ('a = "${b.\n', "string"),
        ("a = <<-EOT\n  {\n", "here-document"),
        ("/* b\nc {}\n", "comment"),
    ],
)
def test_a_text_that_does_not_end_is_found(text: str, what: str) -> None:
    found = unclosed(text)
    assert found is not None and (found[0].line, found[1]) == (1, what)


@pytest.mark.parametrize(
    "text",
    [
        'a = "${replace(x, "{", "")}"\n{',
        'a = "${b\n}"\n{',
        "/* {\n" + "x" * 6000 + "*/",
        "# {\n",
        "// {\n",
    ],
)
def test_what_hides_brackets_is_not_judged(text: str) -> None:
    assert unclosed(text) is None


def test_a_long_text_takes_no_more_memory_than_it_has_characters() -> None:
    text = f'a "b" {{\n  c = "{"xy" * 100_000}"\n}}\n'
    tracemalloc.start()
    (block,) = read(text)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert block.attributes["c"].value == "xy" * 100_000
    assert most < 4 * len(text)


def test_constant_local_values_are_known() -> None:
    text = 'locals {\n  region = "us-east5"\n  zone = "${local.region}-b"\n}\n'
    known = defaults(read(text))
    assert known == {"local.region": "us-east5", "local.zone": "${local.region}-b"}
    assert defaults(read(text, known))["local.zone"] == "us-east5-b"
    (pool,) = read('resource "a" "b" {\n  x = local.region\n  y = "${local.region}-b"\n}', known)
    assert [one.value for one in pool.attributes.values()] == ["us-east5", "us-east5-b"]


POOLS = """\
variable "pools" {
  default = {
    a = { machine = "g2-standard-24", count = 2, zones = ["z-a"], spot = true }
    b = { machine = "a3-highgpu-8g", count = 8, zones = [var.zone] }
  }
}
resource "google_container_node_pool" "gpu" {
  for_each       = var.pools
  name           = "gpu-${each.key}"
  node_locations = each.value.zones
  node_count     = each.value["count"]
  node_config {
    machine_type = each.value.machine
    spot         = try(each.value.spot, false)
    dynamic "taint" {
      for_each = each.value.taints
      content { key = each.value.key }
    }
  }
}
"""


def test_a_block_is_there_once_for_each_entry_of_a_constant() -> None:
    block = read(POOLS, defaults(read(POOLS)))[1]
    first, second = repeated(block)
    assert [one.attributes["name"].value for one in (first, second)] == ["gpu-a", "gpu-b"]
    assert first.attributes["node_locations"].value == ["z-a"]
    assert second.attributes["node_locations"].value == "${each.value.zones}"
    assert (first.attributes["node_count"].value, first.blocks[0].attributes["spot"].value) == (
        2,
        True,
    )
    assert second.blocks[0].attributes["spot"].value is False
    # `each` in a dynamic block is that of its own entries.
    content = second.blocks[0].blocks[0].blocks[0]
    assert content.attributes["key"].value == "${each.value.key}"


def test_a_block_for_unknown_entries_is_there_as_it_is_written() -> None:
    (block,) = read(POOLS)[1:]
    assert repeated(block) == [block]


COUNTED = """\
resource "a" "b" {
  count = 2
  name  = "p-${count.index}"
  zone  = ["x", "y"][0]
  all   = { for k in ["a", "b"] :
    "${k[0]}-x" => k
  }
  set = toset([for k in var.x : k])
  guest_accelerator { count = 4 }
}
resource "a" "c" { for_each = toset(var.names) }
"""


def test_a_block_is_there_as_often_as_its_count_says() -> None:
    counted, each = read(COUNTED, {"names": ["u", "v"]})
    first, second = repeated(counted)
    assert [one.attributes["name"].value for one in (first, second)] == ["p-0", "p-1"]
    assert first.blocks[0].attributes["count"].value == 4
    assert len(repeated(each)) == 2


def test_an_expression_that_begins_like_a_list_is_no_constant() -> None:
    found = read(COUNTED)[0].attributes
    assert list(found) == ["count", "name", "zone", "all", "set"]
    assert all(found[key].value.startswith("${") for key in ("zone", "all", "set"))


def test_a_long_value_is_not_put_into_texts() -> None:
    text = 'locals { a = "' + "x" * 5000 + '" }\nresource "t" "n" { b = "${local.a}-${local.a}" }'
    assert read(text, defaults(read(text)))[1].attributes["b"].value == "${local.a}-${local.a}"
