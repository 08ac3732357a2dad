"""Follow every term of the term suite: what the model wrote by itself, what was mended, what was reported.

In: a model, the bundled suite of terms. Out: one JSON object on standard output. With `--no-hints` the model
is asked as one that was never trained on hints, like most imported models. The goal there: at least 90 % of
the terms that the model spelt differently are mended or reported, and none is silently wrong. Not here:
scores of whole translations (khabar evaluate --term-modes).

    python benchmarks/bench_terms.py --no-hints --limit 150
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from khabar_core.engines import load_engine
from khabar_core.engines.base import DecodeOptions, Engine, Hypothesis, Request
from khabar_core.records import Article, TermStatus, Translation
from khabar_eval.cases import Case
from khabar_eval.manifest import load_suite
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.folding import fold_key
from khabar_glossaries.glossary import builtin_entries
from khabar_glossaries.inheritance import inherit
from khabar_glossaries.scoring import ExpectedTerm, found_terms
from khabar_mt import Translator
from khabar_mt.arabic import normalise
from khabar_mt.options import TranslateOptions

OUTCOMES = ("at once", "respelt", "decoded again", "reported", "doubted", "silently wrong")


class Recorder:
    """An engine that remembers the first text it wrote for each source."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.first: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        """Pass on, and remember."""
        results = self._engine.generate(requests, options)
        for request, found in zip(requests, results, strict=True):
            self.first.setdefault(request.text, found[0].text)
        return results


def suite_glossary(cases: Sequence[Case]) -> Glossary:
    """The suite's terms as a user's file of two columns would be read."""
    terms = {term.source: term for case in cases for term in case.terms}
    entries = [
        Entry(source=t.source, target=t.target, accepted=t.accepted, layer="suite") for t in terms.values()
    ]
    return Glossary([inherit(entries, builtin_entries())])


def asked_terms(case: Case) -> list[ExpectedTerm]:
    """The terms that a reference holds too, as in `khabar evaluate`."""
    terms = [ExpectedTerm(term.source, (term.target, *term.accepted)) for term in case.terms]
    held = [found_terms(ref, terms) for ref in case.refs]
    return [term for i, term in enumerate(terms) if any(forms[i] for forms in held)]


def outcome(term: ExpectedTerm, translations: Sequence[Translation]) -> str:
    """What became of a term that the model did not write by itself, judged by the hits of its segments."""
    hits = [
        hit
        for translation in translations
        for hit in translation.terms
        if fold_key(hit.source) == fold_key(term.source) or set(term.forms) & {hit.target, *hit.accepted}
    ]
    if any(hit.status is TermStatus.REPAIRED for hit in hits):
        return "respelt"
    if any(hit.found for hit in hits):
        return "decoded again"
    flagged = {flag.kind.value for translation in translations for flag in translation.flags}
    if any(hit.status is TermStatus.VIOLATED for hit in hits) and "term" in flagged:
        return "reported"
    return "doubted" if any(hit.status is TermStatus.AMBIGUOUS for hit in hits) else "silently wrong"


def follow(case: Case, translations: Sequence[Translation], recorder: Recorder) -> list[tuple[str, str]]:
    """(Arabic, outcome) of each term of a segment."""
    raw = " ".join(
        recorder.first.get(" ".join(normalise(t.segment.text).split()), t.text) for t in translations
    )
    final = " ".join(t.text for t in translations)
    terms = asked_terms(case)
    results = []
    for term, at_first, at_last in zip(
        terms, found_terms(raw, terms), found_terms(final, terms), strict=True
    ):
        if at_last is None:
            told = outcome(term, translations)
            # A place that served two names counts for one in `found_terms`.
            results.append((term.source, told if told in OUTCOMES[3:] else "at once"))
        elif at_first is not None:
            results.append((term.source, "at once"))
        else:
            told = outcome(term, translations)
            results.append((term.source, told if told in OUTCOMES[1:3] else "decoded again"))
    return results


def main() -> None:
    """Translate the suite and count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--model", default="default")
    parser.add_argument("--limit", type=int, default=0, help="first segments only; 0 takes all")
    parser.add_argument("--no-hints", action="store_true", help="ask as a model that does not know hints")
    parser.add_argument("--no-ladder", action="store_true", help="one attempt only, with repair")
    options = parser.parse_args()
    cases = load_suite("terms").cases
    cases = cases[: options.limit or len(cases)]
    recorder = Recorder(load_engine(options.model))
    settings = TranslateOptions(hints=not options.no_hints, ladder=not options.no_ladder)
    translator = Translator(recorder, suite_glossary(cases), settings)
    articles = [Article(id=case.id, paragraphs=(case.src,)) for case in cases]
    counts: Counter[str] = Counter()
    left: dict[str, list[str]] = {}
    for case, translated in zip(cases, translator.translate_all(articles), strict=True):
        for source, told in follow(case, translated.translations, recorder):
            counts[told] += 1
            if told in OUTCOMES[3:]:
                left.setdefault(told, []).append(f"{case.id} {source}")
    n_terms = counts.total()
    different = n_terms - counts["at once"]
    n_told = sum(counts[name] for name in OUTCOMES[1:5])
    result = {
        "schema": 1,
        "n_segments": len(cases),
        "n_terms": n_terms,
        "outcomes": {name: counts[name] for name in OUTCOMES},
        "model_alone": round(counts["at once"] / n_terms, 4),
        "term_success": round(sum(counts[name] for name in OUTCOMES[:3]) / n_terms, 4),
        "mended_or_reported": round(n_told / different, 4) if different else None,
        "left": left,
        "signature": str(translator.signature),
    }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
