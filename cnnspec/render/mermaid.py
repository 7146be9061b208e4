"""The DOT drawing's plan as Mermaid, which Markdown pages show as a diagram."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.render.boxes import Box
from cnnspec.render.plan import DrawingPlan

JOIN_WORDS = {"+": "add", "x": "mul", "C": "concat", "max": "maximum"}


def mermaid_source(plan: DrawingPlan) -> str:
    """The Mermaid flowchart of a plan; node n7 is item 7, subgraph g7 is item 7 opened."""
    lines = [f"flowchart {plan.direction}"]
    lines.extend(_items(plan, 0, "    "))
    for link in plan.links:
        arrow = "-.->" if link.training or link.skip else "-->"
        words = plan.words_on(link)
        label = f'|"{quote(words)}"|' if words else ""
        lines.append(f"    n{link.source} {arrow}{label} n{link.target}")
    lines.extend(_styles(plan))
    return "\n".join(lines) + "\n"


def _items(plan: DrawingPlan, number: int, indent: str) -> Iterator[str]:
    for child in plan.scene.children(number):
        if child in plan.boxes:
            yield indent + _node(child, plan.boxes[child])
        elif plan.framed(child):
            yield f'{indent}subgraph g{child}["{quote(plan.titles[child])}"]'
            yield from _items(plan, child, indent + "    ")
            yield indent + "end"
        else:
            yield from _items(plan, child, indent)


def _node(number: int, box: Box) -> str:
    if box.join:
        return f'n{number}(("{JOIN_WORDS.get(box.join, box.join)}"))'
    lines = (" ".join(filter(None, (row.text, row.detail, row.right))) for row in box.rows)
    return f'n{number}["{"<br/>".join(map(quote, lines))}"]'


def _styles(plan: DrawingPlan) -> Iterator[str]:
    """A class a family, and its boxes."""
    families = sorted({box.family for box in plan.boxes.values()})
    for family in families:
        paint = plan.theme.paint(family)
        yield f"    classDef {family} fill:{paint.fill},stroke:{paint.stroke},color:{plan.theme.text}"
        members = ",".join(f"n{number}" for number, box in plan.boxes.items() if box.family == family)
        yield f"    class {members} {family}"


def quote(text: str) -> str:
    """A text inside the quotes of Mermaid: letters, digits and plain signs as they are, the rest as codes."""
    plain = " .,:/+-=()[]_→·…x"
    return "".join(c if c.isalnum() or c in plain else f"#{ord(c)};" for c in text)
