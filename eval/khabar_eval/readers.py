"""Read test cases from files in the formats that test sets come in.

In: paths to JSON lines, tab-separated text, TMX, WMT XML, parallel plain text, or the name of a set that
sacrebleu
has already downloaded. Out: tuples of `Case`. Nothing is downloaded. Not here: manifests and bundled suites
(manifest), checks that concern the whole suite (cases).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from khabar_core import textio
from khabar_core.errors import InputError, UsageError
from khabar_eval.cases import Case, Entity

__all__ = [
    "ENTITY_TYPES",
    "read_jsonl",
    "read_lines",
    "read_pairs",
    "read_sacrebleu",
    "read_tmx",
    "read_tsv",
    "read_wmt_xml",
]

ENTITY_TYPES = ("group", "org", "other", "person", "place", "term", "title", "weapon")
_MAX_COLUMNS = 1000
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_lines(path: str | Path, encoding: str = "utf-8") -> list[str]:
    """Read a file as one segment a line.

    Only a line feed ends a line (`\\r` before it is dropped): str.splitlines would also split at U+2028.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        text = textio.read_text(path, encoding)
    except InputError as exc:
        if "--encoding" not in (exc.hint or ""):
            raise
        # Other commands have that option.
        raise InputError(exc.message, where=exc.where, hint="convert it to UTF-8, e.g. with iconv") from exc
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def read_pairs(
    src_path: str | Path,
    ref_paths: Sequence[str | Path],
    docs_path: str | Path | None = None,
    *,
    encoding: str = "utf-8",
) -> tuple[Case, ...]:
    """Read parallel plain text: a source file, one or more reference files, perhaps a file of document ids.

    Raises:
        InputError: the files have different numbers of lines, or a line is empty.
    """
    if not ref_paths:
        raise UsageError("a source file needs at least one reference file", where="--ref")
    src_lines = read_lines(src_path, encoding)
    streams = [read_lines(path, encoding) for path in ref_paths]
    for path, lines in zip(ref_paths, streams, strict=True):
        _same_length(path, len(lines), src_path, len(src_lines))
    docs = read_lines(docs_path, encoding) if docs_path else [""] * len(src_lines)
    if docs_path:
        _same_length(docs_path, len(docs), src_path, len(src_lines))
    cases = []
    for number, (src, doc, *refs) in enumerate(zip(src_lines, docs, *streams, strict=True), start=1):
        for path, text in zip((src_path, *ref_paths), (src, *refs), strict=True):
            if not text.strip():
                raise InputError("the line is empty", where=f"{path}:{number}")
        cases.append(Case(id=str(number), src=src, refs=tuple(refs), doc=doc))
    return tuple(cases)


def read_tsv(
    path: str | Path, columns: Mapping[str, int] | None = None, *, encoding: str = "utf-8"
) -> tuple[Case, ...]:
    """Read tab-separated text without quoting: source, reference, more references.

    Args:
        path: the file.
        columns: number from 1 of "src", "ref", "ref2", "doc", "id", "topic"; None means src 1 and ref 2 and,
            where the first line has more columns, more references.
        encoding: of the file.

    Raises:
        InputError: a line lacks a column.
        UsageError: an unknown column name.
    """
    lines = read_lines(path, encoding)
    width = lines[0].count("\t") + 1
    if columns is None:
        columns = {"src": 1, "ref": 2} | {f"ref{k}": k + 1 for k in range(2, width)}
    _check_columns(columns, str(path))
    cases = []
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if len(cells) < max(columns.values()):
            raise InputError(
                f"{max(columns.values())} columns expected, {len(cells)} found",
                where=f"{path}:{number}",
                hint="separate with tabs",
            )
        row = {key: cells[place - 1] for key, place in columns.items()}
        refs = tuple(row[key] for key in sorted(row) if key.startswith("ref") and row[key].strip())
        cases.append(
            Case(
                id=row.get("id") or str(number),
                src=row.get("src", ""),
                refs=refs,
                doc=row.get("doc", ""),
                topic=row.get("topic", ""),
            )
        )
    return tuple(cases)


def read_jsonl(path: str | Path, *, encoding: str = "utf-8") -> tuple[Case, ...]:
    """Read JSON lines with `src` and `refs` (or `ref`).

    Other keys: id, doc, entities, terms, traps, random, topic, tags.

    Lines with `sentences` and `brief` (a list of {"text", "cites"}) are articles to brief.

    Raises:
        InputError: a line is not an object of that form; the message names line and key.
    """
    cases = []
    for number, row in _json_rows(path, encoding):
        where = f"{path}:{number}"
        if "sentences" in row:
            cases.append(_brief_case(row, number, where))
            continue
        refs = row.get("refs", row.get("ref"))
        refs = [refs] if isinstance(refs, str) else refs
        src = row.get("src")
        if (
            not isinstance(src, str)
            or not isinstance(refs, list)
            or not all(isinstance(r, str) for r in refs)
        ):
            raise InputError('"src" and "refs" expected, text and a list of texts', where=where)
        cases.append(
            Case(
                id=str(row.get("id", number)),
                src=src,
                refs=tuple(refs),
                doc=str(row.get("doc", "")),
                entities=tuple(_entity(item, where) for item in _list(row, "entities", where)),
                topic=str(row.get("topic", "")),
                tags=tuple(str(tag) for tag in _list(row, "tags", where)),
                terms=tuple(_term(item, where) for item in _list(row, "terms", where)),
                traps=tuple(str(word) for word in _list(row, "traps", where)),
                random=tuple(_word(item, where) for item in _list(row, "random", where)),
            )
        )
    return tuple(cases)


def read_tmx(path: str | Path, source: str = "ar", target: str = "en") -> tuple[Case, ...]:
    """Read a translation memory; units without both languages are an error, not skipped.

    Raises:
        InputError: not well-formed, entities or DTDs inside, or a unit lacks a language.
    """
    cases: list[Case] = []
    root = _parse_xml(path)
    for number, unit in enumerate(root.iter("tu"), start=1):
        texts: dict[str, list[str]] = {}
        for variant in unit.iter("tuv"):
            language = (variant.get(_XML_LANG) or variant.get("lang") or "").lower().split("-")[0]
            segment = variant.find("seg")
            if segment is not None:
                texts.setdefault(language, []).append(" ".join("".join(segment.itertext()).split()))
        if source not in texts or target not in texts:
            missing = source if source not in texts else target
            raise InputError(f"unit {number} has no <tuv> in {missing!r}", where=str(path))
        cases.append(
            Case(id=unit.get("tuid") or str(number), src=texts[source][0], refs=tuple(texts[target]))
        )
    return tuple(cases)


def read_wmt_xml(path: str | Path) -> tuple[Case, ...]:
    """Read the XML of WMT 2021 and later: documents with <src>, <ref translator=…> and <seg id=…>.

    Raises:
        InputError: not well-formed, or a reference lacks a segment that the source has.
    """
    cases: list[Case] = []
    for doc in _parse_xml(path).iter("doc"):
        name = doc.get("id") or f"doc{len(cases)}"
        sides = {"src": list(doc.iter("src")), "ref": list(doc.iter("ref"))}
        if not sides["src"] or not sides["ref"]:
            raise InputError(f"document {name!r} has no <src> or no <ref>", where=str(path))
        sources = _wmt_segments(sides["src"][0])
        references = [_wmt_segments(side) for side in sides["ref"]]
        for key, src in sources.items():
            refs = tuple(side[key] for side in references if key in side)
            if len(refs) < len(references):
                raise InputError(f"document {name!r}: a reference lacks segment {key}", where=str(path))
            cases.append(Case(id=f"{name}:{key}", src=src, refs=refs, doc=name))
    return tuple(cases)


def read_sacrebleu(name: str, pair: str = "ar-en") -> tuple[Case, ...]:
    """Read a test set from sacrebleu's cache (`~/.sacrebleu`), if it has been downloaded before.

    Raises:
        UsageError: sacrebleu knows no such set or pair.
        InputError: it is not in the cache; khabar downloads nothing.
    """
    from sacrebleu.dataset import DATASETS  # ~0.1 s, and only this reader needs it

    if name not in DATASETS:
        raise UsageError(f"sacrebleu has no test set {name!r}", hint="see: sacrebleu --list")
    dataset = DATASETS[name]
    if pair not in dataset.langpairs:
        raise UsageError(
            f"sacrebleu's {name} has no pair {pair!r}", hint=", ".join(sorted(dataset.langpairs))
        )
    fields = [f for f in dataset.fieldnames(pair) if f == "src" or f.startswith("ref") or f == "docid"]
    locate: Any = dataset._get_txt_file_path
    paths = {f: Path(locate(pair, f)) for f in fields}
    missing = next((path for path in paths.values() if not path.is_file()), None)
    if missing is not None:
        raise InputError(
            f"sacrebleu's {name}/{pair} is not on this machine",
            where=str(missing),
            hint=f"with a network: sacrebleu -t {name} -l {pair} --echo src > /dev/null",
        )
    return read_pairs(paths["src"], [paths[f] for f in fields if f.startswith("ref")], paths.get("docid"))


def _same_length(path: str | Path, n: int, other: str | Path, n_other: int) -> None:
    if n != n_other:
        raise InputError(
            f"{n} lines, but {other} has {n_other}", where=str(path), hint="lines must be parallel"
        )


def _check_columns(columns: Mapping[str, int], where: str) -> None:
    known = [key for key in columns if key in ("src", "doc", "id", "topic") or key.startswith("ref")]
    unknown = next((key for key in columns if key not in known), None)
    if unknown is not None:
        raise UsageError(
            f"unknown column {unknown!r:.40}", where=where, hint="src, ref, ref2, doc, id, topic"
        )
    if "src" not in columns or not any(key.startswith("ref") for key in columns):
        raise UsageError("columns must name src and ref", where=where)
    for key, place in columns.items():
        if not isinstance(place, int) or isinstance(place, bool) or not 1 <= place <= _MAX_COLUMNS:
            raise UsageError(
                f"column {key} must be a number from 1 to {_MAX_COLUMNS}, got {place!r:.40}", where=where
            )


def _list(row: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """A list of a JSON object; an absent one is empty."""
    value = row.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f'"{key}" must be a list', where=where)
    return value or []


def _json_rows(path: str | Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(read_lines(path, encoding), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as exc:
            raise InputError(f"not JSON: {exc}", where=f"{path}:{number}") from exc
        if not isinstance(row, dict):
            raise InputError("a JSON object expected", where=f"{path}:{number}")
        yield number, row


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _entity(item: object, where: str) -> Entity:
    if not isinstance(item, list) or len(item) not in (3, 4) or not all(isinstance(x, str) for x in item[:3]):
        raise InputError(
            "an entity is [Arabic, English, type] or [Arabic, English, type, [accepted]]", where=where
        )
    source, target, kind = item[:3]
    if kind not in ENTITY_TYPES:
        raise InputError(f"unknown entity type {kind!r}", where=where, hint=", ".join(ENTITY_TYPES))
    accepted = item[3] if len(item) == 4 else []
    if not isinstance(accepted, list) or not all(isinstance(x, str) for x in accepted):
        raise InputError("accepted forms of an entity must be a list of texts", where=where)
    return Entity(source, target, kind, tuple(accepted))


def _term(item: object, where: str) -> Entity:
    if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in ("source", "target")):
        raise InputError('a term is {"source": Arabic, "target": English}', where=where)
    accepted = item.get("accepted") or []
    if not isinstance(accepted, list) or not all(isinstance(x, str) for x in accepted):
        raise InputError("accepted forms of a term must be a list of texts", where=where)
    return Entity(item["source"], item["target"], str(item.get("type", "term")), tuple(accepted))


def _word(item: object, where: str) -> Entity:
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(x, str) and x for x in item):
        raise InputError("a random word is [Arabic, English]", where=where)
    return Entity(item[0], item[1], "term")


def _brief_case(row: dict[str, Any], number: int, where: str) -> Case:
    """An article as one line, `[1] First. [2] Second.`, and the reference brief with its citations."""
    sentences, brief = row["sentences"], row.get("brief")
    if not isinstance(sentences, list) or not all(isinstance(s, str) and s.strip() for s in sentences):
        raise InputError('"sentences" must be a list of texts', where=where)
    if not isinstance(brief, list) or not all(
        isinstance(b, dict) and isinstance(b.get("text"), str) for b in brief
    ):
        raise InputError('"brief" must be a list of {"text", "cites"}', where=where)
    parts = []
    for item in brief:
        cites = item.get("cites")
        if not isinstance(cites, list) or not all(
            isinstance(n, int) and 0 < n <= len(sentences) for n in cites
        ):
            raise InputError(f"cites must be sentence numbers, 1 to {len(sentences)}", where=where)
        parts.append(f"{item['text']} [{','.join(map(str, cites))}]")
    lines = [" ".join(s.split()) for s in sentences]
    return Case(
        id=str(row.get("id", number)),
        src=" ".join(f"[{k}] {line}" for k, line in enumerate(lines, start=1)),
        refs=(" ".join(parts),),
        doc=str(row.get("id", number)),
        topic=str(row.get("topic", "")),
        tags=tuple(str(tag) for tag in _list(row, "tags", where)),
        sentences=tuple(lines),
    )


def _parse_xml(path: str | Path) -> Any:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    data = textio.read_bytes(path)
    try:
        return fromstring(data, forbid_dtd=False)
    except DefusedXmlException as exc:
        raise InputError("the file declares XML entities, which are refused", where=str(path)) from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise InputError(f"not well-formed XML: {exc}", where=str(path)) from exc


def _wmt_segments(side: Any) -> dict[str, str]:
    return {
        seg.get("id") or str(k): (seg.text or "").strip() for k, seg in enumerate(side.iter("seg"), start=1)
    }
