"""What makes a graph run: numpy, torch and ONNX, each a table from layer to a short rule.

Read in this order:

- base.py: what a backend is, and the table of those there are;
- steps.py: lowering, from a graph to the layers that a backend has rules for; other_sizes.py: a net at the
  other sizes of its input that it takes;
- arrays.py: arrays from whatever holds numbers; formula.py: formulas of layers as Python text;
- declared.py: the tensors of a net; weights.py: how they start and whether they fit; inputs.py, seeded input;
- weight_files.py: files of weights, whatever their kind: safetensors.py, npz_files.py, torch_files.py, which
  reads pickles.py as data; checkpoints.py: what training wraps around weights;
- match.py: weights of the same architecture under other names, by the order in which these are defined
  (alignment.py) or run (execution_order.py), or by their shapes and names (naming.py, tree_match.py,
  named_match.py, nesting.py), in blocks of the net as flow.py has them; beyond_tensors.py: how a module
  differs from a net otherwise;
- verify.py, runs.py and constants.py: whether backends agree; images.py: what `cnnspec run` reads and writes;
- effective.py: how strongly a layer depends on each pixel; timing.py: honest times; quiet.py: floats that
  overflow without a word;
- python_source.py: what every writer of Python source needs;
- numpy/, torch/, onnx/: the backends. Each is loaded when it is first used,
  as lazy.py does it.
"""

if __name__ != "cnnspec.backends":
    # in a checkout this folder can be imported by its own name too, as a second copy of every module
    raise ImportError(f"import cnnspec.backends, not {__name__}")

from cnnspec.backends.base import BACKENDS, Backend, CompileError, Options, find

__all__ = ["BACKENDS", "Backend", "CompileError", "Options", "find"]
