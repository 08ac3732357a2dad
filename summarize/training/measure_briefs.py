"""Score briefs: lead-3, extracts, what the model writes unchecked, and the checked brief.

    python summarize/training/measure_briefs.py SET.jsonl[.xz] [--part held|tune|all] [--limit N]
        [--model default] [--max-words 90] [--output FILE.jsonl]

In: cited briefs ("sentences", "brief"), or article and summary ("article", "summary", perhaps "split").
`--part held` takes every fifth row of cited briefs, or the split "test" where rows have one. Out: a table:
ROUGE-1/2/L (F1, stemmed; rouge-score), new bigrams against the article, sentences with a number or a name
that the article lacks, words, seconds. The two rates are counted by plain string search, not by the
verifier: a number is a run of digits, a name a capitalised word inside a sentence.
"""

from __future__ import annotations

import argparse
import itertools
import json
import lzma
import re
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from khabar_core.engines import load_engine
from khabar_summarize import BriefOptions, Summarizer, english_article
from khabar_summarize.english import split_sentences
from khabar_summarize.selection import usable
from khabar_summarize.sources import source_sentences
from khabar_summarize.writing import Writer

_WORD = re.compile(r"[a-z0-9]+")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?:-[A-Z]?[a-z]+)?")


def read(path: Path, part: str) -> list[tuple[str, str, str]]:
    """(id, article with a sentence a line, reference) of each row."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file if line.strip()]
    if part != "all":
        by_split = any("split" in row for row in rows)
        rows = [
            row
            for i, row in enumerate(rows)
            if ((row.get("split") == "test") if by_split else (i % 5 == 0)) == (part == "held")
        ]
    result = []
    for number, row in enumerate(rows):
        if "sentences" in row:
            text, reference = "\n".join(row["sentences"]), " ".join(s["text"] for s in row["brief"])
        else:
            text, reference = row["article"], row["summary"]
        result.append((str(row.get("id", number)), text, reference))
    return result


def bigrams(text: str) -> set[tuple[str, str]]:
    """Pairs of neighbouring words in lower case."""
    words = _WORD.findall(text.lower())
    return set(itertools.pairwise(words))


def unsupported(sentence: str, article: str) -> tuple[bool, bool]:
    """Whether the sentence has a number, and whether it has a name, that the article does not have."""
    digits = set(re.findall(r"\d+", article))
    lower = article.lower()
    number = any(run not in digits for run in re.findall(r"\d+", sentence))
    name = any(word.lower().split("-")[0][:5] not in lower for word in _NAME.findall(sentence))
    return number, name


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("set", type=Path)
    parser.add_argument("--part", choices=("held", "tune", "all"), default="held")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--model", default="")
    parser.add_argument("--max-words", type=int, default=90)
    parser.add_argument("--output", type=Path, default=None)
    args = parser.parse_args()
    engine = load_engine(args.model) if args.model else None
    options = BriefOptions(max_words=args.max_words)
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    modes: dict[str, int] = defaultdict(int)
    records = []
    for id_, text, reference in read(args.set, args.part)[: args.limit]:
        article = english_article(text, id_)
        sentences = [s.text for s in source_sentences([article])]
        outputs: dict[str, tuple[str, float]] = {"lead-3": (" ".join(sentences[:3]), 0.0)}
        outputs["extractive"] = timed(lambda a=article: Summarizer(options=options).brief([a]).text)
        if engine is not None:
            pool = source_sentences([article])
            shown = [pool[i].text for i in usable(pool)]
            while engine.count_tokens(" ".join(shown)) > 400:
                shown.pop()
            outputs["model alone"] = timed(
                lambda s=shown: " ".join(w.text for w in Writer(engine, s, options).beam()[0].sentences)
            )
            start = time.perf_counter()
            briefing = Summarizer(engine, options=options).brief([article])
            outputs["checked"] = (briefing.text, time.perf_counter() - start)
            for sentence in briefing.sentences:
                modes[sentence.mode] += 1
        known = bigrams(text)
        for system, (output, seconds) in outputs.items():
            scores = scorer.score(reference, output)
            total = totals[system]
            total["n"] += 1
            for metric, score in scores.items():
                total[metric] += 100 * score.fmeasure
            mine = bigrams(output)
            total["new bigrams"] += len(mine - known) / max(1, len(mine))
            parts = split_sentences(output)
            flags = [unsupported(part, text) for part in parts]
            total["sentences"] += len(parts)
            total["numbers"] += sum(number for number, _ in flags)
            total["names"] += sum(name for _, name in flags)
            total["words"] += len(output.split())
            total["seconds"] += seconds
        records.append({"id": id_, **{system: output for system, (output, _) in outputs.items()}})
    for system, t in totals.items():
        n, n_sents = t["n"], max(1.0, t["sentences"])
        print(
            f"{system:12} n {n:.0f}  R1 {t['rouge1'] / n:.1f}"
            f"  R2 {t['rouge2'] / n:.1f}  RL {t['rougeL'] / n:.1f}"
            f"  new bigrams {t['new bigrams'] / n:.0%}  bad numbers {t['numbers'] / n_sents:.1%}"
            f"  bad names {t['names'] / n_sents:.1%}  words {t['words'] / n:.0f}  s {t['seconds'] / n:.1f}"
        )
    if modes:
        print("sentences of the checked briefs:", dict(modes))
    if args.output is not None:
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        args.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def timed(make: Any) -> tuple[str, float]:
    """An output and its seconds."""
    start = time.perf_counter()
    return make(), time.perf_counter() - start


if __name__ == "__main__":
    main()
