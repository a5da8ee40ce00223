"""APIService and the description of a service that several kinds share."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report


def check_api_service(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    group, version = spec.get("group", ""), spec.get("version", "")
    name = (data.get("metadata") or {}).get("name", "")
    if name and name != f"{version}.{group}":
        report.name(("metadata", "name"), name, f"must be version.group, {version}.{group}")
    if group:
        report.name((*path, "group"), group, syntax.dns_subdomain(group))
    elif version != "v1":
        report.required((*path, "group"), "only v1 of Kubernetes itself has none")
    report.name((*path, "version"), version, syntax.dns1035_label(version))
    for field, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        if not 0 < spec.get(field, 0) <= most:
            report.range((*path, field), spec.get(field, 0), f"between 1 and {most}")
    insecure, bundle = spec.get("insecureSkipTLSVerify"), spec.get("caBundle")
    service = spec.get("service")
    if service is None:
        for field in ("caBundle", "insecureSkipTLSVerify"):
            if spec.get(field):
                report.wrong((*path, field), "only with a service")
        return
    for field in ("namespace", "name"):
        if not service.get(field):
            report.required((*path, "service", field))
    if syntax.port_number(service.get("port", 443)):
        report.range((*path, "service", "port"), service["port"], "between 1 and 65535")
    if insecure and bundle:
        report.wrong((*path, "insecureSkipTLSVerify"), "cannot be true beside caBundle")


def check_client_config(config: dict[str, Any], path: Path, report: Report) -> None:
    """How a webhook is reached: by url or by service."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        report.required(path, "exactly one of url and service")
    elif url is not None:
        _check_url(url, (*path, "url"), report)
    elif service is not None:
        _check_service(service, (*path, "service"), report)


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


def _check_service(service: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("name", "namespace"):
        if not service.get(field):
            report.required((*path, field))
    if syntax.port_number(service.get("port", 443)):
        report.range((*path, "port"), service["port"], "between 1 and 65535")
    where = service.get("path")
    if not where:
        return
    wrong = ""
    if not where.startswith("/"):
        wrong = "must begin with '/'"
    elif where != "/":
        for segment in where[1:].removesuffix("/").split("/"):
            if not segment or syntax.dns_subdomain(segment):
                wrong = "must have segments that are DNS subdomains"
    if wrong:
        report.syntax((*path, "path"), where, wrong)
