"""What `import cnnspec` gives: a short list, every name of it there and documented."""

import inspect

import pytest

import cnnspec


def test_the_list_is_short_and_sorted_by_kind():
    assert len(cnnspec.__all__) <= 17
    assert len(set(cnnspec.__all__)) == len(cnnspec.__all__)
    assert {"Net", "SpecError", "load", "loads", "zoo"} <= set(cnnspec.__all__)


@pytest.mark.parametrize("name", cnnspec.__all__)
def test_every_name_is_there_and_documented(name):
    value = getattr(cnnspec, name)
    assert name.startswith("__") or inspect.getdoc(value), f"{name} has no docstring"


def test_nothing_else_looks_public():
    loaded = [name for name in cnnspec.__all__ if getattr(cnnspec, name)]
    assert loaded == cnnspec.__all__
    modules = {name for name, value in vars(cnnspec).items() if inspect.ismodule(value)}
    public = {name for name in vars(cnnspec) if not name.startswith("_")} - modules
    assert public == {name for name in cnnspec.__all__ if not name.startswith("_")}


@pytest.mark.parametrize("function", [cnnspec.load, cnnspec.loads, cnnspec.zoo])
def test_functions_have_types(function):
    signature = inspect.signature(function)
    assert all(p.annotation is not p.empty for p in signature.parameters.values())
    assert signature.return_annotation == "Net"


@pytest.mark.parametrize(
    "name", [name for name, value in vars(cnnspec.Net).items() if not name.startswith("_")]
)
def test_every_attribute_of_a_net_is_documented(name):
    value = inspect.getattr_static(cnnspec.Net, name)
    assert inspect.getdoc(value) or name == "name", f"Net.{name} has no docstring"


OF_A_SPEC = {"load", "loads", "zoo"}
"""What takes the parameters of a net, whose names a spec says."""


def test_arguments_are_typed_to_the_end():
    named = [(name, getattr(cnnspec, name)) for name in cnnspec.__all__ if name not in OF_A_SPEC]
    named += [(name, value) for name, value in vars(cnnspec.Net).items() if not name.startswith("_")]
    functions = [(name, value) for name, value in named if inspect.isfunction(value)]
    assert len(functions) > 12
    for name, function in functions:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                assert parameter.annotation.startswith("Unpack["), name
            assert parameter.name == "self" or parameter.annotation is not parameter.empty, name
