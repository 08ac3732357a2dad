"""Brief files: read, translate what is Arabic, write one brief for each event.

In: sources and how the brief is to be. Out: the briefs and the articles that they cite. Not here: options of
the command line, output files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from khabar.loading import Tools, load_glossary
from khabar_core.errors import InputError
from khabar_core.records import Article, Briefing, TranslatedArticle
from khabar_mt.documents import guess_format, read_document
from khabar_summarize import BriefOptions, Summarizer, english_article

if TYPE_CHECKING:
    from khabar_core.engines import Engine

__all__ = ["BriefJob", "make_briefs", "output_format"]

_ENGLISH_SHARE = 0.5  # of the letters from which a text counts as not Arabic


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefJob:
    """What to brief.

    Attributes:
        sources: paths, or "-".
        translate: whether the sources are Arabic; else they are taken as English.
        input_format: one of `khabar_mt.documents.FORMATS`; None goes by the name.
        encoding: of text formats.
        column: of tables and JSON lines.
    """

    sources: Sequence[str]
    translate: bool
    input_format: str | None = None
    encoding: str = "utf-8"
    column: str | None = None


def make_briefs(
    job: BriefJob,
    options: BriefOptions,
    tools: Tools,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[list[Briefing], list[TranslatedArticle]]:
    """Read, translate if wanted, and brief.

    Raises:
        KhabarError: a source cannot be used, a model is missing, there is nothing to brief.
    """
    from khabar_core.engines import load_engine

    articles = _distinct([_read(source, job) for source in job.sources])
    glossary = load_glossary(tools)
    engine: Engine | None = None
    # An English article needs a model only to be written about; an extract needs none.
    if job.translate or not options.extractive:
        engine = load_engine(tools.model, threads=tools.threads, progress=progress)
    if job.translate and engine is not None:
        from khabar_mt import TranslateOptions, Translator

        settings = TranslateOptions() if tools.beam is None else TranslateOptions(beam_size=tools.beam)
        translator = Translator(engine, glossary=glossary, options=settings)
        translated = [translator.translate(article) for article in articles]
    else:
        translated = [english_article(article) for article in articles]
    summarizer = Summarizer(engine, glossary, options)
    return summarizer.briefs(translated), translated


def _read(source: str, job: BriefJob) -> Article:
    """Read one source: of a web page the article; Arabic where English is expected is refused."""
    format = job.input_format or guess_format(source)
    if format == "html" and job.input_format is None:
        format = "article"
    article = read_document(source, format=format, encoding=job.encoding, column=job.column).article
    if not article.text.strip():
        raise InputError("the article is empty", where=source)
    if not job.translate and _arabic_share(article.text) > _ENGLISH_SHARE:
        raise InputError(
            "the article is Arabic", where=source, hint="use khabar brief, which translates first"
        )
    return article


def _arabic_share(text: str) -> float:
    letters = [c for c in text if c.isalpha()]
    return sum("\u0600" <= c <= "\u06ff" for c in letters) / len(letters) if letters else 0.0


def _distinct(articles: Sequence[Article]) -> list[Article]:
    """Articles with different ids: files of one name in several folders would be cited alike."""
    taken: dict[str, int] = {}
    result = []
    for article in articles:
        count = taken[article.id] = taken.get(article.id, 0) + 1
        result.append(article if count == 1 else replace(article, id=f"{article.id}.{count}"))
    return result


def output_format(format: str | None, output: Path | None) -> str:
    """The format asked for, or the one that the output file's name says."""
    if format is not None:
        return format
    by_name = {".md": "md", ".html": "html", ".htm": "html", ".json": "json", ".jsonl": "json"}
    return by_name.get(output.suffix.lower(), "text") if output is not None else "text"
