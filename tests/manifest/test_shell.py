"""Scripts: which commands and manifests are in them, with nothing run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.shell import SUFFIXES, manifests, read, sourced
from stackgen.manifest.yaml_in import parse

SCRIPT = """\
#!/usr/bin/env bash
NAMESPACE="${NAMESPACE:-models}"
TOPOLOGY=2x4
COUNT=1
COUNT=2
# gcloud container node-pools create not-this
if ! gcloud container node-pools describe tpu >/dev/null; then
  gcloud container node-pools create tpu --zone "$ZONE" \\
    --tpu-topology=$TOPOLOGY --num-nodes $COUNT && echo done
fi
kubectl apply -n "$NAMESPACE" -f - <<EOF
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: $NAMESPACE}
EOF
kubectl apply -f - <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata: {name: quoted}
data: {line: $NAMESPACE}
EOF
cat > notes.txt <<EOF
apiVersion: v1
kind: Secret
EOF
"""
CREATE = "gcloud container node-pools create tpu --zone $ZONE --tpu-topology=2x4 --num-nodes $COUNT"


def test_commands_have_their_words_and_lines() -> None:
    words = [(" ".join(c.words), c.first, c.last) for c in read(SCRIPT).commands]
    assert words == [
        ("gcloud container node-pools describe tpu", 7, 7),
        (
            CREATE,
            8,
            9,
        ),
        ("kubectl apply -n models -f -", 11, 11),
        ("kubectl apply -f -", 16, 16),
    ]


def test_manifests_keep_their_lines_and_quoted_ones_their_variables() -> None:
    first, second = parse(read(SCRIPT).manifests, "setup.sh")
    assert first.data["metadata"] == {"name": "qwen", "namespace": "models"}
    assert second.data["data"] == {"line": "$NAMESPACE"}
    mark = first.marks().at(("metadata", "name"))
    assert mark is not None and mark.line == 14


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("run-$(date +%s)", "run-$(...)"),
        ("run-`date +%s`", "run-$(...)"),
        ("$((60*(1+1)))", "$(...)"),
        ("${NAME}, b: {c: ${NAME}}", "$NAME, b: {c: $NAME}"),
        ("${NAME}", "${NAME}"),
        ("$(a $(b) c)-$HOST", "$(...)-$HOST"),
        ("\\$(POD_NAME) \\\\ \\n", "$(POD_NAME) \\ \\n"),
    ],
)
def test_what_a_command_prints_is_not_known(written: str, meant: str) -> None:
    text = f"kubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nx: {written}\nEOF\n"
    assert read(text).manifests.splitlines()[3] == f"x: {meant}"
    quoted = read(text.replace("<<EOF", "<<'EOF'")).manifests.splitlines()
    assert quoted[3] == f"x: {written}"


def test_a_script_without_manifests_has_none() -> None:
    assert read("cat <<EOF\nhello\nEOF\n").manifests == ""
    assert read("kubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\n").manifests == ""
    assert read("kubectl delete -f - <<EOF\napiVersion: v1\nkind: Pod\nEOF\n").manifests == ""


@given(st.text(alphabet="gcloud kubtl<>EOF\n\\\"'${}();|=:-ab", max_size=300))
def test_any_text_is_read_and_keeps_its_lines(text: str) -> None:
    found = read(text).manifests
    assert not found or found.count("\n") == text.count("\n")


def test_the_suffixes_are_those_of_shells() -> None:
    assert SUFFIXES == (".sh", ".bash")


def test_a_variable_has_its_value_from_a_script_that_is_sourced() -> None:
    script = (
        'source "$(dirname "$0")/env.sh"; set -e\n. lib/more.sh\nZONE=a\nNAME=x\nNAME=y\n'
        "for POOL in a b; do\n"
        "gcloud container node-pools create $POOL $REGION $ZONE $NAME $MORE $OTHER\ndone\n"
    )
    scripts = {
        "top/scripts/up.sh": script,
        "top/scripts/env.sh": "export REGION=us-east5\nZONE=b\nNAME=z\nPOOL=c\n. ./env.sh\n",
        "top/lib/more.sh": "MORE=1\nsource up.sh\n",
        "env.sh": "OTHER=1\n",
    }
    command, _ = read(script, sourced("top/scripts/up.sh", scripts)).commands
    assert command.words[4:] == ("a", "us-east5", "a", "$NAME", "1", "$OTHER")


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ('[ "$1" = prod ] && N=6', False),
        ("case $o in n) N=$OPTARG;; esac", False),
        ("N=$((N + 1))", False),
        ("(( N++ ))", False),
        ("for ((N=0;N<2;N++)); do :; done", False),
        ("read -r other N", False),
        ("while getopts n: N; do :; done", False),
        ("set -a; source .env; set +a", False),
        ("if true; then export A=2 N=6; fi", False),
        ("export A=2 N=5", True),
        ("N=6 ./other.sh", True),
        ('echo "usage; N=6"', True),
        ("source venv/bin/activate", True),
    ],
)
def test_a_variable_that_changes_has_no_value(line: str, known: bool) -> None:
    (command,) = read(f"N=5\n{line}\nkubectl get $N\n").commands
    assert command.words[-1] == ("5" if known else "$N")


def test_values_that_double_stay_small() -> None:
    doubled = "".join(f"X{i + 1}=${{X{i}}}${{X{i}}}\n" for i in range(40))
    words = [c.words for c in read(f"X0=aa\n{doubled}kubectl get $X4 $X39\n").commands]
    assert words == [("kubectl", "get", "a" * 32, "$X39")]


LOOPS = """\
SPACES="a b"
for ns in $SPACES; do
  kubectl create namespace "$ns"
  for name in x y
  do kubectl -n "$ns" create secret generic "$name" --from-literal=k="$K"; done
done
kubectl get pods -n $ns
for f in k8s/*.yaml; do kubectl apply -f "$f"; done
for i in 1 2; do gcloud container node-pools create "p-${i}"; done
while read -r line; do kubectl get "$line"; done
"""


def test_commands_of_a_loop_are_there_for_each_constant() -> None:
    assert [(" ".join(c.words), c.first) for c in read(LOOPS).commands] == [
        ("kubectl create namespace a", 3),
        ("kubectl create namespace b", 3),
        ("kubectl -n a create secret generic x --from-literal=k=$K", 5),
        ("kubectl -n a create secret generic y --from-literal=k=$K", 5),
        ("kubectl -n b create secret generic x --from-literal=k=$K", 5),
        ("kubectl -n b create secret generic y --from-literal=k=$K", 5),
        ("kubectl get pods -n $ns", 7),
        ("kubectl apply -f $f", 8),
        ("gcloud container node-pools create p-1", 9),
        ("gcloud container node-pools create p-2", 9),
        ("kubectl get $line", 10),
    ]


def test_loops_in_loops_stay_few_commands() -> None:
    words = " ".join(map(str, range(40)))
    text = "".join(f"for v{i} in {words}; do\n" for i in range(9)) + "kubectl get pod a$v1-$v2\n"
    assert len(read(text).commands) == 40


def test_what_becomes_a_patch_is_no_object() -> None:
    text = (
        "cat > /tmp/{name}.yaml <<EOF\napiVersion: apps/v1\nkind: Deployment\n"
        "metadata: {{name: a}}\nEOF\n{command}\n"
    )
    for command in (
        "kubectl patch deploy a --patch-file /tmp/memory.yaml",
        'kubectl patch deploy a -p "$(cat /tmp/memory.yaml)"',
        "echo 'patches: [{path: memory.yaml}]' > kustomization.yaml",
    ):
        assert manifests(text.format(name="memory", command=command)) == ""
    assert manifests(text.format(name="memory", command="kubectl apply -f /tmp/memory.yaml"))
