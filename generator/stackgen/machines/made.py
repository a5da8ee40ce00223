"""What setup scripts and Terraform files make, as the objects that Config Connector has for it.

A lint of manifests counts on these objects: node pools, Secrets, and who may act for a Google
service account. They are no manifests, so nothing but their meaning is judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from stackgen.machines.blocks import of_block
from stackgen.machines.commands import of_command
from stackgen.machines.objects import Value, made_object
from stackgen.machines.requests import requests_of
from stackgen.machines.terraform_variables import variables_of
from stackgen.manifest import embedded, shell, terraform
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Resource


def made_by(sources: Iterable[Source]) -> tuple[Resource, ...]:
    """The objects that the scripts and Terraform files make, each where it is written."""
    texts = list(sources)
    values = {x.name: x.text for x in texts if x.name.endswith(terraform.VALUES)}
    files = [source for source in texts if source.name.endswith(terraform.SUFFIXES)]
    defaults = variables_of(files, texts, values)
    other = (*terraform.SUFFIXES, *terraform.VALUES)
    scripts = {os.path.normpath(x.name): x.text for x in texts if not x.name.endswith(other)}
    found: list[Resource] = []
    for source in texts:
        if source in files:
            here = os.path.dirname(source.name)
            for block in terraform.read(source.text, defaults[here]):
                found += (x for one in terraform.repeated(block) for x in of_block(one, source))
        elif source.name not in values:
            name = os.path.normpath(source.name)
            others = shell.sourced(name, scripts) if name in scripts else []
            script = embedded.script_of(source)
            for command in shell.read(script, others).commands:
                found += of_command(command, source)
            for kind, field, asked, mark in requests_of(script):
                value = Value((field,), asked, mark)
                found.append(made_object(source, "v1", kind, asked, mark, [value]))
    return tuple(found)
