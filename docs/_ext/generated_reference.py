"""Write the reference pages that have one definition in the package: tables, metrics, scenario keys, commands, API.

At the start of a build each page's body is written to ``docs/_generated/`` and included by the page of
the same name in ``docs/reference/``, so no reference can disagree with the code.
"""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from typer.main import get_command
from written_pages import write

import georep_sim
from georep_sim.cli.app import build
from georep_sim.measures.catalog import catalog
from georep_sim.scenario.describe import json_schema
from georep_sim.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sphinx.application import Sphinx


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    sphinx.connect("builder-inited", _write_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_all(sphinx: Sphinx) -> None:
    pages = {
        "tables": _tables_page,
        "metrics": _metrics_page,
        "scenario": _scenario_page,
        "cli": _cli_page,
        "api": _api_page,
    }
    write(sphinx, pages)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""


def _code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def _tables_page() -> str:
    lines: list[str] = []
    for name, columns in TABLES.items():
        lines += [f"## {name}", ""]
        rows = [(_code(c.name), _code(c.dtype), c.unit, c.meaning) for c in columns]
        lines += _table(("column", "dtype", "unit", "meaning"), rows)
    return "\n".join(lines)


def _metrics_page() -> str:
    rows = [
        (_code(m.name), " ".join(map(_code, m.statistics)), m.unit, m.better, m.definition, m.source) for m in catalog()
    ]
    return "\n".join(_table(("metric", "statistics", "unit", "better", "definition", "source"), rows))


def _scenario_page() -> str:
    schema: dict[str, Any] = json_schema()
    lines = ["## The whole file", "", *_keys(schema)]
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if "properties" in definition:
            lines += [f"## {name}", "", definition.get("description", ""), "", *_keys(definition)]
    return "\n".join(lines)


def _keys(definition: Mapping[str, Any]) -> Iterator[str]:
    required = set(definition.get("required", ()))
    rows = []
    for key, spec in definition.get("properties", {}).items():
        default = json.dumps(spec["default"], ensure_ascii=False) if "default" in spec else ""
        mark = " (must)" if key in required else ""
        rows.append((_code(key) + mark, _type(spec), _code(default), spec.get("description", "")))
    return _table(("key", "type", "default", "meaning"), rows)


def _type(spec: Mapping[str, Any]) -> str:
    """What a key holds, in words: a definition's name, the values of an enumeration, or the JSON type."""
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[-1]
    if "enum" in spec or "const" in spec:
        return " ".join(_code(value) for value in spec.get("enum", [spec.get("const")]))
    for union in ("anyOf", "oneOf"):
        if union in spec:
            return " or ".join(dict.fromkeys(_type(part) for part in spec[union] if part.get("type") != "null"))
    entries = spec.get("additionalProperties", spec.get("items"))
    if isinstance(entries, dict) and entries:
        return f"{spec.get('type', 'object')} of {_type(entries)}"
    return str(spec.get("type", "any"))


def _cli_page() -> str:
    group: Any = get_command(build())
    lines: list[str] = []
    for name, command in sorted(group.commands.items()):
        if not command.hidden:
            inner = getattr(command, "commands", {name: command})
            for one in sorted(inner):
                lines += _command(name if inner[one] is command else f"{name} {one}", inner[one])
    return "\n".join(lines)


def _command(name: str, command: Any) -> Iterator[str]:
    """One section: usage, help, options. `command` is typer's own class, which has no stable name."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = "".join(f" {p.name.upper()}" if p.required else f" [{p.name.upper()}]" for p in arguments)
    yield from (f"## georep {name}", "", f"`georep {name}{usage} [options]`", "", inspect.cleandoc(command.help), "")
    yield from _table(("option", "value", "meaning"), map(_option, options))


def _option(option: Any) -> tuple[str, str, str]:
    value = "" if option.is_flag else option.metavar or option.name.upper()
    return ", ".join(_code(text) for text in (*option.opts, *option.secondary_opts)), _code(value), option.help or ""


def _api_page() -> str:
    lines: list[str] = []
    for name in sorted(georep_sim.__all__):
        if name.startswith("__"):
            continue
        value = getattr(georep_sim, name)
        kind = "module" if inspect.ismodule(value) else "class" if inspect.isclass(value) else "function"
        options = [] if kind == "function" else ["   :members:"]
        lines += [f"## {name}", "", "```{eval-rst}", f".. auto{kind}:: georep_sim.{name}", *options, "```", ""]
    return "\n".join(lines)
