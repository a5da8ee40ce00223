"""Speed in ratios: CPU seconds (user and system) of processes, medians of paired runs.

Each round runs every command once, so that a busy machine slows all of them alike. Peers are
measured where they are on PATH. The limits are Python that does nothing, and Python that reads the
same bytes.

    python -m benchmarks.speed [--rounds N] [--documents N] [--environments N] [--models N]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml
from tests.growth.manifests import manifests

ROOT = Path(__file__).resolve().parents[1]
START = "from stackgen.start import run; run()"
READ = "import sys; [open(x, 'rb').read() for x in sys.argv[1:]]"
POOL = "      - {name: tpu-v6e-pool, accelerator: v6e, topology: 2x2, nodes: {min: 0, max: 3}}\n"


def main() -> None:
    given = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    for name, default in (("rounds", 5), ("documents", 10000), ("environments", 100)):
        given.add_argument(f"--{name}", type=int, default=default)
    given.add_argument("--models", type=int, default=200)
    wanted = given.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["STACKGEN_CACHE"] = f"{place}/cache"
        # As an installation is: modules are compiled once.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{place}/compiled"
        _small(Path(place), wanted.rounds)
        _documents(Path(place), wanted.documents, max(wanted.rounds // 2, 1))
        _stacks(Path(place), wanted.environments, wanted.models)


def _small(place: Path, rounds: int) -> None:
    """The reference stack, and commands that only say something."""
    stack = place / "stack"
    shutil.copytree(ROOT / "overlays", stack / "overlays")
    shutil.copytree(ROOT / "out", stack / "out")
    shutil.copy(ROOT / "stack.yaml", stack)
    rows = {
        "Python that does nothing": [sys.executable, "-c", "pass"],
        "stackgen --version": _stackgen("--version"),
        "stackgen explain, kept": _stackgen("explain", "schema-wrong-type"),
        "stackgen explain": _stackgen("explain", "schema-wrong-type", kept=False),
        "stackgen rules, kept": _stackgen("rules"),
        "stackgen rules": _stackgen("rules", kept=False),
        "build --check, unchanged": _stackgen("build", "--check"),
        "build --check --env prod, cold": _stackgen(
            "build", "--check", "--env", "prod", "--no-cache"
        ),
        "kustomize build out/prod/4-serving": ["kustomize", "build", "out/prod/4-serving"],
    }
    _table("reference stack", _measured(rows, stack, rounds))
    changed = []
    for number in range(rounds):
        text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
        (stack / "stack.yaml").write_text(f"{text}# {number}\n", encoding="utf-8")
        changed.append(_cpu(_stackgen("build", "--check"), stack))
    _table("reference stack", {"build --check, one line changed": changed})


def _documents(place: Path, count: int, rounds: int) -> None:
    """Mixed documents in one file, with every family and with schemas alone."""
    times: dict[int, dict[str, list[float]]] = {}
    for size in (count, 3 * count):
        file = place / f"{size}.yaml"
        tenants = manifests(-(-size // 32), "apart")
        file.write_text("---\n".join(_dumped(data) for _, data in tenants), encoding="utf-8")
        rows = {
            "Python that reads the bytes": [sys.executable, "-c", READ, str(file)],
            "lint, every family": _stackgen("lint", "--no-cache", str(file)),
            "lint, schema": _stackgen("lint", "--no-cache", "--select", "schema", str(file)),
            "lint, unchanged": _stackgen("lint", str(file)),
            "kubeconform": [
                "kubeconform", "-strict", "-ignore-missing-schemas", "-schema-location",
                os.environ.get("KUBECONFORM_SCHEMAS", "default"), str(file),
            ],
            "conftest": ["conftest", "test", "--policy", str(ROOT / "policies"), str(file)],
        }  # fmt: skip
        times[size] = _measured(rows, place, rounds)
        _table(f"{size} documents", times[size])
    print()
    for name in times[count]:
        ratio = statistics.median(times[3 * count][name]) / statistics.median(times[count][name])
        print(f"{name:40} t({3 * count})/t({count}) = {ratio:.2f}")


def _stacks(place: Path, environments: int, models: int) -> None:
    """Many environments, and many models."""
    for label, root, count in (
        (f"{environments} environments", _stack(place / "fleet", 1, environments), environments),
        (f"{models} models", _stack(place / "models", models, 1), 1),
    ):
        seconds = _cpu(_stackgen("build", "--no-cache"), root)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"\n{label}: {seconds:.2f} s, {seconds / count:.3f} s each; peak {peak:.0f} MiB")


def _stack(root: Path, models: int, environments: int) -> Path:
    """The reference stack with so many models and overlays."""
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    start, end = text.index("      - name: qwen2-3b-pattern1"), text.index("  delivery:")
    one = (
        "      - {{name: qwen-{0}, model: hf://Qwen/Qwen2.5-3B-Instruct, servedName: m{0},"
        " nodePool: tpu-v6e-pool}}\n"
    )
    text = text[:start] + "".join(one.format(n) for n in range(models)) + text[end:]
    for number in range(environments):
        overlay = root / "overlays" / f"env{number}"
        overlay.mkdir(parents=True)
        project = f"spec: {{cluster: {{project: project-{number}}}}}\n"
        (overlay / "stack.yaml").write_text(project, encoding="utf-8")
    pool = POOL.replace("max: 3", f"max: {2 * models + 1}")
    (root / "stack.yaml").write_text(text.replace(POOL, pool), encoding="utf-8")
    return root


def _stackgen(*arguments: str, kept: bool = True) -> list[str]:
    off = [] if kept else ["env", "STACKGEN_CACHE=off"]
    return [*off, sys.executable, "-c", START, *arguments]


def _measured(rows: dict[str, list[str]], place: Path, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each command in each round; those that are not installed are left out."""
    there = {name: row for name, row in rows.items() if shutil.which(row[0])}
    for row in there.values():
        _cpu(row, place)
    found: dict[str, list[float]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, row in there.items():
            found[name].append(_cpu(row, place))
    return found


def _cpu(command: Sequence[str], place: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        print(f"{command[:6]}: {done.stderr.decode()[-300:]}", file=sys.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _table(title: str, found: dict[str, list[float]]) -> None:
    base = statistics.median(next(iter(found.values())))
    print(f"\n{title:40} {'CPU ms':>10} {'over first':>12} {'ratio':>8}")
    for name, seconds in found.items():
        middle = statistics.median(seconds)
        print(f"{name:40} {1e3 * middle:10.1f} {1e3 * (middle - base):12.1f} {middle / base:8.1f}")
    sys.stdout.flush()


def _dumped(data: object) -> str:
    return str(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))


if __name__ == "__main__":
    main()
