"""The files of a spec: each is read once, with all that it uses; what it defines gets its name."""

from __future__ import annotations

import errno
from os.path import basename, normpath, realpath

from cnnspec.diagnostics.cures import Cure, offer
from cnnspec.diagnostics.report import Edit, Report
from cnnspec.elaborate.context import context_of_file
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.items import unpack
from cnnspec.elaborate.mistakes.suggest import is_sure, nearest
from cnnspec.elaborate.module import STANDARD_LIBRARY, DefinedBlock, Module
from cnnspec.elaborate.values import BUILT_IN, UNKNOWN, Mistake
from cnnspec.files import read_source
from cnnspec.layers.base import REGISTRY
from cnnspec.layers.first_names import is_newer
from cnnspec.limits import Limits
from cnnspec.source import Source, Span
from cnnspec.syntax import Parsed, parse, tree
from cnnspec.typed import TYPE_CHECKING, Callable, Iterable

if TYPE_CHECKING:  # most specs are one file
    from pathlib import Path

MAX_USES = 64
"""How deep files may use each other."""


class Loader:
    """Reads the files that specs use, each once, and finds cycles; `parse` and `read` may know them."""

    def __init__(
        self,
        report: Report,
        limits: Limits,
        include: tuple[Path, ...] = (),
        parse: Callable[[Source], Parsed] = parse,
        read: Callable[[str, str, Report, Limits, Span], Source | None] = read_source,
    ) -> None:
        self.report, self.limits, self._parse, self._read = report, limits, parse, read
        self.include = include
        self._modules: dict[str, Module] = {}
        self._open: list[str] = []

    def load(self, source: Source) -> Module:
        """The module of a source, with all that it uses."""
        parsed = self._parse(source).told(self.report)
        module = Module(parsed.source, parsed.tree, parsed.tokens)
        if source.path is not None:
            self._open.append(realpath(source.path))
        # a value may be a block of the file, wherever that stands
        for item in sorted(module.file.items, key=lambda item: isinstance(item, tree.Let)):
            self._enter(item, module)
        if source.path is not None:
            self._modules[self._open.pop()] = module
        return module

    def _enter(self, item: tree.Item, module: Module) -> None:
        if isinstance(item, tree.Broken):
            module.broken.append(item)
        elif isinstance(item, tree.Use):
            self._use(item, module)
        elif isinstance(item, tree.Let):
            self._let(item, module)
        elif isinstance(item, tree.Definition):
            self._parameters(item)
            if self._claim(item.name, item.span, module):
                module.names[item.name] = DefinedBlock(item.name, item, module)
        elif isinstance(item, tree.Space):
            if self._claim(item.name, item.span, module):
                module.spaces[item.name] = item
        elif self._claim(item.name, item.span, module):
            if isinstance(item, tree.NetDefinition):
                self._parameters(item)
            module.nets[item.name] = item

    def _parameters(self, item: tree.Definition | tree.NetDefinition) -> None:
        """Report a parameter that has the name of another."""
        seen: set[str] = set()
        for parameter in item.parameters:
            if parameter.name in seen:
                message = f"`{item.name}` has two parameters `{parameter.name}`"
                self.report.error("name-taken", parameter.span, message, help="rename or remove one of them")
            seen.add(parameter.name)

    def _let(self, let: tree.Let, module: Module) -> None:
        context = context_of_file(module, self.report, self.limits)
        try:
            bound = unpack(let.names, evaluate(let.value, context, {}), let.span)
        except Mistake as mistake:
            mistake.report(self.report)
            bound = {name.name: UNKNOWN for name in tree.flat_names(let.names)}
        for name in tree.flat_names(let.names):
            if self._claim(name.name, name.span, module):
                module.names[name.name] = bound[name.name]

    def _claim(self, name: str, span: Span, module: Module) -> bool:
        """Whether a name is free for a definition; reports where it is not."""
        if name in BUILT_IN and not is_newer(name):
            what = "layer" if name in REGISTRY else "form"
            self.report.error(
                "name-taken",
                span,
                f"`{name}` is a {what} of the language",
                help=f"choose another name, such as `my_{name}`",
            )
            return False
        everywhere = module.names, module.nets, module.used_nets, module.spaces, module.used_spaces
        if any(name in known for known in everywhere):
            self.report.error(
                "name-taken", span, f"`{name}` is defined twice", help="rename or remove one of them"
            )
            return False
        return True

    def _use(self, use: tree.Use, module: Module) -> None:
        origin = self._origin(use, module)
        if origin is None:
            module.lost |= {name.name for name in use.names}
            return
        module.uses.append((use, origin))
        for name in use.names:
            found = origin.names.get(name.name)
            if found is None and origin.net(name.name)[0] is not None:
                if self._claim(name.name, name.span, module):
                    module.used_nets[name.name] = origin
            elif found is None and origin.space(name.name)[0] is not None:
                if self._claim(name.name, name.span, module):
                    module.used_spaces[name.name] = origin
            elif origin.is_lost(name.name):
                module.lost.add(name.name)
            elif found is None:
                module.lost.add(name.name)
                cure = _renamed(name, [*origin.names, *origin.nets, *origin.spaces], module)
                self.report.error(
                    "use-name",
                    name.span,
                    f"{use.origin} has no block, net or space `{name.name}`",
                    help=cure.help,
                    edits=cure.edits,
                )
            elif self._claim(name.name, name.span, module):
                module.names[name.name] = found

    def _origin(self, use: tree.Use, module: Module) -> Module | None:
        path = self._find(use, module)
        if path is None:
            return None
        if path in self._open:
            cycle = " -> ".join(map(basename, [*self._open[self._open.index(path) :], path]))
            self.report.error("use-cycle", use.span, f"files use each other in a circle: {cycle}")
            return None
        if len(self._open) >= MAX_USES:
            message = f"more than {MAX_USES} files use each other, one within the other"
            self.report.error("bound-nesting", use.span, message)
            return None
        if path not in self._modules:
            source = self._read(path, str(use.origin), self.report, self.limits, use.span)
            if source is None:
                return None
            self._modules[path] = self.load(source)
        return self._modules[path]

    def _find(self, use: tree.Use, module: Module) -> str | None:
        """The file that is meant, without links in its path; reports where there is none."""
        if not use.is_path:
            if use.origin == "std":
                return realpath(STANDARD_LIBRARY)
            self.report.error(
                "use-origin",
                use.span,
                f"there is no library `{use.origin}`",
                help='`use std (...)` is the library; a file is written in quotes: use "blocks.cnn" (...)',
            )
            return None
        from pathlib import Path

        # realpath, for Path.resolve of 3.11 raises where links lead in a circle
        home = Path(realpath(module.source.path)).parent if module.source.path else Path(realpath("."))
        outside = circular = False
        for folder in (home, *(Path(realpath(folder)) for folder in self.include)):
            path = _resolved(folder / use.origin)
            if path is not None and path.is_relative_to(folder):
                return str(path)
            outside = outside or not Path(normpath(folder / use.origin)).is_relative_to(folder)
            outside = outside or path is not None
            circular = circular or _is_circular(folder / use.origin)
        if circular and not outside:
            message = f"the links of `{use.origin}` lead in a circle, and to no file"
            self.report.error("use-origin", use.span, message, help="put a file in its place")
            return None
        self.report.error(
            "use-outside" if outside else "use-origin",
            use.span,
            f"`{use.origin}` lies outside the folder of the spec"
            if outside
            else f"there is no file `{use.origin}` beside the spec",
            help="the library is written without quotes: use std (...)"
            if use.origin == "std"
            else "name a folder to take files from with -I DIR",
        )
        return None


def _renamed(name: tree.Name, known: Iterable[str], module: Module) -> Cure:
    """The cure of a name that a file does not hold: the one near it, wherever the spec writes it."""
    near = nearest(name.name, known)
    if not is_sure(name.name, near):
        return Cure(offer(near))
    places = [token for token in module.tokens if token.kind == "NAME" and token.text == name.name]
    spans = [Span(module.source, token.start, token.end) for token in places]
    return Cure(offer(near), tuple(Edit(span, near[0]) for span in spans))


def _resolved(path: Path) -> Path | None:
    """A file without links in its path; None where there is none."""
    try:
        found = type(path)(realpath(path))
        return found if found.is_file() else None
    except (OSError, ValueError):
        return None


def _is_circular(path: Path) -> bool:
    """Whether a file is a symbolic link that leads back to itself, at once or by others."""
    try:
        realpath(path, strict=True)
    except OSError as error:
        return error.errno == errno.ELOOP
    except ValueError:
        return False
    return False
