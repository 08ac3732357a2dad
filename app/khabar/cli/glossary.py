"""`khabar glossary`: check, look into, search, convert, join, mine and build glossaries.

In: glossary files and Arabic text. Out: entries and findings. Not here: the work (khabar_glossaries).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from khabar.cli.output import emit, emit_json, quiet_pipe, save_or_emit, warn
from khabar_core.errors import GlossaryError, UsageError
from khabar_core.textio import read_text

if TYPE_CHECKING:
    from khabar_glossaries import Entry, Glossary
    from khabar_glossaries.matcher import Match

__all__ = ["register"]

BUILTIN = "built-in"

_Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILE", help="Glossaries; none: the built-in one.")
]
_Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; its ending says how.")]
_Format = Annotated[str | None, typer.Option("--format", "-f", help="tsv, csv, json, tbx or tmx.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_Glossaries = Annotated[
    list[Path] | None, typer.Option("--glossary", "-g", help="Glossary file, the most important first.")
]
_Builtin = Annotated[bool, typer.Option("--builtin/--no-builtin", help="Also use the built-in glossary.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Check, search and convert glossaries."
    )
    for name, command in (
        ("lint", lint),
        ("show", show),
        ("find", find),
        ("convert", convert),
        ("merge", merge),
        ("stats", stats),
        ("mine", mine),
        ("build-automatic", build_automatic),
    ):
        group.command(name)(command)
    app.add_typer(group, name="glossary")


def _read(file: str) -> list[Entry]:
    """The entries of a file, or of the built-in glossary."""
    from khabar_glossaries.formats import read_entries
    from khabar_glossaries.glossary import builtin_entries

    return list(builtin_entries()) if file == BUILTIN else read_entries(file)


def _glossary(files: Sequence[Path] | None, builtin: bool) -> Glossary:
    from khabar_glossaries import Glossary

    return Glossary.load(*(files or ()), builtin=builtin)


def _emit_line(text: str) -> None:
    emit(f"{text}\n".encode("utf-8", "replace"))


def lint(files: _Files = None, json: _Json = False) -> None:
    """Check glossaries: conflicts, duplicates, common words, names that never match; exit 5 on errors."""
    from khabar_glossaries.lint import lint as check

    findings = check([_read(file) for file in files or [BUILTIN]])
    with quiet_pipe():
        for finding in findings:
            if json:
                emit_json(dataclasses.asdict(finding))
            else:
                _emit_line(f"{finding.where}: {finding.level}: {finding.message} [{finding.code}]")
    n_errors = sum(finding.level == "error" for finding in findings)
    if n_errors:
        what = f"{n_errors} error{'s' * (n_errors != 1)} in the glossary"
        raise GlossaryError(what, hint="listed above")


def show(
    files: _Files = None,
    search: Annotated[
        str | None, typer.Option("--search", "-s", help="Only entries with this in them.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only entries of this type.")] = None,
    format: _Format = None,
    json: _Json = False,
) -> None:
    """Print entries: Arabic, English, type and note."""
    from khabar_glossaries.formats import format_of, render_entries

    entries = [entry for file in files or [BUILTIN] for entry in _read(file)]
    chosen = [entry for entry in entries if (kind in (None, entry.type)) and _contains(entry, search)]
    with quiet_pipe():
        if format is not None:
            emit(render_entries(chosen, format_of("", format)).encode("utf-8"))
            return
        for entry in chosen:
            if json:
                emit_json(_entry_json(entry))
            else:
                _emit_line("\t".join((entry.source, entry.target, entry.type, entry.note)))


def _contains(entry: Entry, search: str | None) -> bool:
    """Whether a search string stands in one of the entry's forms, spelling habits aside."""
    from khabar_glossaries.english import plain
    from khabar_glossaries.folding import fold_key

    if search is None:
        return True
    arabic, english = fold_key(search), plain(search).casefold()
    return any(arabic in fold_key(surface) for surface in entry.surfaces) or any(
        english in plain(form).casefold() for form in entry.forms
    )


def _entry_json(entry: Entry) -> dict[str, object]:
    from khabar_core.records import to_json

    record: dict[str, object] = to_json(entry)
    return record


def find(
    source: Annotated[str, typer.Argument(metavar="FILE", help="UTF-8 text; - is stdin.")] = "-",
    glossary: _Glossaries = None,
    builtin: _Builtin = True,
    json: _Json = False,
) -> None:
    """Find the names of an Arabic text: line, span, Arabic, English, type, status."""
    text = read_text(source)
    lines = text.split("\n")
    found = _glossary(glossary, builtin).find_all(lines)
    with quiet_pipe():
        for number, matches in enumerate(found, 1):
            for match in matches:
                if json:
                    emit_json(_match_json(number, match))
                else:
                    status = f"ambiguous: {match.reason}" if match.ambiguous else match.reason
                    cells = (str(number), "{}-{}".format(*match.span), match.surface)
                    _emit_line("\t".join((*cells, match.entry.target, match.entry.type, status)).rstrip("\t"))


def _match_json(number: int, match: Match) -> dict[str, object]:
    return {
        "line": number,
        "span_chars": list(match.span),
        "token_span_chars": list(match.token_span),
        "clitics": match.clitics,
        "surface": match.surface,
        "source": match.entry.source,
        "target": match.entry.target,
        "type": match.entry.type,
        "ambiguous": match.ambiguous,
        "reason": match.reason,
        "glossary": match.entry.layer,
    }


def convert(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Glossary to read, or built-in.")],
    output: _Output = None,
    format: _Format = None,
) -> None:
    """Write a glossary in another format."""
    _write(_read(source), output, format)


def _write(entries: Sequence[Entry], output: Path | None, format: str | None) -> None:
    """Write entries to a file, or to standard output."""
    from khabar_glossaries.formats import format_of, render_entries

    if output is None and format is None:
        raise UsageError("which format?", where="--format", hint="or name a file with --output")
    chosen = format_of(output or "", format)
    save_or_emit(render_entries(entries, chosen).encode("utf-8"), output)


def merge(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Glossaries, the most important first.")],
    output: _Output = None,
    format: _Format = None,
) -> None:
    """Join glossaries; where they contradict each other, the first file wins and stderr says so."""
    from khabar_glossaries.merging import merge as join

    entries, conflicts = join([_read(file) for file in files])
    for conflict in conflicts:
        kept, dropped = conflict.kept, conflict.dropped
        message = f"{dropped.source} = {dropped.target} dropped, {kept.layer} has {kept.target}"
        warn(GlossaryError(message, where=f"{dropped.layer}:{dropped.line}"))
    _write(entries, output, format or (None if output else "tsv"))


def stats(files: _Files = None, json: _Json = False) -> None:
    """Count entries by type, spellings, ambiguous names, and rows without a source."""
    from khabar_glossaries.merging import count_entries

    with quiet_pipe():
        for file in files or [BUILTIN]:
            counts = count_entries(_read(file))
            if json:
                emit_json({"file": file, **dataclasses.asdict(counts)})
                continue
            types = ", ".join(f"{number} {kind}" for kind, number in counts.types.items())
            _emit_line(
                f"{file}: {counts.entries} entries ({types}), {counts.keys} Arabic keys, "
                f"{counts.accepted} further English forms, {counts.forbidden} forbidden, "
                f"{counts.ambiguous} ambiguous, {counts.unsourced} without source or date"
            )


def mine(
    source: Annotated[str, typer.Argument(metavar="ARABIC", help="Arabic lines.")],
    translation: Annotated[str, typer.Argument(metavar="ENGLISH", help="Their English, line by line.")],
    glossary: _Glossaries = None,
    builtin: _Builtin = True,
    min_lines: Annotated[int, typer.Option(min=1, help="Lines in which a pair must stand.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="How many to propose at most.")] = None,
    output: _Output = None,
    format: _Format = None,
) -> None:
    """Propose entries from a translated text; read them before you use them."""
    from khabar_glossaries.mine import mine as collect

    src, mt = (read_text(file).rstrip("\n").split("\n") for file in (source, translation))
    known = _glossary(glossary, builtin)
    candidates = collect(src, mt, known=known, min_lines=min_lines, limit=limit)
    _write([candidate.to_entry() for candidate in candidates], output, format or (None if output else "tsv"))


def build_automatic(
    names: Annotated[
        Path, typer.Argument(metavar="NAMES", help="TSV (or .xz): Arabic, English, type, sources.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Glossary file to write.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Entries at most.")] = None,
    min_likeness: Annotated[float, typer.Option(min=0.0, max=1.0, help="In sound, 0 to 1.")] = 0.78,
    date: Annotated[str, typer.Option(help="Of the list, e.g. 2026-11.")] = "",
) -> None:
    """Build a second, larger glossary from a list of name pairs; entries are marked automatic."""
    from khabar_glossaries.automatic import AutomaticOptions, read_pairs
    from khabar_glossaries.automatic import build_automatic as build
    from khabar_glossaries.formats import write_entries

    options = AutomaticOptions(min_likeness=min_likeness, limit=limit, date=date)
    entries = build(read_pairs(names), options=options)
    write_entries(entries, output)
    _emit_line(f"{output}: {len(entries)} entries")
