"""The members of a space that are built for a check: as few as say what there is to say."""

from __future__ import annotations

from typing import Any

import pytest
from diagnose import diagnose

from cnnspec.space import checking

TEXT = """\
net A(width=8) {
    input 3x8x8
    let half = width // 2
    conv(half, 3) -> relu
}

space Wide of A {
    vary width in 8..64 step 8
}
"""


@pytest.mark.parametrize(
    ("text", "codes", "members"),
    [
        pytest.param(TEXT, [], ["A"], id="the first member is right"),
        pytest.param(TEXT.replace("// 2", "// 2 2"), ["syntax"], [], id="of a broken net none"),
    ],
)
def test_one_member_is_built_or_none(
    monkeypatch: pytest.MonkeyPatch, text: str, codes: list[str], members: list[str]
) -> None:
    built: list[str] = []
    elaborate = checking.elaborate

    def counted(name: str, *given: Any, **options: Any) -> Any:
        built.append(name)
        return elaborate(name, *given, **options)

    monkeypatch.setattr(checking, "elaborate", counted)
    assert [one.code for one in diagnose(text) if one.severity == "error"] == codes
    assert built == members


BROKEN = """\
net A(width, classes) {
    input 3x8x8
    conv(width, 3) => 5x8x8
    linear(classes)
}
space First of A { vary width in 8..16 step 8; vary classes in 2..9 }
space Second of A { vary width in 8..64 step 8; vary classes in 2..9 }
space Other of A { vary width in [0, -8]; vary classes in 2..9 }
"""


def test_what_is_wrong_with_the_members_of_two_spaces_is_said_once_and_by_its_first_mistake() -> None:
    told = [(one.code, one.span.text, one.label) for one in diagnose(BROKEN) if one.span is not None]
    assert told == [
        ("space-nets", "First", "with width=16, classes=8: shape-mark at spec.cnn:3:23"),
        ("space-nets", "Other", "with width=-8, classes=8: argument-value at spec.cnn:3:10"),
    ]
