"""Let the model translate news of its training data, so that later training can hold it where it is.

In: the shards of prepare.py, a model that khabar can load. Out: `self.jsonl` in the work folder:
{"n","ar","en","hints"}, half real Arabic news sentences without a translation, half sources of news pairs
with their hints. Only what passes every check of khabar_mt.guards is kept (self-training with filtering; a
mixture with such examples forgets less, as in "learning without forgetting", arXiv:1606.09282). A second call
goes on where the first was stopped.
Use: python self_translate.py --work work --n 2000 [--model NAME]
"""

from __future__ import annotations

import argparse
import itertools
import json
import lzma
import random
from collections.abc import Iterator
from pathlib import Path

from khabar_core.engines import load_engine
from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_mt.guards import Evidence, check

_LEAST_WORDS, _MOST_WORDS = 8, 45
_BLOCK = 64


def sources(work: Path, rng: random.Random) -> Iterator[Request]:
    """For ever: a news sentence without translation, then a source of a news pair with its hints."""
    with lzma.open(work / "mono_ar.txt.xz", "rt", encoding="utf-8") as file:
        alone = [line.strip() for line in file]
    with lzma.open(work / "pairs.jsonl.xz", "rt", encoding="utf-8") as file:
        pairs = [row for row in map(json.loads, file) if row["group"] == "news"]
    requests = [
        [Request(text=text) for text in alone],
        [Request(text=row["ar"], hints=tuple(map(tuple, row["hints"]))) for row in pairs],
    ]
    for part in requests:
        part[:] = [r for r in part if _LEAST_WORDS <= len(r.text.split()) <= _MOST_WORDS]
        rng.shuffle(part)
    for both in zip(*requests, strict=False):
        yield from both


def main() -> None:
    """Read the command line, translate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--n", type=int, default=2000, help="sentences to translate")
    parser.add_argument("--model", default="default")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    engine = load_engine(args.model, threads=args.threads)
    source = sources(args.work, random.Random(args.seed))
    path = args.work / "self.jsonl"
    done = 0
    if path.exists():
        done = max((json.loads(line)["n"] + 1 for line in path.read_text("utf-8").splitlines()), default=0)
    numbered = itertools.islice(enumerate(source), done, args.n)
    with path.open("a", encoding="utf-8") as file:
        while block := list(itertools.islice(numbered, _BLOCK)):
            found = engine.generate([request for _, request in block], DecodeOptions())
            for (number, request), hypotheses in zip(block, found, strict=True):
                if _passes(request, hypotheses[0]):
                    row = {"n": number, "ar": request.text, "en": hypotheses[0].text, "hints": request.hints}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            print(block[-1][0] + 1, "translated", flush=True)


def _passes(request: Request, best: Hypothesis) -> bool:
    evidence = Evidence(
        source=request.text,
        text=best.text,
        logprob_per_token=best.logprob_per_token,
        finished=best.finished,
    )
    return not check(evidence)


if __name__ == "__main__":
    main()
