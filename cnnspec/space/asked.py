"""The space that a command line means: one of a file, or a net with lines of `vary` and `where`."""

from __future__ import annotations

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Limits, Mistake, Module
from cnnspec.elaborate.context import context_of_file
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.records import replace
from cnnspec.source import Source, Span
from cnnspec.space.conditions import condition_of
from cnnspec.space.definition import DesignSpace, Objective
from cnnspec.spec_files import plain_name
from cnnspec.syntax import parse, parse_expression, tree


def pick_space(
    module: Module, name: str | None, vary: tuple[str, ...], report: Report
) -> tuple[tree.Space | None, Module]:
    """The space of a name, the only one of a file, or one of a net where lines of `vary` are given.

    With it comes the file that it is written in; None where there is none, which is reported.
    """
    spaces = [*module.spaces, *module.used_spaces]
    file = module.source.name
    if name is None:
        if len(spaces) == 1:
            return module.space(spaces[0])
        nets = list(module.nets) if vary else []
        if not spaces and len(nets) == 1:
            return _of_net(module, nets[0]), module
        listed = ", ".join([*spaces, *nets])
        message = f"{file} has several spaces" if spaces else f"{file} defines no space"
        cure = f"pick one, as in {file}:{(spaces or nets)[0]}: {listed}" if spaces or nets else ""
        report.error("pick-net", None, message, help=cure or "let its net vary: --vary 'width in 8..64'")
        return None, module
    by_plain = {plain_name(one): one for one in (*module.nets, *module.used_nets, *spaces)}
    found = name if name in by_plain.values() else by_plain.get(plain_name(name))
    if found in spaces:
        return module.space(found)
    if found is not None and vary:
        return _of_net(module, found), module
    if found is not None:
        cure = f"say what varies, as in --vary 'width in 8..64'; its spaces: {', '.join(spaces) or 'none'}"
        report.error("unknown-net", None, f"`{found}` is a net of {file}, not a space", help=cure)
        return None, module
    cure = suggest(name, by_plain.values()) or (f"its spaces: {', '.join(spaces)}" if spaces else "")
    report.error("unknown-net", None, f"{file} has no space `{name}`", help=cure)
    return None, module


def _of_net(module: Module, net: str) -> tree.Space:
    """A space of a net that holds nothing yet."""
    nowhere = Span(module.source, 0, 0)
    return tree.Space(f"{net}_varied", tree.Name(net, nowhere), tree.SpaceBody((), nowhere), nowhere)


def with_options(
    space: tree.Space | None, vary: tuple[str, ...], where: tuple[str, ...], report: Report
) -> tree.Space | None:
    """A space with more lines; None where one has a syntax error, which is reported."""
    if space is None or not (vary or where):
        return space
    lines = [*(f"vary {line}" for line in vary), *(f"where {line}" for line in where)]
    head = f"space {space.name} of {space.base.name} {{"
    parsed = parse(Source("--vary and --where", "\n".join([head, *lines, "}"]) + "\n"))
    for error in parsed.errors:
        report.add(error)
    item, *others = parsed.tree.items or (None,)
    if others or not isinstance(item, tree.Space):
        message = "what is given as --vary and --where does not stay in the braces of a space"
        report.error("syntax", None, message, help="write one line each, without `vary`, `where` and braces")
    if parsed.errors or others or not isinstance(item, tree.Space):
        return None
    if not space.body.statements:
        return item
    body = replace(space.body, statements=(*space.body.statements, *item.body.statements))
    return replace(space, body=body)


def objective_of(
    text: str, largest: bool, space: DesignSpace, module: Module, report: Report, limits: Limits
) -> Objective | None:
    """What is sought of a space: an expression as conditions have them; None after an error."""
    source = Source(f"--{'maximize' if largest else 'minimize'}", text)
    expression = parse_expression(source, report)
    if expression is None:
        return None
    span = expression.span
    condition = tree.Comparison((">=",), (expression, tree.Literal(0, span)), span)
    context = context_of_file(module, report, limits)
    variables = {one.name: one for one in space.variables}
    try:
        found = condition_of(condition, space.net, module, variables, context)
    except Mistake as mistake:
        mistake.report(report)
        return None
    return Objective(found, largest)
