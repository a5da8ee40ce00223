"""`--fix` and `--diff`: mending the files of the spec, or showing how."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

from stackgen.cli.output import notes, say
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.findings.fix import Applied, apply, diff, fixes_of
from stackgen.findings.pipeline import Outcome
from stackgen.manifest.secret_text import masked
