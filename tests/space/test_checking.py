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

    def counted(name: str, *given: Any) -> Any:
        built.append(name)
        return elaborate(name, *given)

    monkeypatch.setattr(checking, "elaborate", counted)
    assert [one.code for one in diagnose(text) if one.severity == "error"] == codes
    assert built == members
