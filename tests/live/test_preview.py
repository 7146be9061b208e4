"""The preview answers its own page, and nobody else."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from queue import Queue

import pytest

from cnnspec import zoo
from cnnspec.live.preview import Preview

CLICKS: Queue[int] = Queue()


@pytest.fixture(scope="module")
def preview() -> Iterator[Preview]:
    served = Preview(CLICKS.put)
    served.show(zoo("lenet5").ir)
    yield served
    served.close()


def ask(
    preview: Preview, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, str]:
    host = preview.origin.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=600)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_the_page_draws_the_net_and_follows(preview: Preview) -> None:
    status, text = ask(preview, f"/{preview.token}/")
    assert status == 200 and "<title>LeNet5" in text and "new EventSource" in text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/", {}, id="no token"),
        pytest.param("/wrong/", {}, id="another token"),
        pytest.param("/{token}", {}, id="no path"),
        pytest.param("/{token}/else", {}, id="another path"),
        pytest.param("/{token}/", {"Host": "evil.example"}, id="a name that was bound anew"),
        pytest.param("/{token}/", {"Origin": "http://evil.example"}, id="a page of another site"),
        pytest.param("/{token}/", {"Origin": "null"}, id="a page without a site"),
        pytest.param("/{token}/events", {"Origin": "http://evil.example"}, id="its events"),
    ],
)
def test_others_get_nothing(preview: Preview, path: str, headers: dict[str, str]) -> None:
    assert ask(preview, path.format(token=preview.token), **headers) == (404, "")


def test_a_click_shows_its_line(preview: Preview) -> None:
    path = f"/{preview.token}/show"
    assert ask(preview, path, "POST", "7") == (204, "") and CLICKS.get(timeout=600) == 7


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("seven", {}, 400),
        ("7" * 21, {}, 404),
        ("7", {"Origin": "http://evil.example"}, 404),
        ("7", {"Sec_Fetch_Site": "cross-site"}, 404),
    ],
)
def test_what_is_no_click(preview: Preview, body: str, headers: dict[str, str], status: int) -> None:
    assert ask(preview, f"/{preview.token}/show", "POST", body, **headers)[0] == status
    assert CLICKS.empty()


def test_pages_hear_of_changes_and_of_the_cursor(preview: Preview) -> None:
    host = preview.origin.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=600)
    connection.request("GET", f"/{preview.token}/events")
    answer = connection.getresponse()
    preview.point(12)
    assert [answer.readline().decode().strip() for _ in range(3)] == ["event: line", "data: 12", ""]
    preview.show(zoo("alexnet").ir)
    assert answer.readline() == b"event: changed\n"
    connection.close()


def test_it_listens_on_this_machine_alone(preview: Preview) -> None:
    assert preview.origin.startswith("http://127.0.0.1:")
