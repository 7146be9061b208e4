"""Arguments and parameters: which argument of a call goes to which parameter, and what is said of others."""

from __future__ import annotations

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.mistakes.suggest import choose_near, left_out, nearest_parameter
from cnnspec.elaborate.values import Mistake
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Callable, Collection

Note = Callable[[Mistake], None]
"""Takes a mistake that the call goes on after."""


LONGEST_SHOWN = 60
"""How long an argument may be, in characters, that a cure repeats."""
MAX_UNKNOWN = 10
"""A call with as many unknown arguments does not go on."""


def refuse(mistake: Mistake) -> None:
    """The note of a call that does not go on."""
    raise mistake


def match(
    arguments: tuple[tree.Argument, ...],
    names: tuple[str, ...],
    what: str,
    span: Span,
    note: Note = refuse,
    early: Collection[str] = (),
    *,
    is_step: bool = True,
) -> dict[str, tree.Argument]:
    """Which argument goes to which parameter. Raises Mistake for one too many, or given twice.

    One that is unknown is noted and left out, unless its name is nearly that of a parameter: then it is taken
    for that. `early` are parameters that have their values already: those without a name go to the others.
    `is_step` says that the call is a step of a chain.
    """
    if early:
        names = tuple(name for name in names if name not in early)
    found: dict[str, tree.Argument] = {}
    guessed: dict[str, tree.Argument] = {}
    unknown: list[str] = []
    for position, argument in enumerate(arguments):
        if argument.name is None:
            _check_position(arguments, position, names, what, bool(early), span)
            name = names[position]
        elif argument.name in names:
            name = argument.name
        elif argument.name in early:
            message = f"`{argument.name}` is given twice: here, and where `{what}` was given early"
            raise Mistake("argument-twice", argument.span, message, help="leave one of them out")
        else:
            unknown.append(argument.name)
            mistake = _unknown(arguments, position, names, what, span if is_step else None)
            (note if len(unknown) < MAX_UNKNOWN else refuse)(mistake)
            guessed |= dict.fromkeys(nearest_parameter(argument.name, names)[:1], argument)
            continue
        if name in found:
            raise Mistake("argument-twice", argument.span, f"`{name}` is given twice")
        found[name] = argument
    return guessed | found if guessed else found


def _unknown(
    arguments: tuple[tree.Argument, ...], position: int, names: tuple[str, ...], what: str, step: Span | None
) -> Mistake:
    argument = arguments[position]
    cure = _name_cure(arguments, position, names, step)
    message = f"`{what}` has no parameter `{argument.name}`"
    return Mistake("argument-name", argument.span, message, help=cure.help, edits=cure.edits)


def _name_cure(
    arguments: tuple[tree.Argument, ...], position: int, names: tuple[str, ...], step: Span | None
) -> Cure:
    """The cure of an argument whose name is not known: another name, to leave it out, or a layer behind."""
    argument = arguments[position]
    name = argument.name or ""
    why = left_out(name)
    if why:
        if why.endswith("leave it out"):
            return Cure(why, (_without(arguments, position),))
        behind = () if step is None else _behind(argument, step)
        return Cure(why, (_without(arguments, position), *behind) if behind else ())
    near = nearest_parameter(name, names)
    if not near:
        return Cure(f"it takes {', '.join(names)}" if names else "it takes none")
    start = argument.span.start
    cure = choose_near(Span(argument.span.source, start, start + len(name)), name, near)
    is_given = near[0] in {*names[: _positional(arguments)], *(one.name for one in arguments)}
    return Cure(cure.help) if is_given else cure


def _behind(argument: tree.Argument, step: Span) -> tuple[Edit, ...]:
    """The edit that writes a layer, given as an argument, behind the call; none where that is repeated."""
    rest = step.source.text[step.end : step.end + LONGEST_SHOWN].lstrip(" ")
    is_whole = rest[:1] in ("", "\n", "}", ";", "#") or rest.startswith(("->", "=>"))
    if not is_whole or not isinstance(argument.value, tree.Name):
        return ()
    return (Edit(Span(step.source, step.end, step.end), f" -> {argument.value.name}"),)


def _positional(arguments: tuple[tree.Argument, ...]) -> int:
    """How many arguments of a call go by their position."""
    return sum(argument.name is None for argument in arguments)


def _without(arguments: tuple[tree.Argument, ...], position: int) -> Edit:
    """The edit that leaves out an argument, and the comma that divides it from another one."""
    span = arguments[position].span
    if position:
        return Edit(Span(span.source, arguments[position - 1].span.end, span.end), "")
    if len(arguments) > 1:
        return Edit(Span(span.source, span.start, arguments[1].span.start), "")
    return Edit(span, "")


def _check_position(
    arguments: tuple[tree.Argument, ...],
    position: int,
    names: tuple[str, ...],
    what: str,
    more: bool,
    call: Span,
) -> None:
    """Raise Mistake for an argument without a name that no parameter is for."""
    argument = arguments[position]
    if position and arguments[position - 1].name is not None:
        raise Mistake(
            "argument-order",
            argument.span,
            f"in `{what}`, an argument without a name stands after one with a name",
            help="write those without a name first",
        )
    if position >= len(names):
        takes = f"takes {len(names) or 'no'}{' more' * more} argument{'s' * (len(names) != 1)}"
        listed = f": {', '.join(names)}" if names else ""
        cure = Cure() if names else _alone(arguments, what, call)
        raise Mistake(
            "argument-count", argument.span, f"`{what}` {takes}{listed}", help=cure.help, edits=cure.edits
        )


def _alone(arguments: tuple[tree.Argument, ...], what: str, call: Span) -> Cure:
    """The cure for arguments of a block that takes none, of which one may be a layer that should come before.

    It is mechanical where no more than these arguments stands in the call.
    """
    argument, whole = arguments[0], call.text
    text = argument.span.text
    chained = isinstance(argument.value, tree.Call) and len(text) <= LONGEST_SHOWN
    instead = f"{text} -> {what}" if chained else what
    plain = len(arguments) == 1 and whole.startswith(f"{what}(") and whole.endswith(")")
    edits = (Edit(call, instead),) if plain else ()
    return Cure(f"write {instead}" if chained else f"write {what} alone", edits)


def missing(what: str, name: str, span: Span, doc: str = "") -> Mistake:
    """The mistake of a call that leaves out a required argument."""
    about = f" ({doc})" if doc else ""
    return Mistake(
        "argument-missing", span, f"`{what}` needs `{name}`{about}", help=f"write {what}({name}=...)"
    )
