"""Speed in ratios: CPU seconds (user and system) of processes, medians of paired runs.

Each round runs every command once, so that a busy machine slows all of them alike. Peers are
measured where they are on PATH. The limits are Python that does nothing, and Python that reads the
same bytes.

The last table compares what was measured with the targets.

    python -m benchmarks.speed [--rounds N] [--documents N] [--environments N] [--models N]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from tests.growth.manifests import manifests

ROOT = Path(__file__).resolve().parents[1]
START = "from stackgen.start import run; run()"
READ = "import sys; [open(x, 'rb').read() for x in sys.argv[1:]]"
# What is measured: the target, and the unit.
TARGETS = {
    "build --check, unchanged, over Python": (0.030, "s CPU"),
    "build --check --env prod, cold, over Python": (0.300, "s CPU"),
    "build --check, one model's line changed, over Python": (0.200, "s CPU"),
    "stackgen --version, over Python": (0.040, "s CPU"),
    "stackgen explain, over Python": (0.040, "s CPU"),
    "stackgen rules, over Python": (0.040, "s CPU"),
    "every family, CPU over that of kubeconform": (5.0, "times"),
    "nine tenths kept, wall time over that of kubeconform": (1.0, "times"),
    "every family, three times as many documents": (3.3, "times"),
    "one of many environments": (0.120, "s CPU"),
    "many environments, memory": (600.0, "MiB"),
    "many models": (5.0, "s CPU"),
}
LINE = "nodePool: tpu-v6e-pool"  # of the model of the reference stack
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
        found = _small(Path(place), wanted.rounds)
        found |= _documents(Path(place), wanted.documents, max(wanted.rounds // 2, 1))
        found |= _stacks(Path(place), wanted.environments, wanted.models)
    print(f"\n{'':56} {'measured':>9} {'target':>9}")
    for name, (target, unit) in TARGETS.items():
        if name in found:
            met = "" if found[name] <= target else "  missed"
            print(f"{name:56} {found[name]:9.3f} {target:9.3f} {unit}{met}")


def _small(place: Path, rounds: int) -> dict[str, float]:
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
    times = _measured(rows, stack, rounds)
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    assert LINE in text, LINE
    times["build --check, one model's line changed"] = []
    for number in range(rounds):
        changed = text.replace(LINE, f"{LINE}\n        maxModelLen: {4096 - 16 * number}")
        (stack / "stack.yaml").write_text(changed, encoding="utf-8")
        cpu = _cpu(_stackgen("build", "--check"), stack)
        times["build --check, one model's line changed"].append(cpu)
    _table("reference stack", times)
    base = statistics.median(times["Python that does nothing"])
    return {f"{name}, over Python": statistics.median(x) - base for name, x in times.items()}


def _documents(place: Path, count: int, rounds: int) -> dict[str, float]:
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
            "kubeconform": _kubeconform(file),
            "conftest": ["conftest", "test", "--policy", str(ROOT / "policies"), str(file)],
        }  # fmt: skip
        times[size] = _measured(rows, place, rounds)
        _table(f"{size} documents", times[size])
    print()
    ratios = {}
    for name in times[count]:
        ratio = statistics.median(times[3 * count][name]) / statistics.median(times[count][name])
        ratios[name] = ratio
        print(f"{name:40} t({3 * count})/t({count}) = {ratio:.2f}")
    found = {"every family, three times as many documents": ratios["lint, every family"]}
    if "kubeconform" in times[count] and _has_every_schema(place / f"{count}.yaml"):
        ours, theirs = (
            statistics.median(times[count][name]) for name in ("lint, every family", "kubeconform")
        )
        found["every family, CPU over that of kubeconform"] = ours / theirs
        found |= _mostly_kept(place, count)
    return found


def _mostly_kept(place: Path, count: int) -> dict[str, float]:
    """Wall time when one in ten documents is another one than in the run before."""
    file = place / f"{count}.yaml"
    documents = file.read_text(encoding="utf-8").split("---\n")
    _cpu(_stackgen("lint", str(file)), place)
    changed = [
        text.replace("metadata:\n", f"metadata:\n  labels: {{changed: x{number}}}\n", 1)
        if number % 10 == 0 and "labels:" not in text
        else text
        for number, text in enumerate(documents)
    ]
    file.write_text("---\n".join(changed), encoding="utf-8")
    ours = _wall(_stackgen("lint", str(file)), place)
    theirs = _wall(_kubeconform(file), place)
    print(f"nine tenths kept: {ours:.2f} s of wall time; kubeconform {theirs:.2f} s")
    return {"nine tenths kept, wall time over that of kubeconform": ours / theirs}


def _kubeconform(file: Path) -> list[str]:
    return [
        "kubeconform", "-strict", "-ignore-missing-schemas", "-schema-location",
        os.environ.get("KUBECONFORM_SCHEMAS", "default"), str(file),
    ]  # fmt: skip


def _has_every_schema(file: Path) -> bool:
    """Whether kubeconform judges all documents: those without a schema cost it nothing."""
    command = [*_kubeconform(file)[:-1], "-summary", "-output", "json", str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    skipped = json.loads(done.stdout)["summary"]["skipped"]
    if skipped:
        print(f"not compared: KUBECONFORM_SCHEMAS has no schema for {skipped} documents")
    return not skipped


def _wall(command: Sequence[str], place: Path) -> float:
    began = time.monotonic()
    _cpu(command, place)
    return time.monotonic() - began


def _stacks(place: Path, environments: int, models: int) -> dict[str, float]:
    """Many environments, and many models. Memory is that of the largest process."""
    found = {}
    for label, root, count in (
        (f"{environments} environments", _stack(place / "fleet", 1, environments), environments),
        (f"{models} models", _stack(place / "models", models, 1), 1),
    ):
        began = time.monotonic()
        seconds, peak = _cpu_and_memory(_stackgen("build", "--no-cache"), root)
        wall = time.monotonic() - began
        print(
            f"\n{label}: {seconds:.2f} s of CPU in {wall:.2f} s, {seconds / count:.3f} s each; "
            f"peak {peak:.0f} MiB"
        )
        if count > 1:
            found["one of many environments"] = seconds / count
            found["many environments, memory"] = peak
        else:
            found["many models"] = seconds
    return found


def _cpu_and_memory(command: Sequence[str], place: Path) -> tuple[float, float]:
    """CPU seconds, and MiB of the largest process, with those that it starts."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=-3);"
        "x = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(x.ru_utime + x.ru_stime, x.ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=place, stdout=subprocess.PIPE, check=True
    )
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory / 1024


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
