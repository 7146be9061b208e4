"""Specs with one edit each, as someone would make it: a number, a layer more or less, a repeat."""

from __future__ import annotations

import random
import re

from folders import SPECS

NUMBER = re.compile(r"(?<=[(,= ])(\d+)(?=[,) \n])")
STEP = re.compile(r"-> (relu|gelu|tanh|dropout|batchnorm)\b")
REPEAT = re.compile(r"\* (\d)\b")
LIST = re.compile(r"(?<=[\[ ])(\d+)(?=[,\]])")


NETS = {
    "ResNet18": "resnet.cnn",
    "ResNet20": "resnet_cifar.cnn",
    "VGG11": "vgg.cnn",
    "UNetSmall": "unet.cnn",
    "LeNet5": "lenet.cnn",
    "GoogLeNet": "googlenet.cnn",
    "NiN": "nin.cnn",
    "MobileNetV2": "mobilenet.cnn",
    "DenseNetBC_100_12": "densenet.cnn",
}


def edited(text: str, rng: random.Random) -> str:
    """A spec with one edit; it may be one that no longer compiles."""
    lines = text.split("\n")
    free = [
        n
        for n, line in enumerate(lines)
        if line.startswith(" ") and "expect" not in line and "input" not in line
    ]
    for _ in range(50):
        number = rng.choice(free)
        code, mark, rest = lines[number].partition("=>")
        pattern = rng.choice([NUMBER, STEP, REPEAT, LIST])
        found = list(pattern.finditer(code))
        if found:
            place = rng.choice(found)
            lines[number] = (
                code[: place.start()] + _other(pattern, place, rng) + code[place.end() :] + mark + rest
            )
            return "\n".join(lines)
    return text


def _other(pattern: re.Pattern[str], place: re.Match[str], rng: random.Random) -> str:
    if pattern is STEP:
        return rng.choice(["", f"{place[0]} -> dropout(0.3)", "-> silu"])
    value = int(place[1])
    if pattern is REPEAT:
        return f"* {value + 1}"
    return str(rng.choice([2 * value, value + 1, max(1, value // 2)]))


def without_promises(text: str) -> str:
    """A spec without its shape marks and budgets, which an edit would break."""
    text = re.sub(r"=> *[0-9x?]+", "", text)
    return re.sub(r"\bexpect\b[^}\n]*(\n *[^}\n]*,[^}\n]*)*", "", text)


def specs() -> dict[str, str]:
    """Specs of the zoo that compile in a few milliseconds, by the name of the net that is edited."""
    files = {
        "ResNet18": "resnet",
        "ResNet20": "resnet_cifar",
        "VGG11": "vgg",
        "UNetSmall": "unet",
        "LeNet5": "lenet",
    }
    files |= {
        "GoogLeNet": "googlenet",
        "NiN": "nin",
        "MobileNetV2": "mobilenet",
        "DenseNetBC_100_12": "densenet",
    }
    return {
        net: without_promises((SPECS / f"{file}.cnn").read_text(encoding="utf-8"))
        for net, file in files.items()
    }
