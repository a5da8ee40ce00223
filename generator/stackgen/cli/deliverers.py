"""What delivers charts of folders beside the Applications and HelmReleases of the input."""

from __future__ import annotations

from stackgen.facts.application_sets import applications
from stackgen.facts.chart_sources import helmfile_installs
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource


def deliverers(bundle: Bundle, scripts: list[Source]) -> list[Resource]:
    """What ApplicationSets, helmfile, scripts and Terraform deliver."""
    # A source with parameters that are not known is none that can be rendered.
    known = [one for one in applications(bundle) if "{{" not in str(one.get("spec", "source"))]
    return [*known, *helmfile_installs(bundle), *made_by(scripts)]
