"""The command line: help, exit codes, clean JSON, what is answered when something is missing."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from folders import SPECS

import cnnspec
from cnnspec.backends.base import extras
from cnnspec.cli.failures import OTHERS
from cnnspec.cli.main import GROUPS, HOMES, command, execute

COMMANDS = sorted(HOMES)
WRONG = "net A {\n    input 3x32x32\n    conv(8, 3, groups=2)\n}\n"
RIGHT = "net A(width=8) {\n    input 3x3x3\n    conv(width, 3) -> relu\n    gap -> flatten -> linear(10)\n}\n"


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command line in a folder with right.cnn and wrong.cnn; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.cnn").write_text(RIGHT)
    (tmp_path / "wrong.cnn").write_text(WRONG)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cnnspec", *arguments])
        with pytest.raises(SystemExit) as stopped:
            sys.exit(execute(sys.argv[1:]))
        printed = capsys.readouterr()
        return int(stopped.value.code or 0), printed.out, printed.err

    return run


def process(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, after some Python."""
    code = f"import sys\n{before}\nfrom cnnspec.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=600
    )


# ---- help


def test_help_lists_every_command_in_a_line_of_its_own(run):
    code, out, _ = run("--help")
    assert code == 0
    for name in COMMANDS:
        assert f"  {name} " in out
        short = command(name).get_short_help_str(200)
        assert any(
            line.split()[0] == name and line.endswith(short) for line in out.splitlines() if line.strip()
        )
    assert all(len(line) <= 80 for line in out.splitlines())


def test_every_command_is_in_one_group():
    assert sorted(name for names in GROUPS.values() for name in names) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_fits_the_screen_and_has_examples_that_parse(run, name):
    code, out, _ = run(name, "--help")
    assert code == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    examples = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("  cnnspec ")]
    assert examples
    for _, *arguments in examples:
        command(name).make_context(name, arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    for parameter in command(name).params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


def test_version_names_the_backends_it_finds(run):
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith(f"cnnspec {cnnspec.__version__} (backends found: numpy")


# ---- exit codes


def test_done_is_0(run):
    assert run("check", "right.cnn")[0] == 0


def test_a_mistake_in_the_spec_is_1_and_goes_to_stderr(run):
    code, out, err = run("check", "wrong.cnn")
    assert (code, out) == (1, "")
    assert err.startswith("error[groups-divide]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("right.cnn",),
        ("check",),
        ("check", "right.cnn", "--set", "width"),
        ("check", "right.cnn", "--input", "3xwide"),
        ("check", "right.cnn", "--limit", "time=3"),
        ("check", "right.cnn", "--dump-after", "parsing"),
        ("compile", "right.cnn", "--backend", "numpy", "-o", "net.onnx"),
        ("compile", "right.cnn", "-o", "net.txt"),
        ("compile", "right.cnn", "-o", "net.py", "--weights", "w.safetensors"),
        ("compile", "right.cnn", "--channels-last"),
        ("compile", "right.cnn", "--train"),
        ("compile", "right.cnn", "--train", "-o", "net.py"),
        ("compile", "right.cnn", "--train", "-o", "run", "--backend", "numpy"),
        ("compile", "right.cnn", "--train", "-o", "run", "--dtype", "bfloat16"),
        ("compile", "right.cnn", "--train", "-o", "run", "--fold-batchnorm"),
        ("compile", "right.cnn", "--train", "-o", "run", "--optimize"),
        ("explain", "no-such-code"),
        ("layers", "conv2d"),
        ("verify", "right.cnn", "--backends", "numpy,jax"),
        ("run", "right.cnn", "--weights", "w.safetensors", "--input", "x.npy", "-o", "y.png"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_says_so_in_a_line(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "missing.cnn"),
        ("summary", "no_such_net"),
        ("zoo", "no_such_net"),
        ("render", "right.cnn", "-o", "no/such/folder/net.svg"),
        ("compile", "right.cnn", "--weights", "missing.safetensors"),
        ("run", "right.cnn", "--weights", "missing.safetensors", "--input", "missing.npy"),
        ("summary", "right.cnn", "--set", "height=3"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_1_without_a_traceback(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error") and "Traceback" not in err


@pytest.mark.parametrize("spec", ["resnet50.cnn", "resnet.cnn:ResNet50", "folder/ResNet50.cnn"])
def test_a_net_of_the_zoo_that_is_written_as_a_file_is_recognized(run, spec):
    _, _, err = run("summary", spec)
    assert "= help: a net of the zoo goes without a file: resnet50\n" in err


def test_warnings_count_where_they_are_denied(run, tmp_path):
    (tmp_path / "even.cnn").write_text(RIGHT.replace("conv(width, 3)", "conv(width, 4)"))
    assert run("check", "even.cnn")[0] == 0
    assert run("check", "even.cnn", "--deny", "warnings")[0] == 1


# ---- JSON


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "right.cnn", "--json"),
        ("check", "wrong.cnn", "missing.cnn", "--json"),
        ("summary", "resnet18", "--json"),
        ("compile", "right.cnn", "--json"),
        ("verify", "right.cnn", "--backends", "numpy,torch", "--json"),
        ("layers", "--json"),
        ("layers", "conv", "--json"),
    ],
    ids=" ".join,
)
def test_json_and_nothing_else_on_stdout(run, arguments):
    _, out, _ = run(*arguments)
    assert json.loads(out)


def test_json_of_check_has_places_and_cures(run):
    code, out, _ = run("check", "wrong.cnn", "--json")
    (found,) = json.loads(out)["diagnostics"]
    assert code == 1
    assert (found["code"], found["severity"], found["line"], found["column"]) == (
        "groups-divide",
        "error",
        3,
        5,
    )
    assert (found["end_line"], found["end_column"], found["file"]) == (3, 25, "wrong.cnn")
    assert found["help"] and found["message"]


def test_json_of_summary_has_the_figures(run):
    _, out, _ = run("summary", "right.cnn", "--set", "width=16", "--json")
    net = json.loads(out)
    assert (net["net"], net["params"], net["macs"]) == ("A", 448 + 170, 9 * 27 * 16 + 160)
    assert [layer["op"] for layer in net["layers"]] == ["input", "conv", "relu", "gap", "flatten", "linear"]


# ---- input and output


def test_a_spec_from_standard_input(run, monkeypatch):
    done = subprocess.run(
        [sys.executable, "-m", "cnnspec", "check", "-"],
        input=RIGHT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stdout) == (0, "<stdin>:A: 314 params, 2,024 MACs\n")


def test_scripts_that_somebody_has_edited_are_kept(run, tmp_path):
    """--train: model.py and what nobody has changed is written anew, for another net too."""
    compile_it = ("compile", "right.cnn", "--train", "-o", "run/")
    names = ("model.py", "data.py", "train.py")
    model, data, train = (tmp_path / "run" / name for name in names)
    wrote = [
        "wrote run/model.py (A for torch)",
        "wrote run/data.py (to train A)",
        "wrote run/train.py (to train A)",
    ]
    assert run(*compile_it)[2].splitlines() == wrote
    train.write_text(train.read_text() + "# mine\n")
    kept = "kept run/train.py, which has been edited: delete it to have it written anew"
    for channels in ("1", "4"):
        model_before, data_before = model.read_text(), data.read_text()
        assert run(*compile_it, "--input", f"{channels}x3x3")[2].splitlines() == [*wrote[:2], kept]
        assert model.read_text() != model_before and data.read_text() != data_before
    assert train.read_text().endswith("# mine\n")


def test_a_module_of_somebody_else_is_not_overwritten(run, tmp_path):
    (tmp_path / "model.py").write_text('"""Mine."""\n')
    code, out, err = run("compile", "right.cnn", "--train", "-o", ".")
    assert (code, out) == (1, "")
    assert err == "error: model.py is there, and was not written by cnnspec: write to another folder\n"
    assert (tmp_path / "model.py").read_text() == '"""Mine."""\n' and not (tmp_path / "train.py").exists()


@pytest.mark.posix
def test_a_closed_pipe_is_no_mistake():
    command = f'"{sys.executable}" -m cnnspec summary resnet152 --depth 9 | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=600)
    assert done.stdout.startswith("ResNet152") and done.stderr == ""


def test_a_written_file_is_named_on_stderr(run, tmp_path):
    code, out, err = run("compile", "right.cnn", "-o", "net.py")
    assert (code, out, err) == (0, "", "wrote net.py (A for numpy)\n")
    assert (tmp_path / "net.py").read_text().startswith('"""')


def test_no_colour_without_a_terminal(run):
    assert "\033" not in run("check", "wrong.cnn")[2]


# ---- what is not installed


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("torch", ("compile", "lenet5", "--backend", "torch")),
        ("onnx", ("compile", "lenet5", "--backend", "onnx", "-o", os.devnull + ".onnx")),
        ("onnxruntime", ("verify", "lenet5", "--backends", "numpy,onnx")),
        ("pygls", ("lsp",)),
        ("lsprotocol", ("lsp",)),
        ("optuna", ("search", "regnetxspace", __file__, "--trials", "1")),
        ("distributed", ("search", "regnetxspace", __file__, "--workers", "2")),
    ],
)
def test_a_missing_extra_is_answered_with_the_pip_command(missing, arguments):
    done = process(*arguments, before=f"sys.modules[{missing!r}] = None")
    assert done.returncode == 1
    extra = (extras() | OTHERS)[missing]
    assert done.stderr == f"error: this needs {missing}: pip install 'cnnspec[{extra}]'\n"


# ---- completion


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system tells no such peak")
def test_peak_memory_is_that_of_the_program_and_not_of_whoever_started_it():
    large = bytearray(600_000_000)
    command = [
        sys.executable,
        "-m",
        "cnnspec",
        "compile",
        str(SPECS.parent / "examples" / "tiny.cnn"),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(large) > 2 * json.loads(done.stdout)["peak_memory_bytes"]
