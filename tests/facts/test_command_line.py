"""What is read out of a container's command line, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.facts.command_line import CommandLine, read


def line(command: Any = None, args: Any = None, **env: str) -> CommandLine:
    return read(command, args, env, ("c",))


def values(given: CommandLine) -> dict[str, str | None]:
    return {name: flag.value for name, flag in given.flags.items()}


@pytest.mark.parametrize(
    ("command", "args"),
    [
        (["vllm", "serve", "org/m"], ["--tensor-parallel-size=4", "--dtype", "half"]),
        (["vllm"], ["serve", "org/m", "--tensor_parallel_size=4", "--dtype=half"]),
        (["vllm", "serve", "org/m", "-tp", "4", "--dtype=half"], None),
        (
            ["/bin/bash", "-c"],
            ["vllm serve org/m -tp 4 \\\n  --dtype=half 2>&1 | tee log --port 1"],
        ),
        (
            ["sh", "-ec", "set -x; exec vllm serve 'org/m' -tp=4 --dtype half && echo --port 1"],
            None,
        ),
        (None, ["vllm serve org/m --tensor-parallel-size 4 --dtype half"]),
    ],
)
def test_the_same_server_written_in_different_ways(command: Any, args: Any) -> None:
    found = line(command, args)
    assert found.vllm and found.complete
    assert found.model is not None and found.model.value == "org/m"
    assert values(found) == {"tensor-parallel-size": "4", "dtype": "half"}


def test_the_module_of_the_server() -> None:
    found = line(["python3", "-m", "vllm.entrypoints.openai.api_server"], ["--model=org/m"])
    assert found.vllm
    assert found.text("model") == "org/m"


def test_variables_of_the_container_are_filled_in() -> None:
    found = line(["vllm", "serve", "$(MODEL)"], ["--port=${PORT}"], MODEL="org/m", PORT="8080")
    assert found.complete
    assert found.model is not None and found.model.value == "org/m"
    assert found.number("port") == 8080


def test_what_comes_from_elsewhere_is_not_known() -> None:
    found = line(["vllm", "serve", "org/m"], ["--tensor-parallel-size=$(TP)"])
    assert "tensor-parallel-size" in found.flags
    assert found.number("tensor-parallel-size", 1) is None
    assert found.complete
    for args in (["$(EXTRA)"], ["{{ .Values.args }}"], ["--config=/etc/vllm.yaml"]):
        unknown = line(["vllm", "serve", "org/m"], args)
        assert not unknown.complete
        assert unknown.number("tensor-parallel-size", 1) is None


def test_a_script_that_starts_something_else_says_nothing() -> None:
    found = line(["/bin/bash", "-c"], ["./start.sh --dtype=half"])
    assert not found.vllm
    assert not found.complete
    assert not found.flags


def test_quotes_that_do_not_close_are_survived() -> None:
    assert not line(["/bin/bash", "-c"], ["vllm serve 'org/m --dtype=half"]).complete


@pytest.mark.parametrize("command", [None, [], "vllm serve", [1, None], {"a": 1}])
def test_odd_values_are_survived(command: Any) -> None:
    assert not line(command, command).flags


def test_a_flag_knows_its_place() -> None:
    found = line(["vllm", "serve", "org/m"], ["--dtype", "half"])
    assert found.flags["dtype"].path == ("c", "args", 1)


def test_arguments_of_a_script_stand_where_it_puts_them() -> None:
    script = 'set -e\nray start --head --port=6379\nexec vllm serve org/m "$@"\n'
    found = line(["/bin/bash", "-c", script, "--"], ["--port=8000", "--dtype=half"])
    assert found.vllm and found.complete
    assert values(found) == {"port": "8000", "dtype": "half"}
    assert found.flags["port"].path == ("c", "args", 0)
    none = line(["/bin/bash", "-c", "exec vllm serve org/m", "--"], ["--port=8000"])
    assert values(none) == {}


def test_a_negative_number_is_a_value_and_an_option_is_none() -> None:
    flags = read(
        ["vllm", "serve"], ["m", "--seed", "-4", "--port", "--dtype", "half"], {}, ()
    ).flags
    assert (flags["seed"].value, flags["seed"].alone) == ("-4", False)
    assert (flags["port"].value, flags["port"].alone) == ("", True)
    assert flags["dtype"].value == "half"


def test_a_word_that_its_variables_make_long_is_not_known() -> None:
    found = line(["vllm", "serve", "org/m"], ["--dtype=" + "$(A)" * 1000], A="a" * 1000)
    assert values(found) == {"dtype": None}
