"""Examples of the checking task: cited sentences and a claim in, "yes" or "no" out.

In: cited briefs whose sentences have a second correct wording ("also") and a false version ("wrong"), or the
brief sentences alone, and pairs of split and fused sentences. Out: {"prompt","target","kind"} rows, about as
many "no" as "yes". Errors are those that people wrote and those that `summarize/training/corrupt.py` plants.
The prompt is that of the task "verify" in the shipped manifest. Left out: judging (khabar_summarize does it).
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from briefs import read

ROOT = Path(__file__).parents[2]
# One planted error in so many is kept, so that the easy kinds do not crowd out the others.
_KEEP = {"numbers": 0.35, "dates": 0.6, "names": 0.35, "roles": 1.0, "negation": 0.4, "quotes": 0.4}
_MAX_SOURCES = 5


def verify_prompt(sources: Sequence[str], claim: str) -> str:
    """The prompt of the checking task."""
    numbered = "\n".join(f"[{i}] {s}" for i, s in enumerate(sources, 1))
    return f"Sources:\n{numbered}\nClaim: {claim}\nSupported:"


def row_of(sources: Sequence[str], claim: str, supported: bool, kind: str) -> dict:
    """One example."""
    return {"prompt": verify_prompt(sources, claim), "target": "yes" if supported else "no", "kind": kind}


def of_article(row: dict, rng: random.Random) -> Iterator[dict]:
    """All claims about one article with a cited brief."""
    from corrupt import corruptions

    sentences = row["sentences"]
    for part in row["brief"]:
        right = [part["text"], *([part["also"]] if "also" in part else [])]
        for claim in right:
            yield row_of(_shown(part["cites"], sentences, rng), claim, True, "right")
            for error in corruptions(claim, sentences, rng):
                if rng.random() < _KEEP[error.kind]:
                    yield row_of(_shown(part["cites"], sentences, rng), error.text, False, error.kind)
        if "wrong" in part:
            yield row_of(_shown(part["cites"], sentences, rng), part["wrong"], False, "written")
        if rng.random() < 0.15:  # what is taken word for word is right, too
            yield row_of(
                _shown(part["cites"], sentences, rng), sentences[part["cites"][0] - 1], True, "extract"
            )


def _shown(cites: Sequence[int], sentences: Sequence[str], rng: random.Random) -> list[str]:
    """The cited sentences in reading order, half of the time among others of the article."""
    chosen = set(cites)
    if rng.random() < 0.5:
        others = [n for n in range(1, len(sentences) + 1) if n not in chosen]
        rng.shuffle(others)
        chosen |= set(others[: rng.randint(0, max(0, _MAX_SOURCES - len(chosen)))])
    return [sentences[n - 1] for n in sorted(chosen)]


def of_fusions(rows: Sequence[dict], rng: random.Random) -> Iterator[dict]:
    """Claims from sentences that people split in two: the long one is right given the two, or planted."""
    from corrupt import corruptions

    for row in rows:
        claim, parts = _tidy(row["article"]), [_tidy(p) for p in row["summary"].split("\n") if p.strip()]
        if len(parts) < 2 or not 12 <= len(claim.split()) <= 45:
            continue
        yield row_of(parts, claim, True, "fusion")
        errors = list(corruptions(claim, parts, rng))
        if errors:
            error = rng.choice(errors)
            yield row_of(parts, error.text, False, error.kind)


def _tidy(text: str) -> str:
    """Undo the spaces of a tokenised text."""
    text = re.sub(r"``|''", '"', " ".join(text.split()))
    text = re.sub(r" ([.,;:!?)%])", r"\1", re.sub(r"([($]) ", r"\1", text))
    text = re.sub(r"(\d) ?([-–]) ?(?=\d)", r"\1\2", text)
    return re.sub(r"\b(\w+) (n't|'s|'re|'ve|'ll)\b", r"\1\2", text)


def examples(
    summ: Path, own: Path, rng: random.Random, fusions: int = 700
) -> tuple[list[dict], dict[str, int]]:
    """All examples, shuffled, and how many of each kind. Every fifth cited brief is kept out."""
    sys.path.insert(0, str(ROOT / "summarize/training"))
    articles = [row for i, row in enumerate(read(summ / "briefs_cited.jsonl.xz")) if i % 5]
    for path in sorted(own.glob("briefs_*.jsonl")):
        articles += read(path)
    rows = [example for article in articles for example in of_article(article, rng)]
    split = read(summ / "wikisplit.jsonl.xz")
    rng.shuffle(split)
    rows += of_fusions(split[:fusions], rng)
    rows = [row for row in rows if len(row["prompt"].split()) <= 260]
    rng.shuffle(rows)
    return rows, dict(Counter(f"{row['target']} {row['kind']}" for row in rows))
