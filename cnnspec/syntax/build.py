"""From the parser's reductions to the AST: one method for each rule of cnn.lark that makes a node.

The children of a rule are what its production names, in order: nodes, tokens that carry a text, and words and
signs too where it begins with `!`. Those that take children by their place have the production above them.
"""

from __future__ import annotations

from bisect import bisect_left
from sys import intern

from cnnspec.records import replace
from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.rest import Rest
from cnnspec.syntax.tokens import MAX_DIGITS, Token, number
from cnnspec.typed import Any, Sequence


def _nodes(children: list[Any]) -> tuple[Any, ...]:
    """The children less the tokens between them: commas are kept in some rules and dropped in others."""
    return tuple([child for child in children if not isinstance(child, Token)])


def _start(token: Token) -> int:
    return token.start


def _texts(tokens: list[Token]) -> tuple[str, ...]:
    return tuple([token.text for token in tokens])


class TreeBuilder:
    """Builds the nodes bottom-up while the parser runs, so that no depth of nesting recurses.

    `tokens` are those of the statements, from which a broken one takes its own.
    """

    def __init__(self, source: Source, tokens: Sequence[Token]) -> None:
        self.source, self.tokens = source, tokens

    def _at(self, first: Any, last: Any) -> Span:
        if first is last and not isinstance(first, Token):
            return first.span
        start: Any = first.start if isinstance(first, Token) else first.span.start
        end: Any = last.end if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    def _over(self, children: list[Any]) -> Span:
        return self._at(children[0], children[-1])

    # ---- a file

    def alone(self, children: list[Any]) -> tree.Expression:
        return children[0]

    places = growth = comprehension_if = alone

    def broken(self, children: list[Any]) -> tree.Broken:
        """What is left of a statement, from its stretches and the blocks between them."""
        span = self._over(children)
        rests = [child for child in children if isinstance(child, Rest)]
        blocks: list[tree.Body | tree.Arms] = []
        for child in children:
            blocks += child.blocks if isinstance(child, Rest) else (child,)
        start = bisect_left(self.tokens, span.start, key=_start)
        stop = bisect_left(self.tokens, span.end, start, key=_start)
        tokens = tuple(self.tokens[start:stop])
        first = rests[0]
        kept = (first.label, first.units, first.callee, first.arguments)
        return tree.Broken(tuple(blocks), span, tokens, *kept)

    def start(self, children: list[Any]) -> tree.File:
        return tree.File(tuple(children), Span(self.source, 0, len(self.source.text)))

    # use: "use" (NAME | STRING) "(" NAME ("," NAME)* ","? ")"
    def use(self, children: list[Any]) -> tree.Use:
        origin, *names = children
        is_path = origin.kind == "STRING"
        text = origin.text[1:-1] if is_path else origin.text
        return tree.Use(text, is_path, tuple(map(self._name, names)), self._over(children))

    # !definition: ("def" | "share") NAME parameters? body
    def definition(self, children: list[Any]) -> tree.Definition:
        keyword, name, *parameters, body = children
        given = parameters[0] if parameters else ()
        return tree.Definition(name.text, given, body, keyword.text == "share", self._at(name, name))

    # !net: "net" NAME parameters? body
    def net(self, children: list[Any]) -> tree.NetDefinition:
        _, name, *parameters, body = children
        return tree.NetDefinition(name.text, parameters[0] if parameters else (), body, self._at(name, name))

    # given: "net" NAME "=" NAME arguments? body?
    def given(self, children: list[Any]) -> tree.Given:
        name, base, *rest = children
        body = rest.pop() if rest and isinstance(rest[-1], tree.Body) else None
        given = rest[0][0] if rest else ()
        return tree.Given(name.text, self._name(base), given, body, self._at(name, base))

    # space: "space" NAME "of" NAME space_body
    def space(self, children: list[Any]) -> tree.Space:
        name, base, body = children
        return tree.Space(name.text, self._name(base), body, self._at(name, name))

    # vary: "vary" NAME places? "in" (domain | interval)
    def vary(self, children: list[Any]) -> tree.Vary:
        name, *count, domain = children
        return tree.Vary(self._name(name), (*count, None)[0], domain, self._at(name, domain))

    def domain(self, children: list[Any]) -> tree.Domain:
        return tree.Domain(children[0], None, None, False, self._over(children))

    # interval: expression ".." expression growth? LOG?
    def interval(self, children: list[Any]) -> tree.Domain:
        low, high, *rest = children
        step = next((part for part in rest if not isinstance(part, Token)), None)
        return tree.Domain(low, high, step, isinstance(children[-1], Token), self._over(children))

    def where(self, children: list[Any]) -> tree.Where:
        return tree.Where(_nodes(children), self._over(children))

    def parameters(self, children: list[Any]) -> tuple[tree.ParameterDefinition, ...]:
        return tuple(children)

    # parameter: NAME ("=" expression)?
    def parameter(self, children: list[Any]) -> tree.ParameterDefinition:
        default = children[1] if len(children) > 1 else None
        return tree.ParameterDefinition(children[0].text, default, self._at(children[0], children[0]))

    # ---- statements

    def body(self, children: list[Any]) -> tree.Body:
        return tree.Body(_nodes(children), self._over(children))

    def space_body(self, children: list[Any]) -> tree.SpaceBody:
        return tree.SpaceBody(_nodes(children), self._over(children))

    def arms(self, children: list[Any]) -> tree.Arms:
        return tree.Arms(_nodes(children), self._over(children))

    # !let: "let" names "=" expression
    def let(self, children: list[Any]) -> tree.Let:
        return tree.Let(children[1], children[3], self._over(children))

    # !loop: "for" names "in" expression body
    def loop(self, children: list[Any]) -> tree.Loop:
        return tree.Loop(children[1], children[3], children[4], self._over(children))

    # !branch: "if" expression body ("else" (body | branch))?
    def branch(self, children: list[Any]) -> tree.Branch:
        otherwise = children[4] if len(children) > 3 else None
        return tree.Branch(children[1], children[2], otherwise, self._over(children))

    def labelled(self, children: list[Any]) -> tree.Labelled:
        (label,), statement = children
        return tree.Labelled(label, statement, self._at(label, statement))

    def inner_share(self, children: list[Any]) -> tree.Definition:
        name, *parameters, body = children
        given = parameters[0] if parameters else ()
        return tree.Definition(name.text, given, body, True, self._at(name, name))

    def names(self, children: list[Any]) -> tuple[tree.Target, ...]:
        return tuple([self._name(child) if isinstance(child, Token) else child for child in children])

    def unpacked(self, children: list[Any]) -> tree.Unpacked:
        return tree.Unpacked(children[1], self._over(children))

    # !input: INPUT NAME? shape
    def input(self, children: list[Any]) -> tree.InputDeclaration:
        name = children[1].text if len(children) > 2 else None
        return tree.InputDeclaration(name, children[-1], self._at(children[0], children[-1][-1]))

    def shape(self, children: list[Any]) -> tuple[tree.Expression, ...]:
        return tuple(self._extents(children[0])) if isinstance(children[0], Token) else tuple(children)

    # !section: ("stem" | "body") body
    def section(self, children: list[Any]) -> tree.Section:
        return tree.Section(children[0].text, children[1], self._at(children[0], children[0]))

    # !head: "head" ref? origin? role? body
    def head(self, children: list[Any]) -> tree.Head:
        keyword, *middle, body = children
        name = next((part for part in middle if isinstance(part, tree.Reference)), None)
        source = next((part[0] for part in middle if isinstance(part, tuple)), None)
        return tree.Head(name, source, "training" in middle, body, self._at(keyword, name or keyword))

    def origin(self, children: list[Any]) -> tuple[tree.Reference]:
        return (children[0],)

    def role(self, children: list[Any]) -> str:
        return "training"

    def expect(self, children: list[Any]) -> tree.Expect:
        return tree.Expect(_nodes(children), self._over(children))

    # flow: label? step ("->" step)* mark?
    def flow(self, children: list[Any]) -> tree.Flow:
        label = children[0][0] if isinstance(children[0], tuple) else None
        mark = children[-1] if isinstance(children[-1], tree.Mark) else None
        units = tuple(child for child in children if isinstance(child, tree.Step))
        return tree.Flow(label, units, mark, self._at(label or units[0], mark or units[-1]))

    def conditional(self, children: list[Any]) -> tree.Conditional:
        unit, condition, *otherwise = children
        end = otherwise[0] if otherwise else condition
        return tree.Conditional(unit, condition, otherwise[0] if otherwise else None, self._at(unit, end))

    def label(self, children: list[Any]) -> tuple[tree.Reference]:
        return (children[0],)

    # mark: "=>" (MARK | shape_pattern)
    def mark(self, children: list[Any]) -> tree.Mark:
        token = children[0]
        if not isinstance(token, Token):
            return token
        return tree.Mark(tuple(self._extents(token)), self._at(token, token))

    # shape_pattern: "(" extent ("," extent)* ","? ")"
    def shape_pattern(self, children: list[Any]) -> tree.Mark:
        extents = tuple(None if isinstance(child, Token) else child for child in children)
        return tree.Mark(extents, self._over(children))

    # !unit: (ref arguments? (body | arms)? | body) repeat? | the_input
    def unit(self, children: list[Any]) -> tree.Unit:
        target = arguments = block = repeat = None
        end = children[0]
        for part in children:
            if isinstance(part, tree.Reference):
                target = end = part
            elif isinstance(part, (tree.Body, tree.Arms)):
                block = part
            elif part[1] is None:
                repeat = part[0]
            else:
                arguments, end = part
        start = target or children[0]
        return tree.Unit(target, arguments, block, repeat, self._at(start, end if target else start))

    def repeat(self, children: list[Any]) -> tuple[tree.Expression, None]:
        return children[0], None

    # ref: NAME indices* member*
    def ref(self, children: list[Any]) -> tree.Reference:
        name, *rest = children
        indices = [part for part in rest if isinstance(part, tuple)]
        members = tuple([part for part in rest if isinstance(part, tree.Member)])
        last = members[-1] if members else indices[-1][1] if indices else name
        span = self._at(name, last)
        return tree.Reference(intern(name.text), tuple([v for v, _ in indices]), span, members)

    def member(self, children: list[Any]) -> tree.Member:
        name, *indices = children
        last = indices[-1][1] if indices else name
        return tree.Member(intern(name.text), tuple([v for v, _ in indices]), self._at(name, last))

    def the_input(self, children: list[Any]) -> tree.Reference:
        return self.ref(children)

    def indices(self, children: list[Any]) -> tuple[tuple[tree.Expression, ...], Token]:
        return _nodes(children), children[-1]

    # !arm: "|" guard* (flow | broken)
    def arm(self, children: list[Any]) -> tree.Arm:
        return tree.Arm(tuple(children[1:-1]), children[-1], self._at(children[0], children[-1]))

    # !guard: "for" names "in" expression ":" _END? | "if" expression ":" _END?
    def guard(self, children: list[Any]) -> tree.Guard:
        names = children[1] if children[0].text == "for" else ()
        value, colon = children[3:5] if names else children[1:3]
        return tree.Guard(names, value, self._at(children[0], colon))

    def arguments(self, children: list[Any]) -> tuple[tuple[tree.Argument, ...], Token]:
        return tuple(child for child in children if isinstance(child, tree.Argument)), children[-1]

    # argument: (NAME "=")? expression
    def argument(self, children: list[Any]) -> tree.Argument:
        name = children[0].text if len(children) > 1 else None
        return tree.Argument(name, children[-1], self._over(children))

    # ---- expressions

    # ?choice: disjunction ("if" disjunction "else" disjunction)*
    def choice(self, children: list[Any]) -> tree.Choice:
        values = (*children[0::2],)
        return tree.Choice(values, (*children[1::2],), self._over(children))

    def disjunction(self, children: list[Any]) -> tree.Logic:
        return tree.Logic("or", tuple(children), self._over(children))

    def conjunction(self, children: list[Any]) -> tree.Logic:
        return tree.Logic("and", tuple(children), self._over(children))

    def inverted(self, children: list[Any]) -> tree.Prefix:
        return tree.Prefix(_texts(children[:-1]), children[-1], self._over(children))

    negative = inverted
    negative_operand = inverted

    def comparison(self, children: list[Any]) -> tree.Comparison:
        return tree.Comparison(_texts(children[1::2]), tuple(children[0::2]), self._over(children))

    def total(self, children: list[Any]) -> tree.Arithmetic:
        return tree.Arithmetic(_texts(children[1::2]), tuple(children[0::2]), self._over(children))

    product = total

    # ?power: operand ("**" exponent)*
    def power(self, children: list[Any]) -> tree.Arithmetic:
        return tree.Arithmetic(("**",) * (len(children) - 1), tuple(children), self._over(children))

    # selected: postfix trailer
    def selected(self, children: list[Any]) -> tree.Expression:
        target, (kind, value, end) = children
        span = self._at(target, end)
        if kind == "cut":
            start, stop = value
            return tree.Slicing(target, start, stop, span)
        return {"index": tree.Index, "attribute": tree.Attribute, "call": tree.Call}[kind](
            target, value, span
        )

    def index(self, children: list[Any]) -> tuple[str, Any, Token]:
        if len(children) == 3:
            return "index", children[1], children[-1]
        values = _nodes(children)
        return "index", tree.Listing(values, self._at(values[0], values[-1])), children[-1]

    def cut(self, children: list[Any]) -> tuple[str, Any, Token]:
        colon = next(i for i, child in enumerate(children) if isinstance(child, Token) and child.kind == ":")
        start = children[1] if colon == 2 else None
        stop = children[colon + 1] if colon + 2 < len(children) else None
        return "cut", (start, stop), children[-1]

    # attribute: "." NAME
    def attribute(self, children: list[Any]) -> tuple[str, Any, Token]:
        return "attribute", children[0].text, children[0]

    # !call: "(" (argument ("," argument)* ","?)? ")"
    def call(self, children: list[Any]) -> tuple[str, Any, Token]:
        arguments, end = self.arguments(children)
        return "call", arguments, end

    def number(self, children: list[Any]) -> tree.Literal:
        return tree.Literal(number(children[0].text), self._over(children))

    def dims(self, children: list[Any]) -> tree.Literal:
        sizes = tuple(int(part[:MAX_DIGITS]) for part in children[0].text.split("x"))
        return tree.Literal(sizes, self._over(children))

    def text(self, children: list[Any]) -> tree.Literal:
        return tree.Literal(children[0].text[1:-1], self._over(children))

    def true(self, children: list[Any]) -> tree.Literal:
        return tree.Literal(True, self._over(children))

    def false(self, children: list[Any]) -> tree.Literal:
        return tree.Literal(False, self._over(children))

    def none(self, children: list[Any]) -> tree.Literal:
        return tree.Literal(None, self._over(children))

    def name(self, children: list[Any]) -> tree.Name:
        return self._name(children[0])

    def figure(self, children: list[Any]) -> tree.Figure:
        return tree.Figure(children[2].text, self._over(children))

    def parenthesized(self, children: list[Any]) -> tree.Expression:
        if len(children) == 3:
            return replace(children[1], span=self._over(children))
        return self.listing(children)

    def listing(self, children: list[Any]) -> tree.Listing:
        return tree.Listing(_nodes(children), self._over(children))

    # !comprehension: "[" expression comprehension_for+ "]"
    def comprehension(self, children: list[Any]) -> tree.Comprehension:
        return tree.Comprehension(children[1], tuple(children[2:-1]), self._over(children))

    # comprehension_for: "for" names "in" disjunction comprehension_if*
    def comprehension_for(self, children: list[Any]) -> tree.Clause:
        names, iterable, *conditions = children
        return tree.Clause(names, iterable, tuple(conditions))

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(token.text, self._at(token, token))

    def _extents(self, token: Token) -> list[Any]:
        """The sizes in a token such as 3x224x224, a Literal each; None for `?`."""
        found: list[Any] = []
        start = token.start
        for part in token.text.split("x"):
            span = Span(self.source, start, start + len(part))
            found.append(None if part == "?" else tree.Literal(number(part), span))
            start += len(part) + 1
        return found
