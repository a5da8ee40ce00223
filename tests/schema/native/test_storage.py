"""Claims, volumes, storage classes, CSI drivers, device claims."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import one, said, thing

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ""),
        ({"accessModes": None}, "schema-missing-field spec.accessModes"),
        ({"accessModes": ["RWO"]}, "schema-enum spec.accessModes[0]"),
        ({"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}, "schema-native spec.accessModes"),
        ({"resources": {}}, "schema-missing-field spec.resources.requests.storage"),
        ({"resources": {"requests": {"storage": 0}}},
         "schema-quantity spec.resources.requests.storage"),
        ({"volumeMode": "File"}, "schema-enum spec.volumeMode"),
        ({"storageClassName": ""}, ""),
        ({"storageClassName": "A"}, "schema-name spec.storageClassName"),
        ({"dataSource": {"kind": "VolumeSnapshot", "name": "s"}}, ""),
        ({"dataSourceRef": {"kind": "VolumeSnapshot", "name": "s"}},
         "schema-native spec.dataSourceRef.kind"),
        ({"dataSource": {"kind": "PersistentVolumeClaim", "name": "a"},
          "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "b"}},
         "schema-native spec.dataSourceRef"),
    ],
)  # fmt: skip
def test_claims(spec: dict[str, Any], expected: str) -> None:
    data = thing("v1", "PersistentVolumeClaim", spec={**CLAIM, **spec})
    assert said(data) == one(expected)


VOLUME = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
HANDLE = {"driver": "d.csi", "volumeHandle": "h"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"csi": HANDLE}, ""),
        ({}, "schema-missing-field spec"),
        ({"csi": HANDLE, "nfs": {"server": "s", "path": "/"}}, "schema-native spec.nfs"),
        ({"csi": HANDLE, "capacity": {}}, "schema-missing-field spec.capacity"),
        ({"csi": HANDLE, "persistentVolumeReclaimPolicy": "Keep"},
         "schema-enum spec.persistentVolumeReclaimPolicy"),
        ({"local": {"path": "/d"}}, "schema-missing-field spec.nodeAffinity"),
    ],
)  # fmt: skip
def test_volumes(spec: dict[str, Any], expected: str) -> None:
    assert said(thing("v1", "PersistentVolume", spec={**VOLUME, **spec})) == one(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"provisioner": "a.b/c"}, ""),
        ({}, "schema-missing-field provisioner"),
        ({"provisioner": "a b"}, "schema-name provisioner"),
        ({"provisioner": "a", "reclaimPolicy": "Recycle"}, "schema-enum reclaimPolicy"),
        ({"provisioner": "a", "volumeBindingMode": "Later"}, "schema-enum volumeBindingMode"),
    ],
)
def test_storage_classes(body: dict[str, Any], expected: str) -> None:
    assert said(thing("storage.k8s.io/v1", "StorageClass", **body)) == one(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ""),
        ({"fsGroupPolicy": "Any"}, "schema-enum spec.fsGroupPolicy"),
        ({"volumeLifecycleModes": ["Short"]}, "schema-enum spec.volumeLifecycleModes[0]"),
        ({"tokenRequests": [{"audience": ""}, {"audience": ""}]},
         "schema-duplicate-item spec.tokenRequests[1].audience"),
    ],
)  # fmt: skip
def test_csi_drivers(spec: dict[str, Any], expected: str) -> None:
    assert said(thing("storage.k8s.io/v1", "CSIDriver", spec=spec)) == one(expected)


D = "spec.spec.devices.requests[0]"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"name": "g", "exactly": {"deviceClassName": "g"}}, ""),
        ({"name": "g"}, f"schema-missing-field {D}"),
        ({"name": "G", "exactly": {"deviceClassName": "g"}}, f"schema-name {D}.name"),
        ({"name": "g", "exactly": {}}, f"schema-missing-field {D}.exactly.deviceClassName"),
        ({"name": "g", "exactly": {"deviceClassName": "g", "allocationMode": "All", "count": 1}},
         f"schema-native {D}.exactly.count"),
        ({"name": "g", "exactly": {"deviceClassName": "g", "selectors": [
            {"cel": {"expression": "device.driver =="}}]}},
         f"schema-cross-field {D}.exactly.selectors[0].cel.expression"),
    ],
)  # fmt: skip
def test_device_requests(request_: dict[str, Any], expected: str) -> None:
    spec = {"spec": {"devices": {"requests": [request_]}}}
    assert said(thing("resource.k8s.io/v1", "ResourceClaimTemplate", spec=spec)) == one(expected)
