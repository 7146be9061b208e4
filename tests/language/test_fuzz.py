"""A fixed budget of fuzzing: whatever the text, cnnspec answers in time, without a traceback."""

from __future__ import annotations

from random import Random

import pytest
from fuzz.generate import specs
from fuzz.judge import judge
from fuzz.mutate import mutate, seeds
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.posix
TEXTS = seeds()

FOUND = ("netLeaky\n    conv(8, 3) -> relu  # {leaky\n}", "net A{\n  concat {\n")
"""Texts that fuzzing has found a fault with."""


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs())
def test_specs_made_from_the_grammar(text: str) -> None:
    judge(text)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_specs(seed: int) -> None:
    random = Random(seed)
    for number in range(40):
        judge(mutate(TEXTS, random), random.randrange(9) if number % 10 else None)


@pytest.mark.parametrize("text", FOUND)
def test_what_fuzzing_has_found(text: str) -> None:
    judge(text)
