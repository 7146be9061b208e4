"""The memory that writing an ONNX file takes, a process a net, beside the size of the file.

    python benchmarks/onnx_memory.py [NET...]

`before` is the process with everything imported, `peak` the most that it held until the file was there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

NETS = ("mobilenetv2", "resnet50", "densenet201", "vgg16")
MEASURED = """
import json, sys
from pathlib import Path
import cnnspec
from cnnspec.backends.onnx import builder

def peak():
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

net, file = cnnspec.zoo(sys.argv[1]), Path(sys.argv[2])
before = peak()
net.to_onnx(file)
print(json.dumps({"before": before, "peak": peak(), "file": file.stat().st_size}))
"""


def main(nets: list[str]) -> None:
    print("net              file MB  before MB  peak MB  peak over file")
    with tempfile.TemporaryDirectory() as folder:
        for net in nets or NETS:
            command = [sys.executable, "-c", MEASURED, net, str(Path(folder, "net.onnx"))]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            file, before, peak = (found[name] / 1e6 for name in ("file", "before", "peak"))
            print(f"{net:15} {file:8.1f} {before:10.1f} {peak:8.1f} {peak / file:15.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
