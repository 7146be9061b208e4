"""The server of the studio answers its own page alone, and writes the one file that it was started with."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from interruptible import INTERRUPTIBLE

from cnnspec.cli import studio as command
from cnnspec.cli.main import execute
from cnnspec.source import Source
from cnnspec.studio.pages import names
from cnnspec.studio.server import LARGEST, Studio, new_file

TEXT = "net Net { input 3x8x8; relu }\n"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    path = tmp_path / "net.cnn"
    path.write_text(TEXT, encoding="utf-8")
    served = Studio(Source("net.cnn", TEXT, path), None, path)
    yield served
    served.close()


def send(
    studio: Studio, path: str, data: Any = None, token: str | None = None, **headers: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(studio.origin.removeprefix("http://"), timeout=600)
    body = None if data is None else data if isinstance(data, str) else json.dumps(data)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    token = studio.token if token is None else token
    connection.request("GET" if data is None else "POST", f"/{token}/{path}", body, sent)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode("utf-8", "replace")
    connection.close()
    return found


def test_every_file_of_the_page_is_served(studio: Studio) -> None:
    assert {"index.html", "main.js", "codemirror.js", "licences.txt", "drawing.html"} <= set(names())
    assert [send(studio, name)[0] for name in ("", *names())] == [200] * (1 + len(names()))
    assert 'data-engine="local"' in send(studio, "")[1]


def test_it_answers_and_writes(studio: Studio) -> None:
    assert json.loads(send(studio, "start")[1]) == {
        "text": TEXT, "file": "net.cnn", "net": "", "on_disk": TEXT,
    }  # fmt: skip
    status, answer = send(studio, "ask", {"ask": "read", "text": TEXT})
    assert status == 200 and json.loads(answer)["net"] == "Net"
    assert json.loads(send(studio, "save", {"text": "# new\n", "before": TEXT})[1]) == {"wrote": "net.cnn"}
    assert studio.path is not None and studio.path.read_text(encoding="utf-8") == "# new\n"


def test_a_file_that_has_changed_on_disk_is_left_as_it_is(studio: Studio) -> None:
    assert studio.path is not None
    studio.path.write_text("# by another\n", encoding="utf-8")
    answer = json.loads(send(studio, "save", {"text": "# new\n", "before": TEXT})[1])
    assert answer["refused"].startswith("net.cnn has changed on disk")
    assert studio.path.read_text(encoding="utf-8") == "# by another\n"


def test_a_file_that_is_no_text_or_cannot_be_written_is_refused(studio: Studio) -> None:
    assert studio.path is not None
    studio.path.write_bytes(b"\xff")
    assert "refused" in json.loads(send(studio, "save", {"text": "# new\n", "before": TEXT})[1])
    studio.path.unlink()
    studio.path.mkdir()
    assert "refused" in json.loads(send(studio, "save", {"text": "# new\n", "before": ""})[1])


def test_a_net_of_the_zoo_is_not_written() -> None:
    served = Studio(Source("lenet.cnn", TEXT), "LeNet5", None)
    try:
        assert json.loads(send(served, "start")[1])["on_disk"] is None
        assert "refused" in json.loads(send(served, "save", {"text": "", "before": TEXT})[1])
    finally:
        served.close()


def test_a_new_file_begins_with_a_net_and_is_written_when_it_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "new.cnn"
    served = Studio(new_file(path), None, path)
    try:
        start = json.loads(send(served, "start")[1])
        assert start["on_disk"] == "" and "net Net(" in start["text"] and not path.exists()
        found = json.loads(send(served, "ask", {"ask": "mistakes", "text": start["text"]})[1])
        assert found["diagnostics"] == []
        assert json.loads(send(served, "save", {"text": start["text"], "before": ""})[1]) == {
            "wrote": "new.cnn"
        }
        assert path.read_text(encoding="utf-8") == start["text"]
    finally:
        served.close()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"token": "wrong"}, id="another token"),
        pytest.param({"Host": "evil.example"}, id="a name that was bound anew"),
        pytest.param({"Origin": "http://evil.example"}, id="a page of another site"),
        pytest.param({"Origin": "null"}, id="a page without a site"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="a form of another site"),
    ],
)
def test_others_neither_ask_nor_write(studio: Studio, headers: dict[str, str]) -> None:
    for path in ("ask", "save"):
        body = {"ask": "zoo", "text": "# evil\n", "before": TEXT}
        assert send(studio, path, body, **headers) == (404, "")
    assert studio.path is not None and studio.path.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("save", "no json", 400),
        ("save", "[]", 400),
        ("save", "{}", 400),
        ("nothing", "{}", 404),
        ("../server.py", None, 404),
        ("start", "{}", 404),
    ],
    ids=["no json", "a list", "nothing in it", "no such path", "outside", "posted"],
)
def test_what_is_no_request(studio: Studio, path: str, body: str | None, status: int) -> None:
    assert send(studio, path, body)[0] == status


def test_what_is_too_large_is_not_read(studio: Studio) -> None:
    assert send(studio, "ask", "{}", Content_Length=str(LARGEST + 1))[0] == 404


@pytest.mark.posix
def test_the_command_prints_its_address_and_ends_when_it_is_interrupted(tmp_path: Path) -> None:
    command = [*INTERRUPTIBLE, "studio", "new.cnn", "--no-browser"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        run.stdout.readline()
        address, _, said = run.stdout.readline().partition("  ")
        with urlopen(f"{address}start", timeout=600) as answer:
            assert json.load(answer)["file"] == "new.cnn"
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=600) == 0
        assert said == "(Ctrl-C ends it)\n" and run.stderr.read() == ""


@pytest.mark.parametrize(
    ("spec", "answer", "left"),
    [
        ("lenet5", {"refused": "lenet.cnn is no file of yours: save it as one"}, TEXT),
        ("own.cnn", {"wrote": "own.cnn"}, "# mine\n"),
    ],
)
def test_the_command_opens_a_browser_and_writes_what_is_no_net_that_ships(
    spec: str,
    answer: dict[str, str],
    left: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """While the command waits the page is read and saved; then Ctrl-C."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.cnn").write_text(TEXT, encoding="utf-8")
    opened: list[str] = []
    saved: list[dict[str, str]] = []

    def read_and_interrupt(seconds: float) -> None:
        (address,) = opened
        with urlopen(f"{address}start", timeout=600) as found:
            started = json.load(found)
        asked = json.dumps({"text": "# mine\n", "before": started["text"]}).encode()
        with urlopen(f"{address}save", asked, timeout=600) as found:
            saved.append(json.load(found))
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(command, "sleep", read_and_interrupt)
    assert execute(["studio", spec]) == 0
    assert capsys.readouterr().out == f"{opened[0]}  (Ctrl-C ends it)\n"
    assert saved == [answer]
    assert (tmp_path / "own.cnn").read_text(encoding="utf-8") == left
    with pytest.raises(URLError):
        urlopen(opened[0], timeout=600)
