"""Make the schema files of the built-in Kubernetes kinds from the published OpenAPI facts.

    python tools/schemas/natives.py [MINOR] [FOLDER]

reads the definitions that the package `kubernetes-validate` carries for that minor (default 1.36)
and writes `FOLDER/<group>/<kind>_<version>.json` (default `schemas/`). Only names, types, formats,
required fields and list keys are kept. The same input gives the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any

Schema = dict[str, Any]

MINOR = "1.36"
# Requests and answers of the API rather than objects that anyone keeps in files.
NOT_KEPT = {
    "APIGroup", "APIVersions", "Binding", "ComponentStatus", "Eviction", "LocalSubjectAccessReview",
    "Scale", "SelfSubjectAccessReview", "SelfSubjectReview", "SelfSubjectRulesReview", "Status",
    "SubjectAccessReview", "TokenRequest", "TokenReview",
}  # fmt: skip
CLUSTER_SCOPED = {
    "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole",
    "ClusterRoleBinding", "CustomResourceDefinition", "DeviceClass", "FlowSchema", "IPAddress",
    "IngressClass", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PriorityClass",
    "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "ServiceCIDR", "StorageClass",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
}  # fmt: skip
ANY: Schema = {"x-kubernetes-preserve-unknown-fields": True}
# Types that read their JSON in their own way.
SPECIAL: dict[str, Schema] = {
    "Quantity": {"format": "quantity", "type": ["string", "number"]},
    "IntOrString": {
        "format": "int32", "type": ["integer", "string"], "x-kubernetes-int-or-string": True,
    },
    "Time": {"format": "date-time", "type": "string"},
    "MicroTime": {"format": "micro-time", "type": "string"},
    "RawExtension": ANY,
    "FieldsV1": ANY,
    "JSON": ANY,
    "JSONSchemaPropsOrArray": {
        "anyOf": [
            {"$ref": "#/$defs/JSONSchemaProps"},
            {"items": {"$ref": "#/$defs/JSONSchemaProps"}, "type": "array"},
        ]
    },
    "JSONSchemaPropsOrBool": {"anyOf": [{"$ref": "#/$defs/JSONSchemaProps"}, {"type": "boolean"}]},
    "JSONSchemaPropsOrStringArray": {
        "anyOf": [
            {"$ref": "#/$defs/JSONSchemaProps"},
            {"items": {"type": "string"}, "type": "array"},
        ]
    },
}  # fmt: skip
KEPT_FACTS = ("format", "x-kubernetes-list-type", "x-kubernetes-list-map-keys")


def definitions(minor: str) -> dict[str, Schema]:
    """The OpenAPI definitions of one minor, by full name."""
    found = importlib.util.find_spec("kubernetes_validate")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("the package kubernetes-validate is not installed")
    folder = os.path.join(found.submodule_search_locations[0], "kubernetes-json-schema")
    with open(os.path.join(folder, f"v{minor}.0-local", "_definitions.json"), "rb") as file:
        loaded: dict[str, Schema] = json.load(file)["$defs"]
    return loaded


def short(name: str) -> str:
    return name.rpartition(".")[2]


def condense(schema: Schema, uses: list[str]) -> Schema:
    """The facts of one (sub)schema; full names of referenced definitions are added to `uses`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if short(name) in SPECIAL and "anyOf" not in SPECIAL[short(name)]:
            return dict(SPECIAL[short(name)])
        uses.append(name)
        return {"$ref": f"#/$defs/{short(name)}"}
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = next(k for k in kind if k != "null")
    out: Schema = {"type": kind}
    out.update({fact: schema[fact] for fact in KEPT_FACTS if fact in schema})
    if kind == "array":
        out["items"] = condense(schema["items"], uses)
    elif isinstance(schema.get("additionalProperties"), dict):
        out["additionalProperties"] = condense(schema["additionalProperties"], uses)
    elif kind == "object":
        fields = schema.get("properties", {})
        out["properties"] = {name: condense(fields[name], uses) for name in sorted(fields)}
        out["additionalProperties"] = False
        if schema.get("required"):
            out["required"] = sorted(schema["required"])
    if out.get("format") == "byte":
        out.pop("x-kubernetes-list-type", None)
    return out


def file_of(name: str, defs: dict[str, Schema]) -> Schema:
    """The whole schema file of the kind defined as `name`."""
    gvk = defs[name]["x-kubernetes-group-version-kind"][0]
    uses: list[str] = []
    out = condense(defs[name], uses)
    out["properties"]["apiVersion"] = {
        "const": "/".join(filter(None, (gvk["group"], gvk["version"])))
    }
    out["properties"]["apiVersion"]["type"] = "string"
    out["properties"]["kind"] = {"const": gvk["kind"], "type": "string"}
    out["required"] = sorted({"apiVersion", "kind", "metadata", *out.get("required", [])})
    parts: dict[str, Schema] = {}
    origin: dict[str, str] = {}
    while uses:
        used = uses.pop()
        key = short(used)
        if origin.setdefault(key, used) != used:
            raise SystemExit(f"{name} uses {origin[key]} and {used}: short names clash")
        if key in parts:
            continue
        if key in SPECIAL:
            parts[key] = SPECIAL[key]
            uses.append(used.rpartition(".")[0] + ".JSONSchemaProps")
        else:
            parts[key] = condense(defs[used], uses)
    out["$defs"] = parts
    out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    out["x-kubernetes-group-version-kind"] = gvk
    out["x-kubernetes-scope"] = "Cluster" if gvk["kind"] in CLUSTER_SCOPED else "Namespaced"
    return out


def kept_kinds(defs: dict[str, Schema]) -> dict[str, str]:
    """Relative file path to definition name, of every kind with a stable version."""
    out = {}
    for name, schema in defs.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) != 1 or kinds[0]["kind"].endswith("List") or kinds[0]["kind"] in NOT_KEPT:
            continue
        version = kinds[0]["version"]
        if version[1:].isdigit():
            group = kinds[0]["group"] or "core"
            out[f"{group}/{kinds[0]['kind'].lower()}_{version}.json"] = name
    return dict(sorted(out.items()))


def list_file() -> Schema:
    """`v1 List`, which clients take apart before they send its items."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": "v1", "type": "string"},
            "items": {"items": ANY, "type": "array"},
            "kind": {"const": "List", "type": "string"},
            "metadata": ANY,
        },
        "required": ["apiVersion", "items", "kind"],
        "type": "object",
        "x-kubernetes-group-version-kind": {"group": "", "kind": "List", "version": "v1"},
        "x-kubernetes-scope": "Cluster",
    }


def write(path: str, schema: Schema) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(schema, file, sort_keys=True, separators=(",", ":"))
        file.write("\n")


def main(arguments: list[str]) -> None:
    minor = arguments[0] if arguments else MINOR
    here = os.path.dirname(os.path.abspath(__file__))
    folder = arguments[1] if len(arguments) > 1 else os.path.join(here, "..", "..", "schemas")
    defs = definitions(minor)
    files = {path: file_of(name, defs) for path, name in kept_kinds(defs).items()}
    files["core/list_v1.json"] = list_file()
    for path, schema in sorted(files.items()):
        write(os.path.join(folder, *path.split("/")), schema)
    print(f"{len(files)} kinds of Kubernetes {minor}")


if __name__ == "__main__":
    main(sys.argv[1:])
