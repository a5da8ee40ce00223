"""Where the settings of Argo CD are found."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.argocd_wave_ignored import argocd_settings
from stackgen.manifest.resource import Bundle, Resource

_HEALTH = "resource.customizations.health.argoproj.io_Application"


def test_values_that_no_input_installs_count_if_they_have_the_check() -> None:
    with_check = {"configs": {"cm": {_HEALTH: "hs = {}\n"}}}
    settings = (
        Resource(with_check, "values/argocd.yaml"),
        Resource({"configs": {"cm": {"url": "https://example.com"}}}, "values/argo.yaml"),
    )
    assert list(argocd_settings(Context(Bundle((), settings=settings)))) == [with_check]
