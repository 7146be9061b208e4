"""What `functools` gives, without its module, which loads `collections` and takes as long as twenty of ours.

To type checkers these are the library's own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cache as cache
    from functools import cached_property as cached_property
    from functools import lru_cache as lru_cache
    from functools import partial as partial
else:
    from _functools import _lru_cache_wrapper, partial

    def lru_cache(maxsize):
        """As functools.lru_cache: the last values of a function, by its arguments."""

        def make(function):
            made = _lru_cache_wrapper(function, maxsize, False, _counts)
            for name in ("__module__", "__name__", "__qualname__", "__doc__"):
                setattr(made, name, getattr(function, name))
            made.__wrapped__ = function
            return made

        return make

    def _counts(*counts):
        """Hits, misses, the largest number of values that are kept, and how many are."""
        return counts

    cache = lru_cache(None)

    class cached_property:
        """As functools.cached_property: a property that is computed once for each object."""

        def __init__(self, function):
            self.func = function
            self.__doc__ = function.__doc__

        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.func(instance)
            return value


__all__ = ["cache", "cached_property", "lru_cache", "partial"]
