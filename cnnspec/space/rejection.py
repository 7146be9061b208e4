"""Members of a space that hold its conditions, and what became of the others.

    a setting is drawn -> conditions on parameters -> on sums over layers -> the net is made, all figures

What costs most comes last. A setting that comes again is no new member.
"""

from __future__ import annotations

from math import inf

from cnnspec.caching import cached_property
from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import (
    Known,
    Limits,
    Mistake,
    Module,
    Settings,
    bound_parameters,
    elaborate,
    net_parameters,
)
from cnnspec.elaborate.context import context_of_file
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.values import Variables
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass, field
from cnnspec.space.bounds import Bounds, known_bounds, narrowed
from cnnspec.space.conditions import holds, variables_of
from cnnspec.space.counting import (
    CEILINGS,
    SUMS,
    blocks_of,
    can_be_added_up,
    loses_no_layer,
    new_memory,
    sums_of,
)
from cnnspec.space.definition import Condition, DesignSpace, written
from cnnspec.space.drawing import Setting, settings
from cnnspec.space.members import figures_of, given
from cnnspec.typed import Any, Callable, Iterator, Mapping

ALWAYS = ("params", "macs")
"""The figures that are told of each member, beside those that conditions name."""
MOST_TRIED = 20_000
"""How many nets in a row may be added up or made without a new member."""
TOLD_EVERY = 100
"""After how many settings it is told how far it is."""
MOST_DRAWN = 50
"""How many settings may be drawn for each of these."""
AGAIN = "drawn before"
"""What is said of a setting that came before."""
FEW = 200_000
"""Of how many settings those that were drawn are remembered, so that none is tried twice."""


@dataclass(frozen=True)
class SpaceMember:
    """A net of a space: its parameters that vary, and its figures by the text of a condition."""

    number: int
    parameters: Mapping[str, Any]
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """Members of a space, in the order in which they were drawn.

    `drawn` counts all settings, `rejected` those that became no members, by the condition that they do not
    hold, the mistake that their net has, or as drawn before; `exhausted` says that no others are left.
    """

    space: DesignSpace
    seed: int
    asked: int
    members: tuple[SpaceMember, ...]
    drawn: int
    rejected: Mapping[str, int]
    exhausted: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether there are as many members as were asked for."""
        return len(self.members) == self.asked


@dataclass(eq=False)
class Sampler:
    """Draws members of a space. `tries` is how many nets in a row may be no members before it ends.

    `watch` is told now and then how many members there are, of how many settings drawn.
    """

    space: DesignSpace
    module: Module
    limits: Limits
    tries: int = MOST_TRIED
    watch: Callable[[int, int], None] | None = None
    rejected: dict[str, int] = field(default_factory=dict)
    drawn: int = 0
    exhausted: bool = False

    def members(self, seed: int) -> Iterator[SpaceMember]:
        """Members without end, or until there are none left, or too many nets in a row were none.

        Raises Mistake where a condition compares what cannot be compared.
        """
        seen: set[tuple[Any, ...]] = set()
        total, number, built, since = self.space.count, 0, 0, 0
        for setting in settings(self.space, seed):
            if built > self.tries or since > MOST_DRAWN * self.tries:
                return
            self.drawn, since = self.drawn + 1, since + 1
            if self.watch is not None and self.drawn % TOLD_EVERY == 0:
                self.watch(number, self.drawn)
            key = key_of(setting)
            if key in seen:
                self._reject(AGAIN)
                continue
            if total is not None and total <= FEW:
                seen.add(key)
                self.exhausted = len(seen) == total
            if self._hold(setting, self._conditions[0]):
                built += 1
                figures = self._figures(setting)
                if figures is not None:
                    seen.add(key)
                    number, built, since = number + 1, 0, 0
                    yield SpaceMember(number, setting, figures)
            if self.exhausted:
                return

    def figures(self, setting: Setting) -> dict[str, Any] | None:
        """The figures of a setting that is a member; None where it is none, which is counted.

        Raises Mistake where a condition compares what cannot be compared.
        """
        return self._figures(setting) if self._hold(setting, self._conditions[0]) else None

    def _figures(self, setting: Setting) -> dict[str, Any] | None:
        """The figures of a setting whose parameters hold the conditions; None where it is no member."""
        _, by_sums, others = self._conditions
        sums = None if self._memory is None else self._sums(setting, self._memory)
        if sums is not None and not self._hold(setting, by_sums, sums):
            return None
        return self._made(setting, (*by_sums, *others))

    @cached_property
    def _conditions(self) -> tuple[list[Condition], list[Condition], list[Condition]]:
        """Those on parameters alone, those on figures that are sums, and all others."""
        found: tuple[list[Condition], list[Condition], list[Condition]] = ([], [], [])
        for condition in self.space.conditions:
            names = condition.plain | condition.of_net
            found[0 if not condition.figures else 1 if names <= SUMS.keys() else 2].append(condition)
        return found

    def _reject(self, reason: str) -> None:
        self.rejected[reason] = self.rejected.get(reason, 0) + 1

    def _hold(
        self, setting: Setting, conditions: list[Condition], figures: Mapping[str, Any] | None = None
    ) -> bool:
        """Whether all of some conditions hold; the first that does not is counted."""
        if not conditions:
            return True
        context = context_of_file(self.module, Report(), self.limits)
        try:
            parameters: Variables = setting
            if any(not condition.names <= setting.keys() for condition in conditions):
                _, _, parameters = bound_parameters(self.space.net, context, given(setting))
        except Mistake as mistake:
            self._reject(f"not a net: {mistake.code}")
            return False
        for condition in conditions:
            known = figures is None or condition.plain | condition.of_net <= figures.keys()
            if known and not holds(condition, context, variables_of(condition, parameters, figures)):
                self._reject(condition.text)
                return False
        return True

    @cached_property
    def _memory(self) -> Known | None:
        """A memory of calls, with what conditions allow figures to come to at most; None where none helps."""
        blocks = tuple(blocks_of(self.space))
        if not self._conditions[1] or not can_be_added_up(self.space.net, self.module, blocks):
            return None
        if not loses_no_layer(self.space.net, self.module, blocks):
            return new_memory()
        known = known_bounds(self.space.variables, net_parameters(self.space.net, self.module))
        for condition in self.space.conditions:
            narrowed(condition.expression, known)
        found = {name: known.get(f"net.{name}") for name in CEILINGS}
        most = {name: one.high for name, one in found.items() if isinstance(one, Bounds) and one.high < inf}
        return new_memory(most)

    def _sums(self, setting: Setting, memory: Known) -> dict[str, int] | None:
        return sums_of(self.space.net, self.module, given(setting), self.limits, memory)

    def _made(self, setting: Setting, conditions: tuple[Condition, ...]) -> dict[str, Any] | None:
        """The figures of a member that is made; None where it is none."""
        report = Report()
        made = elaborate(self.space.net, self.module, Settings(given(setting), {}), report, self.limits)
        if made is None or made.graph is None:
            codes = [one.code for one in report.diagnostics if one.severity == "error"]
            self._reject(f"not a net: {codes[0] if codes else 'unknown'}")
            return None
        net = Compiled(made, made.graph)
        figures = figures_of(net)
        parameters = dict(net.graph.root.arguments)
        context = context_of_file(self.module, report, self.limits)
        found: dict[str, Any] = {name: figures[name] for name in ALWAYS}
        for condition in conditions:
            variables = variables_of(condition, parameters, figures)
            if not holds(condition, context, variables):
                self._reject(condition.text)
                return None
            for figure in condition.figures:
                found[figure.span.text.removeprefix("net.")] = evaluate(figure, context, variables)
        return found


def key_of(setting: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells settings apart: 1 is not true, and not 1.0."""
    return tuple([(value.__class__, value) for value in setting.values()])


def sample(
    space: DesignSpace,
    module: Module,
    limits: Limits,
    count: int,
    seed: int,
    tries: int = MOST_TRIED,
    watch: Callable[[int, int], None] | None = None,
) -> Sample:
    """So many members of a space, or as many as are found. Raises Mistake, for a condition."""
    sampler = Sampler(space, module, limits, tries, watch)
    members: list[SpaceMember] = []
    if count > 0:
        for member in sampler.members(seed):
            members.append(member)
            if len(members) == count:
                break
    rejected = dict(sorted(sampler.rejected.items(), key=lambda pair: -pair[1]))
    return Sample(space, seed, count, tuple(members), sampler.drawn, rejected, sampler.exhausted)


def as_net(member: SpaceMember, space: DesignSpace, name: str) -> str:
    """A member as a line of a spec."""
    given = ", ".join(f"{parameter}={written(value)}" for parameter, value in member.parameters.items())
    return f"net {name} = {space.net}({given})"


def data_of(value: Any) -> Any:
    """A value as data: numbers, texts and lists as they are, blocks as specs write them."""
    if isinstance(value, tuple):
        return [data_of(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else written(value)
