"""Headless Chromium, driven over the DevTools protocol on a pipe: what is done in a page, what it reports."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 600.0
"""Seconds after which what does not come is given up; nothing takes so long, on a busy machine either."""


class Browser:
    """A browser with one page. `requests` are the addresses that were asked for, `wrong` what went wrong."""

    def __init__(self, folder: Path, width: int = 1400, height: int = 900) -> None:
        self.requests: list[str] = []
        self.wrong: list[str] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._heard = Condition()  # its lock is reentrant: what is heard may be answered
        self._turn, self._session = 0, ""
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        command = (
            f"exec {CHROMIUM} --headless --no-sandbox --disable-gpu --remote-debugging-pipe --no-first-run "
            f"--user-data-dir={folder / 'profile'} --window-size={width},{height} about:blank "
            f"3<&{to_browser} 4>&{from_browser} 2>/dev/null"
        )
        self._process = subprocess.Popen(["bash", "-c", command], pass_fds=(to_browser, from_browser))
        os.close(to_browser)
        os.close(from_browser)
        Thread(target=self._listen, daemon=True).start()
        pages = self._ask("Target.getTargets")["targetInfos"]
        (page,) = [page["targetId"] for page in pages if page["type"] == "page"]
        self._session = self._ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self.resize(width, height)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._ask("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """What an expression of the page is, or what its promise holds. Fails where it throws."""
        found = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def do(self, steps: str) -> Any:
        """What steps return, in which `await` may stand."""
        return self.run(f"(async () => {{ {steps} }})()")

    def until(self, condition: str) -> None:
        """Wait for something in the page to hold."""
        told = json.dumps(f"never: {condition}")
        wait = "await new Promise((next) => setTimeout(next, 20));"
        self.do(f"const end = Date.now() + {PATIENCE * 1000}; while (!({condition})) {{ {wait} "
                f"if (Date.now() > end) throw new Error({told}); }}")  # fmt: skip

    def type(self, text: str) -> None:
        """Type a text where the cursor is."""
        self._ask("Input.insertText", text=text)

    def press(self, key: str, code: int = 0, modifiers: int = 0) -> None:
        """Press a key; `modifiers` are 1 for Alt, 2 for Ctrl, 8 for Shift."""
        for kind in ("keyDown", "keyUp"):
            self._ask(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, modifiers=modifiers
            )

    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme: str) -> None:
        """Prefer dark or light pages."""
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path) -> None:
        """Write what is seen to a PNG."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def print(self) -> bytes:
        """The page as a PDF, on paper of the size that the page asks for."""
        return base64.b64decode(self._ask("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _send(self, method: str, **parameters: Any) -> int:
        """Send a message; the number under which it is answered."""
        with self._heard:
            self._turn += 1
            session = {"sessionId": self._session} if self._session else {}
            message = {"id": self._turn, "method": method, "params": parameters, **session}
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self._out, data) :]
            return self._turn

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        turn = self._send(method, **parameters)
        with self._heard:
            assert self._heard.wait_for(lambda: turn in self._answers, PATIENCE), method
            answer = self._answers.pop(turn)
        assert "error" not in answer, answer
        return answer["result"]

    def _listen(self) -> None:
        left = b""
        while part := os.read(self._in, 1 << 20):
            *messages, left = (left + part).split(b"\0")
            for message in map(json.loads, messages):
                with self._heard:
                    if "id" in message:
                        self._answers[message["id"]] = message
                    else:
                        self._note(message["method"], message.get("params", {}))
                    self._heard.notify_all()

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Page.javascriptDialogOpening":  # leave the page, whatever is not saved
            self._send("Page.handleJavaScriptDialog", accept=True)
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.wrong.append(json.dumps(told["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.wrong.append(" ".join(str(one.get("value", one)) for one in told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.wrong.append(told["entry"]["text"] + " " + told["entry"].get("url", ""))
