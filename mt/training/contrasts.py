"""Pairs of a right and a wrong sentence about the same sources, for the task of writing briefs.

In: cited briefs and rewritten sentences that have a second correct wording ("also") and a false version
("wrong"), or brief sentences alone. Out: {"prompt","target","wrong","kind"} rows; the wrong ones were written
by people or planted by `summarize/training/corrupt.py`. Learning to prefer the right one makes the model's
second opinion (khabar_summarize.second_opinion) sharper, which compares just such pairs. Left out: judging.
"""

from __future__ import annotations

import difflib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from briefs import read, rewrites
from corrupt import corruptions  # beside check_rewrites, which briefs has made importable

# One planted error in so many is kept, so that the easy kinds do not crowd out the others.
_KEEP = {"numbers": 0.2, "dates": 0.3, "names": 0.2, "roles": 0.7, "negation": 0.25, "quotes": 0.2}
_MAX_SOURCES = 4
_MAX_WORDS = 190
_LEAST_ALIKE, _MOST_LONGER = 0.8, 3


def of_article(row: dict, rng: random.Random) -> Iterator[dict]:
    """All pairs about one article with a cited brief."""
    sentences = row["sentences"]
    for part in row["brief"]:
        prompt = _prompt(part["cites"], sentences, rng)
        if "wrong" in part and _near(part["text"], part["wrong"]):
            yield {"prompt": prompt, "target": part["text"], "wrong": part["wrong"], "kind": "written"}
        for right in (part["text"], *([part["also"]] if "also" in part else [])):
            for error in corruptions(right, sentences, rng):
                if rng.random() < _KEEP[error.kind]:
                    yield {"prompt": prompt, "target": right, "wrong": error.text, "kind": error.kind}


def _near(right: str, wrong: str) -> bool:
    """Whether they differ in few words: sums of log-probabilities compare nothing else."""
    words = [text.split() for text in (right, wrong)]
    close = difflib.SequenceMatcher(None, *words, autojunk=False).ratio() >= _LEAST_ALIKE
    return close and abs(len(words[0]) - len(words[1])) <= _MOST_LONGER


def _prompt(cites: Sequence[int], sentences: Sequence[str], rng: random.Random) -> str:
    """The cited sentences in reading order, sometimes with another one of the article."""
    chosen = set(cites)
    others = [n for n in range(1, len(sentences) + 1) if n not in chosen]
    if others and len(chosen) < _MAX_SOURCES and rng.random() < 0.3:
        chosen.add(rng.choice(others))
    numbered = "\n".join(f"[{i}] {sentences[n - 1]}" for i, n in enumerate(sorted(chosen), 1))
    return f"Article:\n{numbered}\nBrief:"


def examples(summ: Path, own: Path, rng: random.Random) -> tuple[list[dict], dict[str, int]]:
    """All pairs, shuffled, and how many of each kind. Every fifth cited brief is kept out."""
    articles = [row for i, row in enumerate(read(summ / "briefs_cited.jsonl.xz")) if i % 5]
    for path in sorted(own.glob("briefs_*.jsonl")):
        articles += read(path)
    articles += rewrites(own)
    rows = [pair for article in articles for pair in of_article(article, rng)]
    rows = [row for row in rows if len(row["prompt"].split()) <= _MAX_WORDS]
    rng.shuffle(rows)
    return rows, dict(Counter(row["kind"] for row in rows))
