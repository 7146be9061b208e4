"""The torch module: it trains, exports, scripts, takes other sizes and types, and starts as asked."""

from __future__ import annotations

import copy
import gc
import inspect
import linecache
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from folders import OK

import cnnspec
from cnnspec.backends import numpy
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.weights import WeightsError, declared, initialize

torch = pytest.importorskip("torch")
backend = pytest.importorskip("cnnspec.backends.torch")

CASES = OK
RESIDUAL = """
def block(width, stride=1) {
    residual(shortcut=project) { conv(width, 3, stride, bias=false) -> batchnorm -> relu
        conv(width, 3, bias=false) -> batchnorm }
    relu
}
net Net {
    input 3x16x16
    stem { conv(8, 3) -> relu }
    body { block(8) -> block(16, 2) -> block(16) }
    head { gap -> flatten -> dropout(0.5) -> linear(5) }
}
"""
SIDES = """
net Net {
    input left 3x8x8
    input right 3x8x8
    body {
        a: add { | left -> conv(4, 3) | right -> conv(4, 3) }
        conv(6, 3) -> relu
        concat(a, prev)
    }
    head main { gap -> flatten -> linear(3) }
    head side from a, training { gap -> flatten -> linear(3) }
}
"""
SHARED = """
share embed(n) { conv(n, 3) -> batchnorm -> relu }
net Net {
    input left 3x8x8
    input right 3x8x8
    a: { left -> embed(4) }
    b: { right -> embed(4) }
    concat(a, b) -> conv(2, 1)
}
"""
WINDOWED = "net N { input 8x4x4; attention(2, window=2, bias=relative) -> blurpool }"


def net(text: str) -> cnnspec.Net:
    return cnnspec.loads(text)


def tensors(found: cnnspec.Net, batch: int = 2) -> list[Any]:
    return [torch.as_tensor(value) for value in random_inputs(found.ir, 0, batch).values()]


@pytest.mark.parametrize("path", sorted((CASES / "layers").glob("*.cnn")), ids=lambda path: path.stem)
def test_each_layer_does_what_numpy_does(path: Path) -> None:
    for name in names(path):
        found = cnnspec.load(path, net=name)
        weights = initialize(found.ir, 3)
        inputs = random_inputs(found.ir, 0, 2)
        expected = numpy.compile(found.ir, weights=weights, dtype="float64")(inputs)
        got = backend.runner(found.ir, weights, dtype="float64")(inputs)
        for head, value in by_head(expected).items():
            np.testing.assert_allclose(by_head(got)[head], value, rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("path", sorted((CASES / "layers").glob("*.cnn")), ids=lambda path: path.stem)
def test_each_layer_goes_through_fx_and_torchscript(path: Path) -> None:
    for name in names(path):
        found = cnnspec.load(path, net=name)
        module, inputs = backend.compile(found.ir, seed=0).eval(), tensors(found)
        for made in (torch.fx.symbolic_trace(module), torch.jit.script(module)):
            torch.testing.assert_close(made(*inputs), module(*inputs))


def names(path: Path) -> list[str]:
    """The nets of a file."""
    lines = path.read_text("utf-8").splitlines()
    return [line.split()[1].partition("(")[0] for line in lines if line.startswith("net ")]


def by_head(result: Any) -> dict[str, Any]:
    return result if isinstance(result, dict) else {"": result}


@pytest.mark.parametrize("text", [RESIDUAL, SIDES, SHARED], ids=["residual", "sides", "shared"])
def test_keys_are_the_paths_of_layers(text: str) -> None:
    found = net(text)
    state = backend.compile(found.ir).state_dict()
    kept = {
        key: tuple(value.shape) for key, value in state.items() if not key.endswith("num_batches_tracked")
    }
    assert kept == {key: weight.shape for key, weight, _ in declared(found.ir)}


@pytest.mark.parametrize(
    "text", [RESIDUAL, SIDES, SHARED, WINDOWED], ids=["residual", "sides", "shared", "windowed"]
)
def test_torch_can_script_export_compile_and_copy_it(text: str) -> None:
    found = net(text)
    module, inputs = backend.compile(found.ir, seed=0).eval(), tensors(found)
    expected = module(*inputs)
    ways = {
        "copy": copy.deepcopy(module),
        "pickle": pickle.loads(pickle.dumps(module)),
        "export": torch.export.export(module, tuple(inputs)).module(),
        "compile": torch.compile(module, backend="eager", fullgraph=True),
    }
    with pytest.warns(DeprecationWarning):
        ways["script"] = torch.jit.script(module)
    for way, made in ways.items():
        torch.testing.assert_close(made(*inputs), expected, msg=way)


def test_torch_compiles_more_modules_in_a_process_than_it_compiles_one_of() -> None:
    torch._dynamo.reset()
    x = torch.zeros(2, 3, 8, 8)
    for width in range(1, torch._dynamo.config.recompile_limit + 3):
        module = cnnspec.loads(f"net A {{ input 3x8x8; conv({width}, 3) -> relu }}").to_torch(seed=0).eval()
        compiled = torch.compile(module, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), module(x))


def test_a_module_that_is_gone_leaves_nothing_behind() -> None:
    def kept() -> set[str]:
        gc.collect()
        return {name for name in (*sys.modules, *linecache.cache) if "cnnspec_generated" in name}

    before = kept()
    made = [backend.compile(net(f"net A {{ input 3x8x8; conv({n}, 1) -> layerscale }}").ir) for n in (5, 6)]
    copied = copy.deepcopy(made[0])
    assert len(kept() - before) == 4
    made.clear()
    assert len(kept() - before) == 2
    # what is left is whole: it is pickled, and its source is found
    again = pickle.loads(pickle.dumps(copied))
    assert type(again) is type(copied) and "class A(nn.Module)" in inspect.getsource(type(again))
    home = sys.modules[type(again).__module__]
    assert home.LayerScale.__module__ == home.__name__ and not hasattr(home, "nothing")
    same = backend.compile(net("net A { input 3x8x8; conv(5, 1) -> layerscale }").ir)
    assert type(same) is type(copied)
    del copied, again, home, same
    assert kept() == before


ELSEWHERE = """
import pickle, sys, torch
model, block, inputs, expected = torch.load(sys.argv[1], weights_only=False)
torch.testing.assert_close(model(inputs), expected)
assert block[0].weight.equal(model.stem[0].weight) and block.bias_name == "kept"
assert type(pickle.loads(pickle.dumps(model.body))) is type(model.body)
print(type(model).__name__)
"""


def test_a_module_is_loaded_in_a_process_that_has_not_made_it(tmp_path: Path) -> None:
    found = net(RESIDUAL)
    module, (inputs,) = backend.compile(found.ir, seed=0).eval(), tensors(found)
    module.stem.bias_name = "kept"
    torch.save((module, module.stem, inputs, module(inputs)), tmp_path / "all.pt")
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "all.pt")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("Net\n", "")


def test_a_part_of_a_module_is_loaded_where_its_net_is_gone() -> None:
    module = backend.compile(net(RESIDUAL).ir, seed=0)
    kept, expected = pickle.dumps(module.body.block1), module.body.block1.state_dict()
    del module
    gc.collect()
    again = pickle.loads(kept)
    assert all(value.equal(expected[key]) for key, value in again.state_dict().items())


def test_a_subclass_is_pickled_where_it_stands() -> None:
    module = backend.compile(net("net A { input 3x8x8; conv(5, 1) }").ir)
    kind = type("Mine", (type(module),), {"__module__": __name__})
    globals()["Mine"] = kind
    try:
        assert type(pickle.loads(pickle.dumps(kind()))) is kind
    finally:
        del globals()["Mine"]


def test_training_heads_appear_in_training_alone() -> None:
    found = net(SIDES)
    module, inputs = backend.compile(found.ir, seed=0), tensors(found)
    assert {head: tuple(v.shape) for head, v in module(*inputs).items()} == {"main": (2, 3), "side": (2, 3)}
    assert tuple(module.eval()(*inputs).shape) == (2, 3)


def test_a_shared_block_is_one_module() -> None:
    found = net(SHARED)
    module, inputs = backend.compile(found.ir, seed=0).eval(), tensors(found)
    assert sum(p.numel() for p in module.parameters()) == found.params
    same = module(inputs[0], inputs[0])
    torch.testing.assert_close(same, module(inputs[0].clone(), inputs[0].clone()))
    assert not torch.allclose(same, module(*inputs))


def test_it_trains() -> None:
    module = backend.compile(net(RESIDUAL.replace("dropout(0.5) -> ", "")).ir, seed=0)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    images, labels = torch.randn(16, 3, 16, 16, generator=torch.manual_seed(0)), torch.arange(16) % 5
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize(("batch", "size"), [(1, 16), (3, 16), (2, 24), (2, 17)])
def test_any_batch_and_size(batch: int, size: int) -> None:
    module = backend.compile(net(RESIDUAL).ir, seed=0).eval()
    assert tuple(module(torch.zeros(batch, 3, size, size)).shape) == (batch, 5)


@pytest.mark.parametrize("size", [9, 10, 11, 16])
def test_same_padding_follows_the_size_of_the_input(size: int) -> None:
    layers = "conv(3, 4, 2, same) -> maxpool(3, 2, same) -> avgpool(2, 1, same)"
    text = f"net N {{ input 2x{size}x{size}\n {layers} }}"
    built = cnnspec.loads(text.replace(f"{size}x{size}", "16x16"))
    other = cnnspec.loads(text)
    weights = initialize(built.ir, 0)
    inputs = random_inputs(other.ir, 0, 2)
    expected = numpy.compile(other.ir, weights=weights)(inputs)
    got = backend.compile(built.ir, weights=weights).eval()(torch.as_tensor(inputs["input"]))
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-4, atol=1e-5)


def test_one_seed_gives_the_weights_of_every_backend() -> None:
    found = net(RESIDUAL)
    state = backend.compile(found.ir, seed=7).state_dict()
    for key, value in initialize(found.ir, 7).items():
        np.testing.assert_array_equal(state[key].numpy(), value)


def test_folding_leaves_outputs_equal() -> None:
    found, inputs = net(RESIDUAL), tensors(net(RESIDUAL))
    plain = backend.compile(found.ir, seed=1).eval()
    folded = backend.compile(found.ir, weights=plain.state_dict(), fold_batchnorm=True).eval()
    assert not any("batchnorm" in key for key in folded.state_dict())
    torch.testing.assert_close(folded(*inputs), plain(*inputs))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_dtype(dtype: str) -> None:
    module = backend.compile(net(RESIDUAL).ir, seed=0, dtype=dtype)
    assert {p.dtype for p in module.parameters()} == {getattr(torch, dtype)}


def test_channels_last() -> None:
    found = net(RESIDUAL)
    module = backend.compile(found.ir, seed=0, channels_last=True).eval()
    assert all(
        p.is_contiguous(memory_format=torch.channels_last) for p in module.parameters() if p.dim() == 4
    )
    torch.testing.assert_close(
        module(*tensors(found)), backend.compile(found.ir, seed=0).eval()(*tensors(found))
    )


def test_he_has_the_variance_of_the_paper() -> None:
    module = backend.compile(
        net("net N { input 64x4x4\n conv(256, 3) -> flatten -> linear(64) }").ir, init="he"
    )
    conv, linear = module.conv, module.linear
    assert conv.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert linear.weight.std().item() == pytest.approx((2 / 4096) ** 0.5, rel=0.02)
    assert not conv.bias.any() and not linear.bias.any()


def test_xavier_is_bounded_by_both_fans_of_a_group() -> None:
    module = backend.compile(net("net N { input 64x4x4\n conv(128, 3, groups=4) }").ir, init="xavier")
    bound = (6 / (16 * 9 + 32 * 9)) ** 0.5
    assert bound * 0.98 < module.conv.weight.abs().max().item() <= bound


def test_zero_gamma_makes_residuals_start_as_their_shortcut() -> None:
    found = net(RESIDUAL)
    state = backend.compile(found.ir, init="zero-gamma").state_dict()
    silent = {key for key, value in state.items() if key.endswith("batchnorm2.weight") and not value.any()}
    assert silent == {
        key for key, value in initialize(found.ir, 0, "zero-gamma").items() if not value.any()
    } & set(key for key in state if key.endswith("weight"))
    assert len(silent) == 3


def test_weights_that_do_not_fit_are_refused() -> None:
    found = net(RESIDUAL)
    weights = dict(initialize(found.ir, 0))
    weights["head.linear.weight"] = weights["head.linear.weight"][:4]
    with pytest.raises(WeightsError, match=r"head\.linear\.weight: expected 5x16, got 4x16"):
        backend.compile(found.ir, weights=weights)


def test_tracebacks_show_the_generated_line() -> None:
    module = backend.compile(net(RESIDUAL).ir)
    with pytest.raises(RuntimeError) as found:
        module.forward(torch.zeros(1, 4, 16, 16))
    assert "x = self.stem(x)" in "".join(traceback.format_exception(found.value))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("text", [RESIDUAL, SIDES, SHARED], ids=["residual", "sides", "shared"])
def test_cuda_gives_the_same_outputs(text: str) -> None:
    found = net(text)
    module, inputs = backend.compile(found.ir, seed=0, dtype="float64").eval(), tensors(found)
    expected = module(*(value.double() for value in inputs))
    got = module.cuda()(*(value.double().cuda() for value in inputs))
    torch.testing.assert_close(got.cpu(), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda_trains_in_channels_last_bfloat16() -> None:
    module = backend.compile(net(RESIDUAL).ir, seed=0, channels_last=True).cuda()
    images, labels = torch.randn(16, 3, 16, 16, device="cuda"), torch.arange(16, device="cuda") % 5
    with torch.autocast("cuda", torch.bfloat16):
        loss = torch.nn.functional.cross_entropy(module(images), labels)
    loss.backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in module.parameters())
