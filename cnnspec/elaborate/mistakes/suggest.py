"""Names that are not known: the nearest known ones, and what other libraries call the same thing."""

from __future__ import annotations

from cnnspec.caching import cache, lru_cache
from cnnspec.diagnostics.cures import CHANNELS_IN, Cure, choose, offer
from cnnspec.source import Span
from cnnspec.typed import Iterable, Mapping

LAYERS_ELSEWHERE = {
    "body": "backbone features encoder trunk",
    "head": "heads classifier tail top",
    "conv": "convolution convolutional",
    "dwconv": "depthwise depthwiseconv depthwiseconvolution",
    "separable_conv": "separableconv sepconv",
    "tconv": "convtranspose transposedconv transposeconv deconv deconvolution upconv",
    "maxpool": "pool pooling maxpooling mp",
    "avgpool": "averagepool averagepooling meanpool",
    "gap": "globalpool globalavgpool globalaveragepool globalaveragepooling",
    "gmp": "globalmaxpool globalmaxpooling",
    "batchnorm": "bn norm batchnormalization",
    "layernorm": "ln layernormalization",
    "groupnorm": "gn groupnormalization",
    "lrn": "localresponsenorm localresponsenormalization",
    "leaky_relu": "lrelu leaky",
    "silu": "swish",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "linear": "fc fullyconnected innerproduct",
    "dropout": "drop",
    "droppath": "stochasticdepth dropconnect",
    "flatten": "view",
    "identity": "skip noop pass",
    "concat": "cat concatenate concatenation",
    "add": "sum plus eltwise",
    "mul": "multiply times",
    "maximum": "max",
    "sub": "subtract minus difference",
    "div": "divide quotient",
    "residual": "resblock residualblock shortcut",
    "dense": "denseblock",
    "squeeze_excite": "se seblock squeezeexcitation",
    "inverted_residual": "mbconv",
    "upsample": "upsampling interpolate",
    "pad": "zeropad zeropadding padding",
    "pixel_shuffle": "depthtospace",
    "pixel_unshuffle": "spacetodepth focus",
    "permute": "transpose swapaxes moveaxis rearrange",
    "matmul": "bmm dot matrixproduct einsum",
    "blurpool": "blur antialias lowpass",
    "max_unpool": "unpool unpooling",
    "channel_shuffle": "shuffle",
}
PARAMETERS_ELSEWHERE = {
    "out": "outchannels outfeatures filters numfilters features units channels planes",
    "kernel": "kernelsize filtersize poolsize window k size",
    "stride": "strides s step",
    "pad": "padding p",
    "pad_mode": "paddingmode",
    "groups": "numgroups group g",
    "dilation": "dilationrate",
    "multiplier": "depthmultiplier",
    "bias": "usebias",
    "rate": "p prob droprate dropprob",
    "slope": "negativeslope alpha",
    "eps": "epsilon",
    "scale": "scalefactor",
    "size": "outputsize",
    "factor": "upscalefactor blocksize",
    "power": "normtype",
    "ceil": "ceilmode",
    "count_pad": "countincludepad",
}
LEFT_OUT = {
    CHANNELS_IN: (
        "in inchannels infeatures numfeatures numchannels inputshape inputdim cin inplanes normalizedshape"
    ),
    "a layer of its own comes after: -> relu": "activation act nonlinearity",
    "values are never changed in place: leave it out": "inplace",
}


LONGEST_NAME = 1_000
"""How long a name may be, in characters, for others to be compared with it."""


SHORTEST = 4
"""How long a name must be, in letters: c1 and c2 are two names, not one and a slip."""
SURE = 0.7
"""How like another a name is, from 0 to 1 (twice the letters that match, of all), that is a slip of it."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names nearest to one that is not known, the nearest first."""
    return [] if len(name) > LONGEST_NAME else list(_nearest(name, tuple(known)))


@lru_cache(maxsize=256)
def _nearest(name: str, known: tuple[str, ...]) -> list[str]:
    """As `nearest`; a name that is misspelt in a block is so in each of its calls."""
    from difflib import get_close_matches

    names = dict.fromkeys(known)
    same = [other for other in names if plain(other) == plain(name)]
    near = same or get_close_matches(name, names, n=3, cutoff=0.6)
    slips = [other for other in near if len(name) >= SHORTEST and is_slip(name, other)]
    return slips if len(slips) == 1 else near


def suggest(name: str, known: Iterable[str]) -> str:
    """A help line that offers the known names nearest to one that is not known."""
    return offer(nearest(name, known))


def suggest_at(span: Span, name: str, known: Iterable[str], otherwise: str = "") -> Cure:
    """The cure of a name that is not known, written at a span; without names near, another help line."""
    near = nearest(name, known)
    return choose_near(span, name, near) if near else Cure(otherwise)


def choose_near(span: Span, name: str, near: list[str]) -> Cure:
    """The cure that offers names near to one that is not known; mechanical where one is meant for sure."""
    return choose(span, near) if is_sure(name, near) else Cure(offer(near))


def is_sure(name: str, near: list[str]) -> bool:
    """Whether there is one name near to one that is not known, by a slip or as other libraries call it."""
    from difflib import SequenceMatcher

    if len(near) != 1:
        return False
    tables = (LAYERS_ELSEWHERE, PARAMETERS_ELSEWHERE)
    if plain(name) == plain(near[0]) or any(near[0] in _inverted(t).get(plain(name), []) for t in tables):
        return True
    return SequenceMatcher(None, name, near[0]).ratio() >= SURE


def is_slip(first: str, second: str) -> bool:
    """Whether two names differ by one letter, or by two that are swapped."""
    first, second = _where_they_differ(first, second)
    first, second = _where_they_differ(first[::-1], second[::-1])
    swapped = len(first) == 2 and first == second[::-1]
    return swapped or max(len(first), len(second)) == 1


def _where_they_differ(first: str, second: str) -> tuple[str, str]:
    """Two texts without what both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    start = next((number for number, (one, other) in pairs if one != other), min(len(first), len(second)))
    return first[start:], second[start:]


def plain(name: str) -> str:
    """A name without what libraries differ in: case, underscores and the number of axes."""
    import re

    return re.sub(r"_|[123]d", "", name[: LONGEST_NAME + 1].casefold())


def nearest_block(name: str, known: Iterable[str], library: Iterable[str]) -> list[str]:
    """The blocks that may be meant by a name: what others call so, or what is near, before the library."""
    return list(_nearest_block(name, tuple(known), tuple(library)))


@lru_cache(maxsize=256)
def _nearest_block(name: str, known: tuple[str, ...], library: tuple[str, ...]) -> list[str]:
    elsewhere = _inverted(LAYERS_ELSEWHERE).get(plain(name), [])
    names = dict.fromkeys([*known, *library])
    same = [other for other in names if other in elsewhere or plain(other) == plain(name)]
    return same or nearest(name, known) or nearest(name, library)


def nearest_parameter(name: str, known: Iterable[str]) -> list[str]:
    """The parameters that may be meant by a name; one that another library calls so comes first."""
    if plain(name) in _inverted(LEFT_OUT):
        return []
    names = list(known)
    elsewhere = _inverted(PARAMETERS_ELSEWHERE).get(plain(name), [])
    return [parameter for parameter in elsewhere if parameter in names][:1] or nearest(name, names)


def left_out(name: str) -> str:
    """Why an argument that other libraries take is left out; empty for one that they do not take."""
    return next(iter(_inverted(LEFT_OUT).get(plain(name), [])), "")


def _inverted(table: Mapping[str, str]) -> dict[str, list[str]]:
    return _by_word(tuple(table.items()))


@cache
def _by_word(table: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, words in table:
        for word in words.split():
            found.setdefault(word, []).append(name)
    return found
