"""APIService and the description of a service that several kinds share."""

from __future__ import annotations

from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import Report


def check_api_service(data: Fields) -> None:
    spec = data.inner("spec")
    group, version = spec.get("group", ""), spec.get("version", "")
    name = data.inner("metadata").get("name", "")
    if name and name != f"{version}.{group}":
        wrong = f"must be version.group, {version}.{group}"
        data.report.name(("metadata", "name"), name, wrong)
    if version != "v1":
        spec.needs("group", "only v1 of Kubernetes itself has none")
    spec.name("group", syntax.dns_subdomain, empty=True)
    spec.report.name(spec.at("version"), version, syntax.dns1035_label(version))
    for field, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        if not 0 < spec.get(field, 0) <= most:
            spec.report.range(spec.at(field), spec.get(field, 0), f"between 1 and {most}")
    if "service" not in spec:
        spec.unwanted("only with a service", "caBundle", "insecureSkipTLSVerify")
        return
    service = spec.inner("service")
    service.needs_all("namespace", "name")
    service.between("port", 1, 65535)
    if spec.get("caBundle"):
        spec.unwanted("cannot be true beside caBundle", "insecureSkipTLSVerify")


def check_client_config(config: Fields) -> None:
    """How a webhook is reached: by url or by service."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        config.report.required(config.path, "exactly one of url and service")
    elif url is not None:
        _check_url(url, config.at("url"), config.report)
    else:
        _check_service(config.inner("service"))


def check_versions(owner: Fields, field: str) -> bool:
    """Versions of the reviews that a webhook reads; true if it reads none that the server sends."""
    versions = owner.get(field) or []
    if not owner.needs(field, "v1 or v1beta1 at least"):
        return False
    for i, (version, where) in enumerate(owner.values(field)):
        owner.report.name(where, version, syntax.dns1035_label(version))
        if not syntax.dns1035_label(version) and version in versions[:i]:
            owner.report.duplicate(where, version, "version")
    return not {"v1", "v1beta1"} & set(versions)


def _check_url(url: str, path: Path, report: Report) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        report.syntax(path, url, "is not a URL")
        return
    if parts.scheme != "https":
        report.syntax(path, url, "must begin with https://")
    if not parts.netloc:
        report.syntax(path, url, "must have a host")
    if "@" in parts.netloc:
        report.syntax(path, url, "must not hold a user")
    if parts.query or parts.fragment:
        report.syntax(path, url, "must have neither query nor fragment")


def _check_service(service: Fields) -> None:
    service.needs_all("name", "namespace")
    service.between("port", 1, 65535)
    service.syntax("path", _service_path, empty=True)


def _service_path(path: str) -> str:
    if not path.startswith("/"):
        return "must begin with '/'"
    segments = path[1:].removesuffix("/").split("/") if path != "/" else []
    if any(not segment or syntax.dns_subdomain(segment) for segment in segments):
        return "must have segments that are DNS subdomains"
    return ""
