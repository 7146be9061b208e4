"""From a file to the graph of one of its nets."""

from __future__ import annotations

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.building.builder import MAX_MISTAKES, Abandoned, GraphBuilder
from cnnspec.elaborate.building.paths import named
from cnnspec.elaborate.building.reuse import Known
from cnnspec.elaborate.context import Context, Expectation, LabelScope
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.matching import match
from cnnspec.elaborate.mistakes.suggest import suggest, suggest_at
from cnnspec.elaborate.module import Module
from cnnspec.elaborate.statements import shape_of, walk
from cnnspec.elaborate.values import UNKNOWN, Mistake, Variables, has_unknown
from cnnspec.graph import Graph
from cnnspec.layers.shapes import Shape
from cnnspec.limits import Limits
from cnnspec.records import dataclass, replace
from cnnspec.source import Source, Span
from cnnspec.syntax import parse_expression, tree
from cnnspec.typed import TYPE_CHECKING, Any, Iterator, Mapping

if TYPE_CHECKING:
    from cnnspec.elaborate.building.measured import Sums

MAX_LINKS = 200
"""How many nets may be given by one another in a row."""


@dataclass(frozen=True, eq=False)
class Elaborated:
    """A net of a spec: its graph (None where the spec has errors) and what its `expect` lines say.

    `places` are where it is defined: its own, and those of the nets that it is given by.
    """

    net: tree.NetDefinition
    graph: Graph | None
    expectations: tuple[Expectation, ...]
    places: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What is given from outside: values of parameters (texts are expressions) and shapes of inputs."""

    parameters: Mapping[str, Any]
    inputs: Mapping[str, Shape]


def net_parameters(name: str, module: Module) -> list[str]:
    """The parameters of a net, also of one given by another."""
    base = list(_links(name, module))[-1][0]
    return [p.name for p in base.parameters] if isinstance(base, tree.NetDefinition) else []


def written_values(name: str, module: Module) -> dict[str, str | None]:
    """The parameters of a net with the values that the spec gives them, as written; None where it is open."""
    known = net_parameters(name, module)
    given: dict[str, str | None] = {}
    for item, _ in _links(name, module):
        if isinstance(item, tree.NetDefinition):
            defaults = {p.name: None if p.default is None else p.default.span.text for p in item.parameters}
            return {parameter: given.get(parameter, default) for parameter, default in defaults.items()}
        if item is not None:
            unnamed = [argument for argument in item.arguments if argument.name is None]
            named = {a.name: a.value.span.text for a in item.arguments if a.name is not None}
            values = {p: a.value.span.text for p, a in zip(known, unnamed, strict=False)} | named
            # of nets that are given by one another the first says what holds
            given = {**values, **given}
    return {}


def open_parameters(name: str, module: Module) -> list[str]:
    """The parameters that a net leaves open: those without a value or a default."""
    return [parameter for parameter, value in written_values(name, module).items() if value is None]


def _links(name: str, module: Module) -> Iterator[tuple[tree.NetDefinition | tree.Given | None, Module]]:
    """A net, the one it is given by, and so on, each with its file; None ends it where there is none.

    A circle ends where it closes, and a chain that is too long at the bound.
    """
    seen: set[int] = set()
    item, home = module.net(name)
    while isinstance(item, tree.Given) and id(item) not in seen and len(seen) < MAX_LINKS:
        seen.add(id(item))
        yield item, home
        item, home = home.net(item.base.name)
    yield item, home


def elaborate(
    name: str,
    module: Module,
    settings: Settings,
    report: Report,
    limits: Limits,
    known: Known | None = None,
    most_mistakes: int = MAX_MISTAKES,
) -> Elaborated | None:
    """The graph of a net, with what the settings change; mistakes go to the report, one more than
    `most_mistakes` at most.

    `known` is what nets of the file before it have in common with it. None where not even the net itself
    could be found.
    """
    if _base_is_lost(name, module):
        return None
    before = report.errors
    builder = GraphBuilder(report, limits, settings.inputs, known, most_mistakes)
    walked = _walked(name, module, settings, builder)
    if walked is None:
        return None
    net, context, variables = walked
    if not builder.is_done:
        return Elaborated(net, None, ())
    stated = module.net(name)[0]
    expectations = (*context.scope.expectations, *_stated(stated, settings, context, variables))
    lost = builder.broken or any(v.shape is None for v in builder.graph.outputs.values())
    if report.errors > before or lost:
        return Elaborated(net, None, ())
    builder.known.keep(builder.first_calls)
    places = tuple(item.span for item, _ in _links(name, module) if item is not None)
    return Elaborated(net, named(builder.graph, name, module.source.name), expectations, places)


def _walked(
    name: str, module: Module, settings: Settings, builder: GraphBuilder
) -> tuple[tree.NetDefinition, Context, Variables] | None:
    """Walk a net: what was walked, where the walk has ended, and the values of the parameters.

    None where the net could not be found. The builder is done where the walk came to its end.
    """
    root = builder.graph.root
    context = Context(builder, module, LabelScope(), root)
    try:
        net, context.module, variables = bound_parameters(name, context, settings.parameters)
        _state_inputs(name, module, context, variables)
    except Mistake as mistake:
        builder.report_mistake(mistake, root)
        return None
    stated = module.net(name)[0]
    root.title = name
    root.span = stated.span if stated is not None else net.span
    root.arguments, root.definition = tuple(variables.items()), net.span
    try:
        walk(net.body, context, variables)
    except Abandoned:
        return net, context, variables
    builder.is_done = True
    _check_flow(net, context)
    _check_inputs(settings, builder)
    return net, context, variables


def add_up(
    name: str, module: Module, settings: Settings, limits: Limits, known: Known
) -> tuple[Sums, Sums, Sums] | None:
    """Sums of the figures that `known` measures over a net, which is not made: of all its layers, of those
    that inference runs and of those that training runs. None for a net with mistakes, or with weights that
    are shared: these count once. Raises Exceeded for one over a ceiling.

    The net opens no labels of calls: which layers lead to one is not known of a call that is remembered.
    """
    from cnnspec.elaborate.building.measured import Exceeded

    report = Report()
    builder = GraphBuilder(report, limits, settings.inputs, known)
    graph, measuring = builder.graph, known.measuring
    if measuring is not None:
        measuring.so_far = []
    try:
        walked = _walked(name, module, settings, builder)
    except Exceeded:
        known.keep(builder.first_calls)
        raise
    lost = builder.broken or any(value.shape is None for value in graph.outputs.values())
    if walked is None or not builder.is_done or lost or report.errors or builder.shared or measuring is None:
        return None
    known.keep(builder.first_calls)
    every = range(len(graph.nodes))
    ends = {head: value.node for head, value in graph.outputs.items()}
    heads = [node for head, node in ends.items() if head not in graph.training_heads]
    running, live = (graph.leading_to([*graph.inputs, *nodes]) for nodes in (heads, ends.values()))
    whole = measuring.sums(graph, every)
    sums = [whole if len(part) == len(every) else measuring.sums(graph, part) for part in (running, live)]
    return whole, sums[0], sums[1]


def bound_parameters(
    name: str, context: Context, parameters: Mapping[str, Any]
) -> tuple[tree.NetDefinition, Module, Variables]:
    """The net behind a name, its file, and the values of its parameters, some given from outside.

    Raises Mistake.
    """
    net, home, bound = _given(name, context)
    bound.update(_from_outside(parameters, net, context))
    return net, home, _with_defaults(net, bound, replace(context, module=home))


def _check_flow(net: tree.NetDefinition, context: Context) -> None:
    """Take what flows at the end of a net for its output, where it has no head; report one without any."""
    graph, report = context.builder.graph, context.builder.report
    if not graph.outputs and context.value is not None:
        graph.outputs["output"] = context.value
    # an input or a head may be in what a mistake took away
    if context.scope.tainted:
        return
    if not graph.inputs:
        cure = "begin it with, for example, input 3x224x224"
        report.error("net-input", net.span, f"net {net.name} has no input", help=cure)
    elif not graph.outputs.keys() - graph.training_heads:
        trained = bool(graph.outputs)
        report.error(
            "net-output",
            net.span,
            f"net {net.name} has no output" + (" in inference: all its heads are for training" * trained),
            help="leave `, training` out of one head" if trained else "end it with a chain or a head",
        )


def _given(name: str, context: Context) -> tuple[tree.NetDefinition, Module, Variables]:
    """The net behind a name, its file, and the parameters given on the way to it. Raises Mistake."""
    *chain, (item, home) = _links(name, context.module)
    if not isinstance(item, tree.NetDefinition):
        raise _no_base(item, chain)
    names = tuple(p.name for p in item.parameters)
    bound: Variables = {}
    # from the base outward: what is given nearer to the name that was asked for wins
    for given, module in reversed(chain):
        assert isinstance(given, tree.Given)
        there = replace(context, module=module)
        for parameter, argument in match(given.arguments, names, given.base.name, given.span).items():
            bound[parameter] = evaluate(argument.value, there, {})
    return item, home, bound


def _base_is_lost(name: str, module: Module) -> bool:
    """Whether a net is given by one that a mistake, reported before, left undefined."""
    *chain, (item, home) = _links(name, module)
    return item is None and any(
        isinstance(given, tree.Given) and home.is_lost(given.base.name) for given, _ in chain[-1:]
    )


def _no_base(item: tree.Given | None, chain: list[tuple[Any, Module]]) -> Mistake:
    if item is not None and len(chain) == MAX_LINKS and all(item is not given for given, _ in chain):
        message = f"net {item.name} is given by another, and that again, more than {MAX_LINKS} times"
        return Mistake("bound-nesting", item.span, message, help="give it by the net at the end of this")
    if item is not None:
        return Mistake("net-cycle", item.span, f"net {item.name} is given by itself")
    last, module = chain[-1]
    span, name = last.base.span, last.base.name
    cure = suggest_at(span, name, [*module.nets, *module.used_nets])
    return Mistake("unknown-net", span, f"there is no net `{name}`", help=cure.help, edits=cure.edits)


def _stated(
    item: tree.NetDefinition | tree.Given | None, settings: Settings, context: Context, variables: Variables
) -> Iterator[Expectation]:
    """What `net NAME = base(...) { expect ... }` states of that net, its inputs apart.

    These are facts of the net as written: what is set from outside makes another net, which they do not hold.
    """
    if not isinstance(item, tree.Given) or item.body is None:
        return
    for statement in item.body.statements:
        if not isinstance(statement, (tree.Expect, tree.InputDeclaration, tree.Broken)):
            context.builder.report.error(
                "misplaced",
                statement.span,
                f"net {item.name} is given by another net: its braces may only hold `input` and `expect`",
                help="write a net with a body of its own, or give parameters to the net it is given by",
            )
        elif isinstance(statement, tree.Expect) and not settings.parameters and not settings.inputs:
            yield Expectation(statement, context, variables)


def _from_outside(parameters: Mapping[str, Any], net: tree.NetDefinition, context: Context) -> Variables:
    """The parameters set from outside; a text is an expression, read with the names of the file."""
    known = [p.name for p in net.parameters]
    result: Variables = {}
    for name, value in parameters.items():
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise Mistake(
                "unknown-parameter",
                net.span,
                f"net {net.name} has no parameter `{name}`",
                help=suggest(name, known) or takes,
            )
        result[name] = _outside_value(name, value, context)
    return result


def _outside_value(name: str, value: Any, context: Context) -> Any:
    if isinstance(value, list):
        return tuple(_outside_value(name, item, context) for item in value)
    if not isinstance(value, str):
        return value
    expression = parse_expression(Source(f"--set {name}", value), context.builder.report)
    return UNKNOWN if expression is None else evaluate(expression, context, {})


def _with_defaults(net: tree.NetDefinition, bound: Variables, context: Context) -> Variables:
    variables: Variables = {}
    for parameter in net.parameters:
        if parameter.name in bound:
            variables[parameter.name] = bound[parameter.name]
        elif parameter.default is not None:
            variables[parameter.name] = evaluate(parameter.default, context, variables)
        else:
            raise Mistake(
                "net-open",
                net.span,
                f"net {net.name} is a family: its parameter `{parameter.name}` has no value",
                help=_family_help(net, context.module, parameter.name),
            )
    return variables


def _family_help(net: tree.NetDefinition, module: Module, parameter: str) -> str:
    nets = [
        name
        for name, item in module.nets.items()
        if isinstance(item, tree.Given) and item.base.name == net.name
    ]
    pick = f"pick one of its nets: {', '.join(nets)}; or " if nets else ""
    return f"{pick}give it with --set {parameter}=..."


def _state_inputs(name: str, module: Module, context: Context, variables: Variables) -> None:
    """Give inputs the shapes that `net NAME = base(...) { input 3x192x192 }` states, the outermost net last.

    What is given from outside comes before. Raises Mistake.
    """
    *chain, _ = _links(name, module)
    builder, stated = context.builder, dict[str, Shape]()
    for given, home in reversed(chain):
        body = given.body if isinstance(given, tree.Given) else None
        seen: set[str] = set()
        for statement in body.statements if body is not None else ():
            if not isinstance(statement, tree.InputDeclaration):
                continue
            called = statement.name or "input"
            if called in seen:
                message = f"the shape of input `{called}` is given twice"
                raise Mistake("argument-twice", statement.span, message, help="leave one of them out")
            seen.add(called)
            shape = shape_of(statement, replace(context, module=home), variables)
            if not has_unknown(shape):
                stated[called] = shape
                builder.stated_inputs[called] = statement.span
    for called in builder.input_shapes:
        builder.stated_inputs.pop(called, None)
    builder.input_shapes = {**stated, **builder.input_shapes}


def _check_inputs(settings: Settings, builder: GraphBuilder) -> None:
    names = [builder.graph.nodes[number].title[0] for number in builder.graph.inputs]
    for name, span in builder.stated_inputs.items():
        if name not in names and names:
            cure = f"its inputs: {', '.join(names)}"
            builder.report.error("unknown-input", span, f"the net has no input `{name}`", help=cure)
    for name in settings.inputs:
        if name not in names and names:
            builder.report.error(
                "unknown-input",
                builder.graph.root.span,
                f"the net has no input `{name}`",
                help=f"its inputs: {', '.join(names)}",
            )
