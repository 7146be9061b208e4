"""The variables of a space as Optuna has them: numbers within bounds, choices by their text.

    vary depth in 12..28              depth       an integer
    vary w0 in 24..256 step 8 log     w0          an integer with a logarithm, snapped to the steps afterwards
    vary widths[2] in 8.0..64.0       widths[0], widths[1]
    vary block in [basic, bottleneck] block       "basic" or "bottleneck"

Optuna refuses a step beside a logarithm, and choices that are no numbers or texts.
"""

from __future__ import annotations

from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from cnnspec.space.definition import DesignSpace, NumberRange, SpaceVariable, ValueList, written
from cnnspec.space.drawing import Setting, snapped


def distributions_of(space: DesignSpace) -> dict[str, BaseDistribution]:
    """What Optuna chooses from, by the names that it stores; an item of a list has one of its own."""
    return {name: _distribution(one.domain) for one in space.variables for name in _names(one)}


def params_of(space: DesignSpace, setting: Setting) -> dict[str, Any]:
    """A setting as Optuna stores it."""
    found: dict[str, Any] = {}
    for variable in space.variables:
        value = setting[variable.name]
        values = [value] if variable.length is None else value
        for name, one in zip(_names(variable), values, strict=True):
            found[name] = one if isinstance(variable.domain, NumberRange) else _choice(variable.domain, one)
    return found


def setting_of(space: DesignSpace, params: dict[str, Any]) -> Setting:
    """The setting nearest to what Optuna has chosen. Raises KeyError for params that are no choice of it."""
    found: Setting = {}
    for variable in space.variables:
        values = tuple([_value(variable.domain, params[name]) for name in _names(variable)])
        found[variable.name] = values[0] if variable.length is None else values
    return found


def _names(variable: SpaceVariable) -> list[str]:
    if variable.length is None:
        return [variable.name]
    return [f"{variable.name}[{index}]" for index in range(variable.length)]


def _distribution(domain: NumberRange | ValueList) -> BaseDistribution:
    if isinstance(domain, ValueList):
        return CategoricalDistribution([_choice(domain, value) for value in domain.values])
    if isinstance(domain.low, int) and isinstance(domain.high, int):
        step = 1 if domain.log or domain.step is None else int(domain.step)
        return IntDistribution(domain.low, domain.high, log=domain.log, step=step)
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def _choice(domain: ValueList, value: Any) -> Any:
    """A value of a list as a choice: numbers of one kind as they are, all others as specs write them."""
    kinds = {type(one) for one in domain.values}
    return value if kinds in ({int}, {float}) else written(value)


def _value(domain: NumberRange | ValueList, chosen: Any) -> Any:
    if isinstance(domain, NumberRange):
        return snapped(domain, chosen)
    return {_choice(domain, value): value for value in domain.values}[chosen]
