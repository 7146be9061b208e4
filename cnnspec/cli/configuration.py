"""What `check` reads from `[tool.cnnspec]` of pyproject.toml, and which diagnostics it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.checking import Keeps
from cnnspec.typed import Any

LISTS = ("select", "ignore", "include")
WORDS = {"format": ("text", "concise", "json", "github", "sarif"), "deny": ("warnings",)}


def configure(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
    """Take the defaults of options from a pyproject.toml: the one named, or the nearest that has the table.

    Raises click.UsageError for a file that cannot be read, and for a key or value that there is not.
    """
    if context.resilient_parsing:
        return
    here = Path.cwd()
    nearest = (folder / "pyproject.toml" for folder in (here, *here.parents))
    for found in [path] if path is not None else nearest:
        table = _table(found) if path is not None or found.is_file() else None
        if table is not None:
            context.default_map = _defaults(table, found)
            return


def _table(path: Path) -> dict[str, Any] | None:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("cnnspec")
    except (OSError, ValueError, AttributeError) as error:
        raise click.UsageError(f"cannot read {path}: {error}") from error
    if table is not None and not isinstance(table, dict):
        raise click.UsageError(f"{path}: [tool.cnnspec] must be a table")
    return table


def _defaults(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """The defaults of options, by the names of their parameters."""
    for key, value in table.items():
        if key not in LISTS and key not in WORDS:
            known = ", ".join([*LISTS, *WORDS])
            raise click.UsageError(f"{path}: [tool.cnnspec] has no setting {key!r}; there are {known}")
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if key in LISTS and not is_list:
            raise click.UsageError(f"{path}: {key} must be a list of texts")
        if key in WORDS and value not in WORDS[key]:
            raise click.UsageError(f"{path}: {key} must be one of {', '.join(WORDS[key])}")
    found = {key: tuple(value) if key in LISTS else value for key, value in table.items()}
    if "include" in found:
        found["include"] = tuple(str(path.parent / folder) for folder in found["include"])
    if "format" in found:
        found["form"] = found.pop("format")
    return found


def choosing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --select, --ignore and --config."""
    for option in (
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            is_eager=True,
            expose_value=False,
            callback=configure,
            help="Read [tool.cnnspec] of this file, not of the nearest pyproject.toml.",
        ),
        _codes_option("--ignore", "Leave out these codes; they do not count."),
        _codes_option("--select", "Tell of these codes alone; no other counts."),
    ):
        command = option(command)
    return command


def _codes_option(name: str, said: str) -> Callable[..., Any]:
    return click.option(
        name, multiple=True, metavar="CODES", callback=_codes, shell_complete=complete.codes, help=said
    )


def _codes(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    """The codes of an option, with commas between them. Raises click.BadParameter for one that is unknown."""
    found = [code.strip() for value in values for code in value.split(",") if code.strip()]
    if found:
        from cnnspec.diagnostics.explain import codes
        from cnnspec.elaborate.mistakes.suggest import suggest

        for code in found:
            if code not in codes():
                cure = suggest(code, codes()) or "docs/diagnostics.md lists them"
                raise click.BadParameter(f"there is no code {code!r}; {cure}")
    return frozenset(found)


def keeping(select: frozenset[str], ignore: frozenset[str]) -> Keeps:
    """Whether a diagnostic is asked for."""
    return lambda one: (not select or one.code in select) and one.code not in ignore
