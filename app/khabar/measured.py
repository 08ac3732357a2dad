"""khabar itself as a system that evaluations can run: it translates documents and briefs articles.

In: what the user said about model and glossary. Out: systems for `khabar_eval`. Not here: suites, gates,
reports (evaluating), loading (loading).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from khabar_core.errors import ModelError, UsageError
from khabar_core.records import Article, Signature

if TYPE_CHECKING:
    from khabar.loading import Tools
    from khabar_core.engines import Engine
    from khabar_eval.cases import Suite
    from khabar_eval.hypotheses import Usage
    from khabar_glossaries import Glossary
    from khabar_mt.translator import Translator
    from khabar_summarize import Summarizer

__all__ = [
    "KhabarSystem",
    "describe_matches",
    "read_tools",
    "translate_documents",
]

_NUMBERED = re.compile(r"(?:^| )\[(\d+)\] ")


class KhabarSystem:
    """The translator and the brief writer; loaded once, when first needed.

    Args:
        name: for reports.
        tools: model and glossaries.
        glossary: takes the place of those of `tools`.
        engine: takes the place of the model of `tools`.
    """

    def __init__(
        self, name: str, tools: Tools, glossary: Glossary | None = None, engine: Engine | None = None
    ) -> None:
        self.name = name
        self._tools = tools
        self._glossary = glossary
        self._engine = engine
        self._translator: Translator | None = None

    @property
    def signature(self) -> Signature:
        """Of the translator, with the brief writer's digest."""
        return self._loaded().signature.with_fields(briefs=self._summarizer().signature.digest)

    @property
    def usage(self) -> Usage:
        """Size and licence of the model."""
        from khabar_core.assets import load_manifest
        from khabar_core.default_model import built_model_path
        from khabar_eval.hypotheses import Usage

        self._loaded()  # builds the default model, before which it has no size
        model = self._tools.model
        try:
            manifest = load_manifest(built_model_path() if model == "default" else model)
        except ModelError:  # the echo engine has no files
            return Usage()
        n_bytes = sum(file.bytes for file in manifest.files.values())
        return Usage(size_mb=round(n_bytes / 1e6, 1), licence=manifest.licence)

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """Through the very interface that `khabar translate` uses."""
        return translate_documents(self._loaded(), lines, docs)

    def brief(self, articles: Sequence[str]) -> list[str]:
        """Brief English articles such as `[1] First. [2] Second.`, with citations of those numbers."""
        from khabar_summarize import english_article

        summarizer = self._summarizer()
        briefs = []
        for number, text in enumerate(articles, start=1):
            source = Article(id=f"a{number}", paragraphs=tuple(_sentences(text)), language="en")
            article = english_article(source)
            # A sentence may be split further; its citations go back to the line that it stands in.
            line_of = {t.segment.id: t.segment.paragraph + 1 for t in article.translations}
            parts = []
            for sentence in summarizer.brief([article]).sentences:
                cites = dict.fromkeys(line_of[key] for key in sentence.cites)
                parts.append(f"{sentence.text} [{','.join(map(str, cites))}]")
            briefs.append(" ".join(parts))
        return briefs

    def _loaded(self) -> Translator:
        if self._translator is None:
            from khabar.loading import load_engine, load_glossary
            from khabar_mt.options import TranslateOptions
            from khabar_mt.translator import Translator

            options = TranslateOptions()
            if self._tools.beam is not None:
                options = replace(options, beam_size=self._tools.beam)
            if self._glossary is None:
                self._glossary = load_glossary(self._tools)
            self._engine = self._engine or load_engine(self._tools)
            self._translator = Translator(self._engine, glossary=self._glossary, options=options)
        return self._translator

    def _summarizer(self) -> Summarizer:
        from khabar_summarize import Summarizer

        return Summarizer(self._loaded().engine, self._glossary)


def translate_documents(translator: Translator, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
    """Translate lines so that those of one document know of each other, as in an article.

    Lines without a document, or whose document's lines are not adjacent, still come out in their own places.
    """
    by_doc: dict[str, list[int]] = {}
    for place, doc in enumerate(docs):
        # Lines without a document are articles of their own: they have nothing to do with each other.
        by_doc.setdefault(doc or f"\n{place}", []).append(place)
    # A line break inside a source would be a paragraph more.
    articles = [
        Article(id=f"{doc.strip()}#{k}", paragraphs=tuple(" ".join(lines[p].split("\n")) for p in places))
        for k, (doc, places) in enumerate(by_doc.items())
    ]
    outputs = [""] * len(lines)
    for places, translated in zip(by_doc.values(), translator.translate_all(articles), strict=True):
        for place, text in zip(places, translated.paragraphs, strict=True):
            outputs[place] = text
    return outputs


def describe_matches(suite: Suite, tools: Tools) -> str:
    """How well the glossary finds the terms of a suite and leaves its trap words alone, in one sentence."""
    from khabar.loading import load_glossary
    from khabar_glossaries.scoring import false_fires

    glossary = load_glossary(tools)
    known = [[t for t in case.terms if glossary.lookup(t.source)] for case in suite.cases]
    found = fired = 0
    for case, terms in zip(suite.cases, known, strict=True):
        matches = glossary.find(case.src)
        sources = {match.entry.source for match in matches if not match.ambiguous}
        found += sum(
            (entry := glossary.lookup(t.source)) is not None and entry.source in sources for t in terms
        )
        fired += len(false_fires(case.src, case.traps, matches))
    n_known = sum(map(len, known))
    n_traps = sum(len(case.traps) for case in suite.cases)
    return (
        f"Glossary on {suite.name}: {found} of {n_known} occurrences of its terms found, "
        f"{fired} of {n_traps} trap words taken for a name."
    )


def read_tools(spec: str, tools: Tools) -> Tools:
    """Read `MODEL;glossary=FILE;builtin=no;beam=1` over the options of the command line.

    Raises:
        UsageError: an unknown option or value.
    """
    model, *options = spec.split(";")
    tools = replace(tools, model=model or tools.model)
    for option in options:
        key, _, value = option.partition("=")
        if key == "glossary" and value:
            tools = replace(tools, glossaries=(*tools.glossaries, Path(value)))
        elif key == "builtin" and value in ("yes", "no"):
            tools = replace(tools, builtin=value == "yes")
        elif key == "beam" and value.isdecimal():
            tools = replace(tools, beam=int(value))
        elif key == "threads" and value.isdecimal():
            tools = replace(tools, threads=int(value))
        else:
            raise UsageError(
                f"unknown option {option!r}",
                where=spec,
                hint="glossary=FILE, builtin=yes|no, beam=N, threads=N",
            )
    return tools


def _sentences(text: str) -> list[str]:
    """The sentences of a numbered article; a text without numbers is one sentence."""
    parts = _NUMBERED.split(text)
    return [part.strip() for part in parts[2::2]] if len(parts) > 2 else [text]
