"""How many planted errors does the verifier catch, and how many correct sentences does it refuse?

    python summarize/training/measure_verifier.py SET.jsonl[.xz] [--part held|tune|all] [--seeds 3]
        [--model default] [--skip N] [--limit N] [--claims FILE] [--show KIND]

In: cited briefs, or rewritten sentences (data/rewrites_*.jsonl), which are checked against their own sources
alone. `--part held` takes every fifth article (index % 5 == 0) or every tenth rewritten sentence (index % 10
== 9), which training never sees; `tune` takes the others. With `--model` its second opinion counts too; its
margins were set on the first 18 held-out briefs and the first 9 of the suite, which `--skip` leaves out.
`--claims` adds second wordings and false versions that people wrote for the same briefs
(data/claims_suite.jsonl). Out: a table on standard output.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
from collections import Counter
from pathlib import Path

from check_rewrites import as_article, held_out
from corrupt import KINDS, corruptions

from khabar_core.engines import load_engine
from khabar_summarize.second_opinion import Scorer
from khabar_summarize.sources import SourceSentence
from khabar_summarize.verify import Verdict, Verifier

_BROKEN = re.compile(r"(?:^|[\s(\"“])(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Lt|Col|St|U\.S|[A-Z])\.$")


def rejoin(row: dict) -> dict:
    """Join source sentences that the set has cut after "Sen." or an initial, and move the citations along."""
    sentences: list[str] = []
    moved: list[int] = []
    for text in row["sentences"]:
        if sentences and _BROKEN.search(sentences[-1]):
            sentences[-1] += " " + text
        else:
            sentences.append(text)
        moved.append(len(sentences))
    brief = [
        {**s, "cites": list(dict.fromkeys(moved[number - 1] for number in s["cites"]))} for s in row["brief"]
    ]
    return {**row, "sentences": sentences, "brief": brief}


def read(path: Path, part: str) -> list[dict]:
    """The articles of one part."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    if "sources" in rows[0]:
        rows = [row for i, row in enumerate(rows) if part == "all" or held_out(i) == (part == "held")]
        return [as_article(row) for row in rows]
    rows = [rejoin(row) for row in rows]
    if part == "all":
        return rows
    return [row for i, row in enumerate(rows) if (i % 5 == 0) == (part == "held")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--part", choices=("held", "tune", "all"), default="held")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=None, help="articles of each set")
    parser.add_argument("--model", default="", help="also ask this model for its second opinion")
    parser.add_argument("--skip", type=int, default=0, help="articles at the beginning of each set")
    parser.add_argument("--claims", type=Path, default=None)
    parser.add_argument("--show", default="", help="print missed errors of this kind, or `false` alarms")
    args = parser.parse_args()
    engine = load_engine(args.model) if args.model else None
    planted: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    n_correct, refused = 0, 0
    alarms: Counter[str] = Counter()
    written = claims(args.claims)
    kinds = {*KINDS, "written"}
    end = None if args.limit is None else args.skip + args.limit
    for row in (row for path in args.sets for row in read(path, args.part)[args.skip : end]):
        sources = [
            SourceSentence(id=str(i), text=text, position=i) for i, text in enumerate(row["sentences"], 1)
        ]
        verifier = Verifier(sources)
        for number, sentence in enumerate(row["brief"], 1):
            cites = [number - 1 for number in sentence["cites"]]
            also, wrong = written.get((row["id"], number), ([], []))
            if "wrong" in sentence and not written:
                also, wrong = [sentence["also"]], [sentence["wrong"]]
            for text in (sentence["text"], *also):
                verdict = judge(verifier, text, cites, engine)
                n_correct += 1
                refused += not verdict.passed
                alarms.update(check.name for check in verdict.failures)
                if args.show == "false" and not verdict.passed:
                    show([(c.name, c.detail) for c in verdict.failures], text, sources, verdict)
            errors = [("written", text) for text in wrong]
            for seed in range(args.seeds):
                rng = random.Random(f"{seed} {row['id']} {sentence['text']}")
                errors += [(e.kind, e.text) for e in corruptions(sentence["text"], row["sentences"], rng)]
            for kind, text in dict.fromkeys(errors):
                planted[kind] += 1
                verdict = judge(verifier, text, cites, engine)
                caught[kind] += not verdict.passed
                if args.show == kind and verdict.passed:
                    show(text, sentence["text"], sources, verdict)
    share = refused / max(1, n_correct)
    print(f"correct sentences {n_correct}, refused {refused} ({share:.1%}): {dict(alarms.most_common())}")
    for kind in sorted(kinds):
        if planted[kind]:
            print(f"{kind:10} planted {planted[kind]:5} caught {caught[kind] / planted[kind]:.1%}")
    total = max(1, sum(planted[kind] for kind in KINDS))
    print(f"{'planted':10} planted {total:5} caught {sum(caught[kind] for kind in KINDS) / total:.1%}")


def claims(path: Path | None) -> dict[tuple[str, int], tuple[list[str], list[str]]]:
    """(article, number of the brief sentence) -> correct wordings and false versions."""
    if path is None:
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return {
        (row["id"], row["sentence"]): ([row["also"]], [wrong["text"] for wrong in row["wrong"]])
        for row in rows
    }


def judge(verifier: Verifier, text: str, cites: list[int], engine: object | None) -> Verdict:
    """The verdict by rules, and by the model where the rules pass."""
    verdict = verifier.check(text, cites)
    if (verdict.passed or verdict.doubtful) and isinstance(engine, Scorer):
        return verifier.check_by_model(text, verdict, engine)
    return verdict


def show(first: object, second: str, sources: list[SourceSentence], verdict: Verdict) -> None:
    """Print one case with its sources."""
    print(f"{first}\n  {second}")
    print("  <- " + "\n  <- ".join(sources[i].text for i in verdict.cites))


if __name__ == "__main__":
    main()
