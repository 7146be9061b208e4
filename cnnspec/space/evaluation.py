"""What a member of a space comes to: the numbers that its conditions compare, and the one that is sought.

A setting is looked at as far as is needed: conditions on parameters alone, then figures that are sums over
layers, for which no net is made; then the net is made, for all other figures.
"""

from __future__ import annotations

from math import inf, nan

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Known, Limits, Mistake, Module, Settings, bound_parameters, elaborate
from cnnspec.elaborate.context import Context, context_of_file
from cnnspec.elaborate.expect import plain
from cnnspec.elaborate.expressions.arithmetic import is_number
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.values import Variables, kind_of
from cnnspec.named_tuples import NamedTuple
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass, field
from cnnspec.space.conditions import holds, variables_of
from cnnspec.space.counting import SUMS, blocks_of, can_be_added_up, new_memory, sums_of
from cnnspec.space.definition import Condition, DesignSpace, Objective
from cnnspec.space.drawing import Setting
from cnnspec.space.members import figures_of, given
from cnnspec.space.rejection import ALWAYS, SpaceMember, key_of
from cnnspec.space.vectorized import column_of
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterable, Mapping

WORDS = frozenset(["output"])
"""The figures that are no numbers."""
EQUAL = 1e-9
"""By how much `<` is not held by two numbers that are equal."""
TINY = 1e-12
"""What parts are taken of where both numbers are 0."""


class Evaluation(NamedTuple):
    """What a setting comes to.

    `value` is what is sought, `numbers` are those of the quantities in their order, empty for what is no
    net; `excess` is by how much conditions are not held, in parts of the larger number: 0 for a member.
    `mistake` is the code of what is wrong with the net.
    """

    setting: Setting
    value: float
    numbers: tuple[float, ...]
    excess: float
    mistake: str = ""

    @property
    def is_member(self) -> bool:
        """Whether it is a net that holds all conditions."""
        return bool(self.numbers) and self.excess == 0


@dataclass(eq=False)
class Evaluator:
    """Evaluates settings of a space, none twice.

    `columns` are its quantities, by the text of what they are: the figures that the objective and conditions
    are worked out from by arithmetic, as `macs` in `macs / params < 90`; else the objective itself, and the
    excess of a condition as a whole.
    """

    space: DesignSpace
    module: Module
    limits: Limits
    objective: Objective
    on_parameters: tuple[Condition, ...] = ()
    on_figures: tuple[Condition, ...] = ()
    columns: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Evaluation] = field(default_factory=dict)
    layers: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        conditions = self.space.conditions
        self.on_parameters = tuple([one for one in conditions if not one.figures])
        self.on_figures = tuple([one for one in conditions if one.figures])
        named = [one.plain | one.of_net for one in (self.objective.condition, *self.on_figures)]
        blocks = tuple(blocks_of(self.space))
        adds_up = set().union(*named) <= SUMS.keys() and can_be_added_up(self.space.net, self.module, blocks)
        self._sums: Known | None = new_memory() if adds_up else None
        self._calls = Known()
        self._fitting: dict[tuple[Any, ...], bool] = {}
        self._quantities: list[tuple[Condition, tree.Expression | None]] = []
        sought = self.objective
        self._add(sought.condition, [sought.expression], sought.expression)
        for condition in self.on_figures:
            self._add(condition, condition.expression.operands, None)

    def _add(
        self, condition: Condition, sides: Iterable[tree.Expression], whole: tree.Expression | None
    ) -> None:
        """Add the quantities of a condition or the objective: its figures, where arithmetic is all there is.

        Else `whole`, or the excess of the condition, for which there is no expression.
        """
        figures = {id(one): one for one in condition.figures if name_of(one).split("(")[0] not in WORDS}
        numbers = {one.name for one in self.space.variables if one.is_number}

        def some(part: tree.Expression) -> float | None:
            known = id(part) in figures or (isinstance(part, tree.Name) and part.name in numbers)
            return 1.0 if known else None

        if all(column_of(side, some) is not None for side in sides):
            parts = [(one.span.text, one) for one in figures.values()]
        else:
            parts = [(condition.text, whole)]
        for text, part in parts:
            if text not in self.columns:
                self.columns[text] = len(self._quantities)
                self._quantities.append((condition, part))

    @property
    def _context(self) -> Context:
        """The place where conditions are evaluated, a new one each time: each has its own steps to spend."""
        return context_of_file(self.module, Report(), self.limits)

    @property
    def needs_nets(self) -> bool:
        """Whether a net is made for each setting, and not added up."""
        return self._sums is None

    def fits(self, setting: Setting) -> bool:
        """Whether the conditions on parameters alone are held, as far as there are such."""
        if not self.on_parameters:
            return True
        key = key_of(setting)
        if key not in self._fitting:
            self._fitting[key] = self._fits(setting)
        return self._fitting[key]

    def _fits(self, setting: Setting) -> bool:
        try:
            parameters = self._parameters(setting, self.on_parameters)
        except Mistake:
            return False
        return all(holds(one, self._context, parameters) for one in self.on_parameters)

    def excess_of_parameters(self, setting: Setting) -> float:
        """By how much the conditions on parameters alone are not held; infinite for what is no net."""
        if not self.on_parameters:
            return 0.0
        try:
            parameters = self._parameters(setting, self.on_parameters)
        except Mistake:
            return inf
        return sum(self._excess(one, parameters) for one in self.on_parameters)

    def _parameters(self, setting: Setting, conditions: tuple[Condition, ...]) -> Variables:
        """What the parameters in some conditions are; bound as the net binds them where not all vary."""
        if all(one.names <= setting.keys() for one in conditions):
            return setting
        return bound_parameters(self.space.net, self._context, given(setting))[2]

    def evaluate(self, setting: Setting) -> Evaluation:
        """What a setting comes to. Raises Mistake where a condition compares what cannot be compared."""
        key = key_of(setting)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._evaluated(setting)
        return found

    def _evaluated(self, setting: Setting) -> Evaluation:
        if self._sums is not None:
            sums = sums_of(self.space.net, self.module, given(setting), self.limits, self._sums)
            if sums is not None:
                asked = (self.objective.condition, *self.space.conditions)
                return self._weighed(setting, self._parameters(setting, asked), sums)
        report = Report()
        net = self.make(setting, report)
        if net is None:
            codes = [one.code for one in report.diagnostics if one.severity == "error"]
            return Evaluation(setting, nan, (), inf, codes[0] if codes else "unknown")
        return self._weighed(setting, dict(net.graph.root.arguments), figures_of(net))

    def make(self, setting: Setting, report: Report) -> Compiled | None:
        """The net of a setting; None where it is none, which is reported."""
        self.made += 1
        settings = Settings(given(setting), {})
        made = elaborate(self.space.net, self.module, settings, report, self.limits, self._calls)
        if made is None or made.graph is None:
            return None
        self.layers = max(self.layers, len(made.graph.nodes))
        return Compiled(made, made.graph)

    def _weighed(self, setting: Setting, parameters: Variables, figures: Mapping[str, Any]) -> Evaluation:
        sought = self.objective
        value = plain(
            evaluate(sought.expression, self._context, variables_of(sought.condition, parameters, figures))
        )
        if not is_number(value):
            message = f"what is sought is a number, this is {kind_of(value)}"
            raise Mistake("type", sought.expression.span, message, help="for example: macs, params / depth")
        excess, numbers = sum(self._excess(one, parameters) for one in self.on_parameters), list[float]()
        for condition in self.on_figures:
            excess += self._excess(condition, variables_of(condition, parameters, figures))
        for condition, part in self._quantities:
            variables = variables_of(condition, parameters, figures)
            number: Any = self._excess(condition, variables)
            if part is not None:
                number = plain(evaluate(part, self._context, variables))
            numbers.append(float(number) if is_number(number) else nan)
        return Evaluation(setting, float(value), tuple(numbers), excess)

    def _excess(self, condition: Condition, variables: Variables) -> float:
        """By how much a condition is not held, in parts of the larger number; 0 where it is held."""
        if holds(condition, self._context, variables):
            return 0.0
        expression = condition.expression
        sides = [plain(evaluate(one, self._context, variables)) for one in expression.operands]
        if not all(map(is_number, sides)):
            return 1.0
        pairs = zip(expression.operators, sides, sides[1:], strict=False)
        return sum(excess_of(symbol, left, right) for symbol, left, right in pairs)

    def member(self, one: Evaluation) -> tuple[SpaceMember, dict[str, float]] | None:
        """A setting that was evaluated, as a net that is made: with its figures, and by which part it misses
        which conditions. None where it is no net.
        """
        net = self.make(one.setting, Report())
        if net is None:
            return None
        sought = self.objective
        parameters, figures = dict(net.graph.root.arguments), figures_of(net)
        told: dict[str, Any] = {name: figures[name] for name in ALWAYS}
        for condition in self.space.conditions:
            variables = variables_of(condition, parameters, figures)
            told |= {name_of(one): evaluate(one, self._context, variables) for one in condition.figures}
        value = evaluate(
            sought.expression, self._context, variables_of(sought.condition, parameters, figures)
        )
        told.setdefault(sought.text.removeprefix("net."), plain(value))
        missed = {
            condition.text: excess
            for condition in self.space.conditions
            if (excess := self._excess(condition, variables_of(condition, parameters, figures)))
        }
        return SpaceMember(1, one.setting, told), missed


def name_of(figure: tree.Expression) -> str:
    """What a figure is told under: `net.depth` is the depth."""
    return figure.span.text.removeprefix("net.")


def excess_of(symbol: str, left: float, right: float) -> float:
    """By how much a comparison is not held, in parts of the larger number; 0 where it is held."""
    if symbol in (">", ">="):
        symbol, left, right = {">": "<", ">=": "<="}[symbol], right, left
    if symbol == "!=":
        return float(left == right)
    over = (left - right) / max(abs(left), abs(right), TINY)
    if symbol == "==":
        return abs(over)
    return max(0.0, over + EQUAL if symbol == "<" and over >= 0 else over)
