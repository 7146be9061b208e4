"""A pause of the garbage collector while something large is built."""

from __future__ import annotations

import gc

from cnnspec.typed import Any, Callable, TypeVar, cast

Made = TypeVar("Made", bound=Callable[..., Any])


class GarbagePause:
    """The time in a `with` statement: what is made in it is not looked through for garbage."""

    def __init__(self) -> None:
        self.enabled = gc.isenabled()

    def __enter__(self) -> None:
        gc.disable()

    def __exit__(self, *raised: object) -> None:
        if self.enabled:
            gc.enable()


def without_garbage_collection(function: Made) -> Made:
    """Nothing made on the way to a net is garbage, and looking for some would take half the time."""

    def paused(*args: Any, **kwargs: Any) -> Any:
        with GarbagePause():
            return function(*args, **kwargs)

    paused.__doc__ = function.__doc__
    return cast(Made, paused)
