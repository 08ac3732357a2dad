"""Score briefs: lead-3, extracts, what the model writes unchecked, and the checked brief.

    python summarize/training/measure_briefs.py SET.jsonl[.xz] [--part held|tune|all] [--limit N]
        [--skip N] [--model default] [--alone] [--max-words 90] [--output FILE.jsonl]
    python summarize/training/measure_briefs.py --sum FILE.jsonl...

In: cited briefs ("sentences", "brief"), or article and summary ("article", "summary", perhaps "split").
`--part held` takes every fifth row of cited briefs, or the split "test" where rows have one. Out: a table:
ROUGE-1/2/L (F1, stemmed; rouge-score), new bigrams against the article, sentences with a number or a name
that the article lacks, words, seconds of processor time; peak memory. The two rates are counted by plain
string search, not by the verifier: a number is a run of digits or a small number in words, a name a
capitalised word inside a sentence. "passed" of "drafted" sentences of the model alone pass the checks by
rule. "written" is the share of the model's sentences in a checked brief, and "written bigrams" the share of
new word pairs in these alone. `--sum` makes one table of several outputs (parts of a set that were run side
by side).
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import lzma
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from khabar_core.engines import load_engine
from khabar_core.engines.base import Engine
from khabar_summarize import BriefOptions, Summarizer, english_article
from khabar_summarize.english import split_sentences
from khabar_summarize.rewriting import plan
from khabar_summarize.selection import fit_window, rank, subheads_over, usable
from khabar_summarize.sources import source_sentences
from khabar_summarize.verify import Verifier
from khabar_summarize.writing import Writer, can_retell, rewrite

_WORD = re.compile(r"[a-z0-9]+")
_SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
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
    lower = article.lower()
    digits = set(re.findall(r"\d+", article))
    digits |= {str(n) for n, word in enumerate(_SMALL, 1) if re.search(rf"\b{word}\b", lower)}
    number = any(run not in digits for run in re.findall(r"\d+", sentence))
    name = any(word.lower().split("-")[0][:5] not in lower for word in _NAME.findall(sentence))
    return number, name


@functools.cache
def _scorer() -> RougeScorer:
    return RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)


def counts(output: str, text: str, reference: str, seconds: float) -> dict[str, Any]:
    """What is counted of one brief."""
    mine, known = bigrams(output), bigrams(text)
    parts = split_sentences(output)
    flags = [unsupported(part, text) for part in parts]
    return {
        "output": output,
        **{name: 100 * score.fmeasure for name, score in _scorer().score(reference, output).items()},
        "new bigrams": len(mine - known) / max(1, len(mine)),
        "sentences": len(parts),
        "numbers": sum(number for number, _ in flags),
        "names": sum(name for _, name in flags),
        "words": len(output.split()),
        "seconds": seconds,
    }


def checked(engine: Engine, row: tuple[str, str, str], max_words: int = 90) -> dict[str, Any]:
    """What is counted of the checked brief of one article."""
    id_, text, reference = row
    start = time.process_time()
    briefing = Summarizer(engine, options=BriefOptions(max_words=max_words)).brief(
        [english_article(text, id_)]
    )
    found = counts(briefing.text, text, reference, time.process_time() - start)
    written = [s.text for s in briefing.sentences if s.mode == "abstractive"]
    mine = bigrams(" ".join(written))
    found["written"] = len(written) / max(1, len(briefing.sentences))
    found["written bigrams"] = len(mine - bigrams(text)) / len(mine) if mine else None
    found["notes"] = list(briefing.notes)
    return found


def measure_article(engine: Engine, row: tuple[str, str, str]) -> dict[str, float]:
    """The numbers among the counts of a checked brief, for a release of the model."""
    found = checked(engine, row)
    return {key: found[key] for key in ("rougeL", "new bigrams", "written")}


def alone(engine: Engine, row: tuple[str, str, str], max_words: int) -> dict[str, Any]:
    """What is counted of the model's own first brief, unchecked: the likeliest wording of every unit, or what
    a model of another kind makes of the whole text.
    """
    id_, text, reference = row
    article = english_article(text, id_)
    sentences = source_sentences([article])
    kept = usable(sentences)
    pool = [sentences[i] for i in kept]
    ranked = rank(pool, range(len(pool)), "", subheads_over(sentences, kept))
    start = time.process_time()
    drafted: list[str] = []
    if can_retell(engine):
        texts = [[pool[i].text for i in unit.shown] for unit in plan(ranked, 6)]
        for wordings in rewrite(engine, texts, 4):
            first = wordings[0][0] if wordings else ""
            if first and len(" ".join([*drafted, first]).split()) <= max_words:
                drafted.append(first)
    else:
        window = fit_window(ranked, engine.count_tokens, int(0.9 * engine.max_input_tokens))
        found = Writer(engine, [r.source.text for r in window], BriefOptions(max_words=max_words)).beam()
        drafted += found[0].sentences if found else ()
    seconds = time.process_time() - start
    verifier = Verifier(pool)
    return {
        **counts(" ".join(drafted), text, reference, seconds),
        "passed": sum(verifier.check(sentence).passed for sentence in drafted),
        "drafted": len(drafted),
    }


def measure(
    engine: Engine | None, row: tuple[str, str, str], max_words: int, also_alone: bool
) -> dict[str, Any]:
    """All systems on one article."""
    id_, text, reference = row
    article = english_article(text, id_)
    lead = " ".join([s.text for s in source_sentences([article])][:3])
    options = BriefOptions(max_words=max_words)
    start = time.process_time()
    extract = Summarizer(options=options).brief([article]).text
    record: dict[str, Any] = {"id": id_, "lead-3": counts(lead, text, reference, 0.0)}
    record["extracts"] = counts(extract, text, reference, time.process_time() - start)
    if engine is not None and also_alone:
        record["model alone"] = alone(engine, row, max_words)
    if engine is not None:
        record["checked"] = checked(engine, row, max_words)
    return record


def table(records: Iterable[dict[str, Any]]) -> str:
    """Means over articles; rates of numbers and names over sentences."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        for system, found in record.items():
            if system != "id":
                rows[system].append(found)
    lines = ["| system | n | R-1 | R-2 | R-L | new bigrams | bad numbers | bad names | words | seconds |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for system, found in rows.items():
        n, n_sents = len(found), sum(f["sentences"] for f in found)
        rouge = " | ".join(f"{sum(f[m] for f in found) / n:.1f}" for m in ("rouge1", "rouge2", "rougeL"))
        bad = [sum(f[what] for f in found) for what in ("numbers", "names")]
        lines.append(
            f"| {system} | {n} | {rouge} | {sum(f['new bigrams'] for f in found) / n:.0%} "
            f"| {bad[0]} of {n_sents} | {bad[1]} of {n_sents} | {sum(f['words'] for f in found) / n:.0f} "
            f"| {sum(f['seconds'] for f in found) / n:.1f} |"
        )
    own = [f for f in rows.get("model alone", []) if "passed" in f]
    if own:
        passed, drafted = (sum(f[what] for f in own) for what in ("passed", "drafted"))
        lines.append("")
        lines.append(f"Of the sentences of the model alone {passed} of {drafted} pass the checks by rule.")
    mixed = rows.get("checked", [])
    if mixed:
        new = [f["written bigrams"] for f in mixed if f["written bigrams"] is not None]
        lines.append("")
        lines.append(
            f"Of the checked sentences {sum(f['written'] for f in mixed) / len(mixed):.0%} are the model's; "
            f"{sum(new) / max(1, len(new)):.0%} of their bigrams are new."
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("set", type=Path, nargs="?")
    parser.add_argument("--sum", type=Path, nargs="*", default=[], help="outputs of other runs")
    parser.add_argument("--part", choices=("held", "tune", "all"), default="held")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--model", default="")
    parser.add_argument("--alone", action="store_true", help="also the model without checks")
    parser.add_argument("--max-words", type=int, default=90)
    parser.add_argument("--output", type=Path, default=None)
    args = parser.parse_args()
    if args.sum:
        records = [
            json.loads(line) for path in args.sum for line in path.read_text("utf-8").split("\n") if line
        ]
        print(table(records))
        return
    engine = load_engine(args.model) if args.model else None
    records = []
    for row in read(args.set, args.part)[args.skip : args.limit and args.skip + args.limit]:
        records.append(measure(engine, row, args.max_words, args.alone))
        if args.output is not None:
            with args.output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[-1], ensure_ascii=False) + "\n")
    print(table(records))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"Peak memory {peak:.0f} MB.")


if __name__ == "__main__":
    main()
