"""Refusals and limits beyond the common ones: each with the nearest value that is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema import native
from stackgen.schema.native.labels import matches
from tests.schema.native.objects import container, job, one, pod, said, service, template, thing

Data = dict[str, Any]


def places(data: Data) -> list[str]:
    """Where the problems are."""
    return [line.partition(" ")[2] for line in said(data)]


ADMISSION = "admissionregistration.k8s.io"
RULE = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
MOST = 100_000  # indexes of a Job that are counted without further limits


def policy(**more: Any) -> Data:
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "validations": [{"expression": "true"}],
        **more,
    }
    return thing(f"{ADMISSION}/v1", "ValidatingAdmissionPolicy", spec=spec)


def conditions(count: int) -> Data:
    return policy(matchConditions=[{"name": f"c{i}", "expression": "true"} for i in range(count)])


def audit(*keys: str) -> Data:
    return policy(auditAnnotations=[{"key": k, "valueExpression": "'x'"} for k in keys])


def binding(**more: Any) -> Data:
    spec = {"policyName": "p", "validationActions": ["Deny"], **more}
    return thing(f"{ADMISSION}/v1", "ValidatingAdmissionPolicyBinding", spec=spec)


KIND = "spec.paramKind.apiVersion"
ACTIONS = "spec.validationActions"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (conditions(64), ""),
        (conditions(65), "schema-length spec.matchConditions"),
        (policy(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}), ""),
        (policy(paramKind={"apiVersion": "a.b/v1", "kind": "Limit"}), ""),
        (policy(paramKind={"apiVersion": "a/b/v1", "kind": "Limit"}), f"schema-format {KIND}"),
        (policy(paramKind={"apiVersion": "A_/v1", "kind": "Limit"}), f"schema-name {KIND}"),
        (policy(paramKind={"apiVersion": "a.b/V1", "kind": "Limit"}), f"schema-name {KIND}"),
        (policy(variables=[{"name": "a_1", "expression": "true"}]), ""),
        (policy(variables=[{"name": "1a", "expression": "true"}]),
         "schema-name spec.variables[0].name"),
        (audit("a", "b"), ""),
        (audit("a", "a"), "schema-duplicate-item spec.auditAnnotations[1].key"),
        (binding(validationActions=["Audit", "Warn"]), ""),
        (binding(validationActions=["Refuse"]), f"schema-enum {ACTIONS}[0]"),
        (binding(validationActions=["Deny", "Deny"]), f"schema-duplicate-item {ACTIONS}[1]"),
        (binding(validationActions=["Deny", "Warn"]), f"schema-native {ACTIONS}"),
        (binding(paramRef={"name": "a", "parameterNotFoundAction": "Deny"}), ""),
        (binding(paramRef={"parameterNotFoundAction": "Deny"}),
         "schema-missing-field spec.paramRef"),
    ],
)  # fmt: skip
def test_admission_policies(data: Data, expected: str) -> None:
    assert said(data) == one(expected)


def indexed(**more: Any) -> Data:
    return job(completionMode="Indexed", **more)


def failing(completions: int, failed: int | None, parallelism: int = 1) -> Data:
    most = {} if failed is None else {"maxFailedIndexes": failed}
    return indexed(completions=completions, parallelism=parallelism, backoffLimitPerIndex=1, **most)


def success(**rule: Any) -> Data:
    return indexed(completions=3, successPolicy={"rules": [rule]})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (failing(3, 3), ""),
        (failing(3, 4), "schema-range spec.maxFailedIndexes"),
        (failing(MOST, MOST), ""),
        (failing(MOST + 1, 10_000), ""),
        (failing(MOST + 1, 10_001), "schema-range spec.maxFailedIndexes"),
        (failing(MOST + 1, None), "schema-missing-field spec.maxFailedIndexes"),
        (failing(MOST + 1, 1, 10_000), ""),
        (failing(MOST + 1, 1, 10_001), "schema-range spec.parallelism"),
        (success(succeededCount=1), ""),
        (success(succeededIndexes="0-1"), ""),
        (success(), "schema-missing-field spec.successPolicy.rules[0]"),
    ],
)
def test_indexed_jobs(data: Data, expected: str) -> None:
    assert said(data) == one(expected)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", ""),
        ("Local", "spec.timeZone"),
        ("local", "spec.timeZone"),
        ("Nowhere/City", "spec.timeZone"),
    ],
)
def test_time_zones(zone: str, expected: str) -> None:
    spec = {
        "schedule": "0 0 * * *",
        "timeZone": zone,
        "jobTemplate": {"spec": {"template": template(restartPolicy="Never")}},
    }
    assert places(thing("batch/v1", "CronJob", spec=spec)) == one(expected)


def env(**source: Any) -> Data:
    return pod(container(env=[{"name": "A", "valueFrom": source}]))


FROM = "spec.containers[0].env[0].valueFrom"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}, ""),
        ({"fieldRef": {"apiVersion": "v2", "fieldPath": "metadata.name"}},
         f"schema-enum {FROM}.fieldRef.apiVersion"),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, ""),
        ({"resourceFieldRef": {"resource": "limits.hugepages-2Mi"}}, ""),
        ({"resourceFieldRef": {"resource": "limits.google.com/tpu"}},
         f"schema-enum {FROM}.resourceFieldRef.resource"),
    ],
)  # fmt: skip
def test_values_from_the_pod(source: Data, expected: str) -> None:
    assert said(env(**source)) == one(expected)


def preferred(weight: int) -> Data:
    term = {
        "weight": weight,
        "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
    }
    return pod(
        affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
    )


def selected(value: str) -> Data:
    required = {"key": "a", "operator": "In", "values": [value]}
    term = {"labelSelector": {"matchExpressions": [required]}, "topologyKey": "zone"}
    return pod(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})


WEIGHT = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"
VALUE = (
    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]"
    ".labelSelector.matchExpressions[0].values[0]"
)


def windows(content: str) -> Data:
    return pod(
        os={"name": "windows"},
        securityContext={"windowsOptions": {"gmsaCredentialSpec": content}},
    )


def sysctls(*names: str) -> Data:
    return pod(securityContext={"sysctls": [{"name": n, "value": "1"} for n in names]})


GMSA = "spec.securityContext.windowsOptions.gmsaCredentialSpec"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (preferred(1), ""),
        (preferred(100), ""),
        (preferred(0), f"{WEIGHT}"),
        (preferred(101), f"{WEIGHT}"),
        (selected("a"), ""),
        (selected("-a"), f"{VALUE}"),
        (windows("x" * 65_536), ""),
        (windows(""), f"{GMSA}"),
        (windows("x" * 65_537), f"{GMSA}"),
        (sysctls("net.a", "net.b"), ""),
        (sysctls("net.a", "net.a"),
         "spec.securityContext.sysctls[1].name"),
        (pod(hostAliases=[{"ip": "1.2.3.4", "hostnames": ["a.b"]}]), ""),
        (pod(hostAliases=[{"ip": "1.2.3.4", "hostnames": ["A_b"]}]),
         "spec.hostAliases[0].hostnames[0]"),
        (pod(resourceClaims=[{"name": "a", "resourceClaimName": "c"}]), ""),
        (pod(resourceClaims=[{"name": "a", "resourceClaimName": "C"}]),
         "spec.resourceClaims[0].resourceClaimName"),
        (pod(hostUsers=False), ""),
        (pod(hostUsers=True, hostNetwork=True), ""),
        (pod(hostUsers=False, hostPID=True), "spec.hostPID"),
    ],
)  # fmt: skip
def test_pods(data: Data, expected: str) -> None:
    assert [x.partition(" ")[2] for x in said(data)] == one(expected)


def volume(**source: Any) -> Data:
    return pod(volumes=[{"name": "v", **source}])


def projected(*paths: str) -> Data:
    sources = [{"secret": {"name": "s", "items": [{"key": "k", "path": p}]}} for p in paths]
    return volume(projected={"sources": sources})


ISCSI = {"targetPortal": "1.2.3.4", "iqn": "iqn.a", "lun": 0}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
META = "spec.volumes[0].ephemeral.volumeClaimTemplate.metadata"
TARGET = "spec.volumes[0].projected.sources"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (volume(iscsi=ISCSI), ""),
        (volume(iscsi={**ISCSI, "chapAuthSession": True, "secretRef": {"name": "s"}}), ""),
        (volume(iscsi={**ISCSI, "chapAuthSession": True}), "spec.volumes[0].iscsi.secretRef"),
        (volume(iscsi={**ISCSI, "lun": 256}), "spec.volumes[0].iscsi.lun"),
        (projected("a", "b"), ""),
        (projected("a", "a"), f"{TARGET}[1].secret.items[0].path"),
        (projected("/a"), f"{TARGET}[0].secret.items[0].path"),
        (projected("a/../b"), f"{TARGET}[0].secret.items[0].path"),
        (projected("..a"), f"{TARGET}[0].secret.items[0].path"),
        (volume(ephemeral={"volumeClaimTemplate": {"metadata": {"labels": {"a": "b"}},
                                                   "spec": CLAIM}}), ""),
        (volume(ephemeral={"volumeClaimTemplate": {"metadata": {"name": "n"}, "spec": CLAIM}}),
         f"{META}.name"),
        (volume(image={"reference": "a"}), ""),
        (volume(image={}), "spec.volumes[0].image.reference"),
    ],
)  # fmt: skip
def test_volumes(data: Data, expected: str) -> None:
    assert places(data) == one(expected)


def storage_class(*zones: Any) -> Data:
    terms = [{"matchLabelExpressions": [{"key": "zone", "values": z}]} for z in zones]
    return thing("storage.k8s.io/v1", "StorageClass", provisioner="a.b/c", allowedTopologies=terms)


def persistent(**more: Any) -> Data:
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/data"}, **more}  # fmt: skip
    return thing("v1", "PersistentVolume", spec=spec)


def local(**more: Any) -> Data:
    data = persistent(local={"path": "/data"}, **more)
    del data["spec"]["hostPath"]
    return data


TERM = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (storage_class(["a"], ["b"]), ""),
        (storage_class(["a"], ["a"]), "allowedTopologies[1].matchLabelExpressions"),
        (storage_class([]), "allowedTopologies[0].matchLabelExpressions[0].values"),
        (persistent(persistentVolumeReclaimPolicy="Recycle"), ""),
        (persistent(persistentVolumeReclaimPolicy="Recycle", hostPath={"path": "/"}),
         "spec.persistentVolumeReclaimPolicy"),
        (local(nodeAffinity={"required": TERM}), ""),
        (local(nodeAffinity={}), "spec.nodeAffinity.required"),
        (local(), "spec.nodeAffinity"),
    ],
)  # fmt: skip
def test_storage(data: Data, expected: str) -> None:
    assert places(data) == one(expected)


def ingress(path_type: str | None = "Prefix", **port: Any) -> Data:
    backend = {"service": {"name": "s", "port": port or {"number": 80}}}
    path = {"path": "/", "pathType": path_type, "backend": backend}
    spec = {"rules": [{"http": {"paths": [path]}}]}
    return thing("networking.k8s.io/v1", "Ingress", spec=spec)


def ingress_class(**parameters: Any) -> Data:
    given = {"kind": "K", "name": "n", **parameters}
    return thing(
        "networking.k8s.io/v1", "IngressClass", spec={"controller": "a.b/c", "parameters": given}
    )


def endpoints(**subset: Any) -> Data:
    given = {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}], **subset}
    return thing("v1", "Endpoints", subsets=[given])


PATH = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ingress(), ""),
        (ingress("Suffix"), f"{PATH}.pathType"),
        (ingress(None), f"{PATH}.pathType"),
        (ingress(name="http"), ""),
        (ingress(name="-"), f"{PATH}.backend.service.port.name"),
        (ingress(name="http", number=80), f"{PATH}.backend.service.port"),
        (ingress_class(), ""),
        (ingress_class(scope="Namespace", namespace="a"), ""),
        (ingress_class(scope="Namespace"), "spec.parameters.namespace"),
        (ingress_class(namespace="a"), "spec.parameters.namespace"),
        (ingress_class(scope="World"), "spec.parameters.scope"),
        (endpoints(), ""),
        (endpoints(addresses=[]), "subsets[0].addresses"),
        (endpoints(addresses=[], notReadyAddresses=[{"ip": "10.0.0.1"}]), ""),
        (endpoints(addresses=[{"ip": "127.0.0.1"}]), "subsets[0].addresses[0].ip"),
        (endpoints(ports=[{"port": 0}]), "subsets[0].ports[0].port"),
        (endpoints(ports=[{"port": 80}, {"port": 81, "name": "b"}]), "subsets[0].ports[0].name"),
        (service({"port": 80, "appProtocol": "a.b/c"}), ""),
    ],
)  # fmt: skip
def test_services(data: Data, expected: str) -> None:
    assert places(data) == one(expected)


def quota(*scopes: str) -> Data:
    return thing("v1", "ResourceQuota", spec={"hard": {"pods": "1"}, "scopes": list(scopes)})


def aggregated(*selectors: Data) -> Data:
    return thing(
        "rbac.authorization.k8s.io/v1", "ClusterRole",
        aggregationRule={"clusterRoleSelectors": list(selectors)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (quota("Terminating"), ""),
        (quota("NotTerminating"), ""),
        (quota("NotBestEffort", "NotTerminating"), ""),
        (quota("Terminating", "NotTerminating"), "spec.scopes[1]"),
        (aggregated({"matchLabels": {"a": "b"}}), ""),
        (aggregated(), "aggregationRule.clusterRoleSelectors"),
    ],
)
def test_quotas_and_roles(data: Data, expected: str) -> None:
    assert places(data) == one(expected)


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        ("In", ["x"], (True, False, False)),
        ("NotIn", ["x"], (False, True, True)),
        ("Exists", [], (True, True, False)),
        ("DoesNotExist", [], (False, False, True)),
    ],
)
def test_what_a_selector_holds_for(operator: str, values: list[str], holds: Any) -> None:
    selector = {"matchExpressions": [{"key": "a", "operator": operator, "values": values}]}
    assert tuple(matches(selector, labels) for labels in ({"a": "x"}, {"a": "y"}, {})) == holds
    both = {"matchLabels": {"b": "1"}, **selector}
    assert not any(matches(both, labels) for labels in ({"a": "x"}, {"a": "y"}, {}))


def volume(source: str, **fields: Any) -> Data:
    return pod(volumes=[{"name": "v", source: fields}])


def divided(divisor: str) -> Data:
    ref = {"resource": "limits.cpu", "divisor": divisor}
    return pod(container(env=[{"name": "A", "valueFrom": {"resourceFieldRef": ref}}]))


def exits(*values: int) -> Data:
    rule = {"action": "Restart", "exitCodes": {"operator": "In", "values": [*values]}}
    return pod(container(restartPolicy="Never", restartPolicyRules=[rule]))


def successes(indexes: str) -> Data:
    rule = {"succeededIndexes": indexes}
    return job(completionMode="Indexed", completions=9, successPolicy={"rules": [rule]})


def addresses(*ips: str) -> Data:
    return service(clusterIP=ips[0], clusterIPs=[*ips], ipFamilyPolicy="PreferDualStack")


def limits(**amounts: Any) -> Data:
    return thing("v1", "LimitRange", spec={"limits": [{"type": "Container", **amounts}]})


def definition(path: str = ".spec.size", warning: str = "w") -> Data:
    size = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": size}}
    version = {
        "name": "v1", "served": True, "storage": True, "deprecated": True,
        "deprecationWarning": warning, "schema": {"openAPIV3Schema": schema},
        "selectableFields": [{"jsonPath": path}],
    }  # fmt: skip
    names = {"plural": "sizes", "kind": "Size"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    data = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec=spec)
    return {**data, "metadata": {"name": "sizes.example.com"}}


SOURCE, VERSION = "spec.volumes[0]", "spec.versions[0]"
VALUES = "spec.containers[0].restartPolicyRules[0].exitCodes.values"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (volume("fc", targetWWNs=["a"], lun=0), ""),
        (volume("fc", targetWWNs=["a"], wwids=["b"], lun=0), f"{SOURCE}.fc.wwids"),
        (volume("fc", wwids=["b"]), ""),
        (volume("quobyte", registry="a:1", volume="v"), ""),
        (volume("quobyte", registry="a", volume="v"), f"{SOURCE}.quobyte.registry"),
        (volume("quobyte", volume="v"), f"{SOURCE}.quobyte.registry"),
        (volume("nfs", server="s", path="/a"), ""),
        (volume("nfs", server="s", path="a"), f"{SOURCE}.nfs.path"),
        (divided("1m"), ""),
        (divided("1k"),
         "spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor"),
        (exits(1), ""),
        (exits(), VALUES),
        (exits(*range(256)), VALUES),
        (successes("0-2,5"), ""),
        (successes("5,0-2"), "spec.successPolicy.rules[0].succeededIndexes"),
        (addresses("10.0.0.1", "2001:db8::1"), ""),
        (addresses("10.0.0.1", "10.0.0.2"), "spec.clusterIPs[1]"),
        (limits(max={"cpu": "4"}, maxLimitRequestRatio={"cpu": "2"}), ""),
        (limits(min={"cpu": "1"}, max={"cpu": "4"}, maxLimitRequestRatio={"cpu": "5"}),
         "spec.limits[0].maxLimitRequestRatio.cpu"),
        (pod(securityContext={"supplementalGroups": [0, 1]}), ""),
        (pod(securityContext={"supplementalGroups": [-1]}),
         "spec.securityContext.supplementalGroups[0]"),
        (thing("v1", "Namespace", spec={"finalizers": ["kubernetes"]}), ""),
        (thing("v1", "Namespace", spec={"finalizers": ["mine"]}), "spec.finalizers[0]"),
        (thing("v1", "Namespace", spec={"finalizers": ["/"]}), "spec.finalizers[0]"),
        (definition(), ""),
        (definition(".spec"), f"{VERSION}.selectableFields[0].jsonPath"),
        (definition(warning="w" * 256), ""),
        (definition(warning="w" * 257), f"{VERSION}.deprecationWarning"),
    ],
)  # fmt: skip
def test_what_the_neighbor_of_an_accepted_value_is_refused_for(data: Data, where: str) -> None:
    assert places(data) == one(where)


def test_a_word_for_a_schedule_is_one_of_those_that_there_are() -> None:
    spec = {"jobTemplate": {"spec": job()["spec"]}}
    refused = native.validate(thing("batch/v1", "CronJob", spec={**spec, "schedule": "@nightly"}))
    assert [p.message for p in refused if "@hourly" in p.message]
    for word in ("@daily", "@every 1h"):
        assert said(thing("batch/v1", "CronJob", spec={**spec, "schedule": word})) == []


def test_a_pod_keeps_its_number_of_containers() -> None:
    two = pod(container(), {**container(), "name": "d"})
    assert said(two, pod()) == ["schema-immutable spec.containers"]
    assert said(pod(), two) == ["schema-immutable spec.containers"]
