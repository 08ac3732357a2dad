"""Make the training examples of the default model: clean, decontaminate, hint, and write them as text shards.

In: sources.toml, the data folder, our own corpus. Out, in the work folder:
    pairs.jsonl.xz   {"ar","en","hints":[[ar,en],...],"source","group","weight"}; several
                     variants of each pair of a hinted source
    mono_ar.txt.xz, mono_en.txt.xz   news sentences for language modelling and back-translation
    brief.jsonl.xz   {"prompt","target","kind"} for the briefing task (see briefs.py)
    contrast.jsonl.xz   {"prompt","target","wrong","kind"}: right and wrong sentences (see contrasts.py)
    stats.json       what was read, dropped and why
Left out: tokenisation (train.py does it).
Use: python prepare.py --data ../../../shared/data --out work
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

try:
    import tomllib
except ImportError:
    import tomli as tomllib

import briefs
import contrasts
from cleaning import Evaluation, fault_of, newspaper_spelling
from hints import NameIndex, hint_variants

from khabar_mt.arabic import normalise

HERE = Path(__file__).parent


def read_pairs(path: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    """Yield (Arabic, English, marked entities) of a TSV or JSONL file, compressed or not."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if ".jsonl" in path.name:
                row = json.loads(line)
                yield row["ar"], row["en"], row["entities"]
            else:
                fields = line.rstrip("\n").split("\t")
                if len(fields) >= 2:
                    yield fields[0], fields[1], []


def read_names(path: Path, limit: int, rng: random.Random) -> list[tuple[str, str]]:
    """Name pairs, those attested twice first, then a random sample."""
    twice, once = [], []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            ar, en, _, sources = line.rstrip("\n").split("\t")
            (twice if "|" in sources else once).append((ar, en))
    rng.shuffle(once)
    return (twice + once)[:limit]


def collect(
    config: dict, data: Path, rng: random.Random, stats: dict, evaluation: Evaluation
) -> Iterator[dict]:
    """Yield every training pair of every source, cleaned, with hints."""
    index = NameIndex.read(data / "names/names.tsv.xz", HERE / "../../glossaries/khabar_glossaries/data")
    seen: set[int] = set()
    for name, source in config["pairs"].items():
        paths = sorted(HERE.glob(source["own"])) if "own" in source else [data / source["path"]]
        dropped: Counter[str] = Counter()
        if source["group"] == "names" and "limit" in source:
            rows = [(a, e, []) for a, e in read_names(paths[0], source["limit"], rng)]
        else:
            rows = [row for path in paths for row in read_pairs(path)]
        kept = []
        for ar, en, entities in rows:
            ar, en = normalise(ar), re.sub(r"\s+", " ", en).strip()
            fault = fault_of(ar, en, source["group"]) or evaluation.overlap(ar, en)
            key = hash((ar, en))
            if not fault and key in seen:
                fault = "duplicate"
            if fault:
                dropped[fault] += 1
                continue
            seen.add(key)
            kept.append((ar, en, [[normalise(a), e] for a, e in entities if normalise(a) in ar]))
        stats["pairs"][name] = {"read": len(rows), "kept": len(kept), "dropped": dict(dropped)}
        print(name, len(rows), len(kept), dict(dropped), flush=True)
        yield from variants_of(kept, name, source, index, rng)


def variants_of(kept: list, name: str, source: dict, index: NameIndex, rng: random.Random) -> Iterator[dict]:
    """Hinted, joined and respelt variants of a source's pairs; their weights add up to the source's."""
    group, weight = source["group"], source["weight"]
    if group in ("names", "lexicon", "interface", "docs"):
        for ar, en, _ in kept:
            yield {"ar": ar, "en": en, "hints": [], "source": name, "group": group, "weight": weight}
        return
    n_variants = 4 if group == "news" else 2
    for position, (ar, en, entities) in enumerate(kept):
        entities = entities or index.both_sides(ar, en)
        for variant in range(n_variants):
            src, tgt, hints = ar, en, entities
            # One variant in eight takes the next sentence along: ids follow the articles' order.
            if group == "news" and variant and rng.random() < 0.16 and position + 1 < len(kept):
                following = kept[position + 1]
                src, tgt, hints = f"{ar} {following[0]}", f"{en} {following[1]}", entities + following[2]
            tgt, hints = hint_variants(tgt, hints, index, rng, plain=variant % 2 == 0)
            if rng.random() < 0.12:
                src, hints = newspaper_spelling(src, hints)
            share = weight / n_variants
            yield {"ar": src, "en": tgt, "hints": hints, "source": name, "group": group, "weight": share}


def mono(config: dict, data: Path, arabic: bool, rng: random.Random, evaluation: Evaluation) -> list[str]:
    """Distinct news sentences of 6 to 60 words, shuffled, at most the limit; the first file has the first
    claim.
    """
    lines: dict[str, None] = {}
    for path in config["paths"]:
        with lzma.open(data / path, "rt", encoding="utf-8") as file:
            found = [normalise(line) if arabic else re.sub(r"\s+", " ", line).strip() for line in file]
        found = [line for line in found if 6 <= len(line.split()) <= 60 and good_mono(line, arabic)]
        found = [line for line in found if not evaluation.overlap(*((line, "") if arabic else ("", line)))]
        rng.shuffle(found)
        lines.update(dict.fromkeys(found[: max(0, config["limit"] - len(lines))]))
    result = list(lines)
    rng.shuffle(result)
    return result


def good_mono(line: str, arabic: bool) -> bool:
    """A sentence, not a table, a list of links or shouting."""
    letters = len(re.findall("[\u0621-\u064a]" if arabic else "[a-z]", line))
    if letters < (0.7 if arabic else 0.65) * len(line):
        return False
    return arabic or ((line[0].isupper() or line[0] in "\"'“") and line[-1] in ".?!\"'”")


def write_lines(path: Path, lines: Iterator[str] | list[str]) -> int:
    """Write an xz file; return the number of lines."""
    count = 0
    with lzma.open(path, "wt", encoding="utf-8", preset=6) as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count


def write_dev(out: Path, data: Path) -> None:
    """Development sets as train.py validates on them: plain, and our own with every marked name as a hint."""
    for name in ("flores200_dev", "ud_pud"):
        sides = [
            (data / f"dev/{name}.{side}").read_text(encoding="utf-8").strip().split("\n")
            for side in ("ar", "en")
        ]
        rows = [{"ar": normalise(ar), "en": en} for ar, en in zip(*sides, strict=True)]
        write_lines(out / f"dev_{name}.jsonl.xz", [json.dumps(row, ensure_ascii=False) for row in rows])
    heldout = HERE / "data/heldout.jsonl"
    if heldout.exists():
        rows = [json.loads(line) for line in heldout.read_text(encoding="utf-8").split("\n") if line]
        plain = [{"ar": normalise(row["ar"]), "en": row["en"]} for row in rows]
        hinted = [
            line | {"hints": [[normalise(a), e] for a, e in row["entities"]]}
            for line, row in zip(plain, rows, strict=True)
        ]
        for name, part in (("heldout", plain), ("heldout_hinted", hinted)):
            write_lines(out / f"dev_{name}.jsonl.xz", [json.dumps(row, ensure_ascii=False) for row in part])


def write_stats(out: Path, stats: dict) -> None:
    """Keep what was read and dropped, and show the totals."""
    (out / "stats.json").write_text(json.dumps(stats, ensure_ascii=False, indent=1), encoding="utf-8")
    print(json.dumps({k: v for k, v in stats.items() if k != "pairs"}, ensure_ascii=False, indent=1))


def write_summaries(out: Path, summ: Path, rng: random.Random, stats: dict) -> None:
    """The examples of the briefing task, and pairs of right and wrong sentences."""
    own = HERE.parents[1] / "summarize/training/data"
    for name, maker in (("brief", briefs.examples), ("contrast", contrasts.examples)):
        rows, stats[name] = maker(summ, own, rng)
        write_lines(out / f"{name}.jsonl.xz", [json.dumps(row, ensure_ascii=False) for row in rows])


def main() -> None:
    """Read the command line and write the shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--summaries", action="store_true", help="renew the briefing examples only")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    config = tomllib.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
    rng = random.Random(args.seed)
    if args.summaries:
        stats = json.loads((args.out / "stats.json").read_text(encoding="utf-8"))
        write_summaries(args.out, args.data / "summ", rng, stats)
        write_stats(args.out, stats)
        return
    evaluation = Evaluation.read(config["evaluation"], args.data, HERE)
    stats: dict = {"pairs": {}, "groups": defaultdict(float)}

    def rows() -> Iterator[str]:
        for row in collect(config, args.data, rng, stats, evaluation):
            stats["groups"][row["group"]] += row["weight"] * len(row["en"].split())
            stats["hinted"] = stats.get("hinted", 0) + bool(row["hints"])
            yield json.dumps(row, ensure_ascii=False)

    stats["examples"] = write_lines(args.out / "pairs.jsonl.xz", rows())
    stats["mono_ar"] = write_lines(
        args.out / "mono_ar.txt.xz", mono(config["mono_ar"], args.data, True, rng, evaluation)
    )
    stats["mono_en"] = write_lines(
        args.out / "mono_en.txt.xz", mono(config["mono_en"], args.data, False, rng, evaluation)
    )
    write_dev(args.out, args.data)
    write_summaries(args.out, args.data / "summ", rng, stats)
    write_stats(args.out, stats)


if __name__ == "__main__":
    main()
