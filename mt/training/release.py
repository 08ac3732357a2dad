"""Measure a new adapter against the one it would replace, and install it only if it is better.

In: bfloat16 shards of train.py, the data folder with the development sets. Out, in --out: `int8/` (what would
ship), the outputs of both models (kept, so that a second call decodes nothing again), `release.json` and
`release.md`: BLEU and chrF2++ with intervals and paired tests on every set, names obeyed from hints alone,
rounding against bfloat16, briefs, size and speed. With --install the package data are replaced, unless the
new adapter is worse somewhere or better nowhere (exit 6).
Use: python release.py --shards work/run/adapter_*.safetensors --data DATA --out runs/NAME [--install]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from export import export

from khabar_core.default_model import PROMPTS, data_folder, ensure_default_model, write_manifest
from khabar_core.engines import load_engine
from khabar_core.engines.base import DecodeOptions, Engine, Request
from khabar_eval.cases import Case
from khabar_eval.metrics import find_metric
from khabar_eval.resampling import Sampling, bootstrap_intervals, compare
from khabar_glossaries import Glossary
from khabar_mt import TranslateOptions, Translator
from khabar_mt.arabic import normalise

HERE = Path(__file__).parent
SETS = ("flores200_dev", "ud_pud", "heldout")
METRICS = ("BLEU", "chrF2++")
MOST_LOST = 0.3  # BLEU and chrF2++ points that a release may lose without counting as worse
SAMPLING = Sampling()


class Model:
    """One of the two models, with the outputs that it has given before."""

    def __init__(self, name: str, folder: Path, kept: Path) -> None:
        self.name, self.folder, self.kept = name, folder, kept
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Loaded when something is to be decoded."""
        if self._engine is None:
            self._engine = load_engine(str(ensure_default_model(data=self.folder)))
        return self._engine

    def outputs(self, what: str, make: Callable[[Engine], Any]) -> Any:
        """What `make` gives for this model; kept in a file."""
        path = self.kept / f"{self.name}.{what}.json"
        if not path.exists():
            path.write_text(json.dumps(make(self.engine), ensure_ascii=False, indent=0), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))


def development_sets(data: Path, limit: int, names: Sequence[str] = SETS) -> dict[str, list[Case]]:
    """The sets to score on, none of which training has seen."""
    sets = {}
    for name in set(names) & {"flores200_dev", "ud_pud"}:
        sides = [
            (data / f"dev/{name}.{side}").read_text(encoding="utf-8").strip().split("\n")
            for side in ("ar", "en")
        ]
        sets[name] = [
            Case(id=str(i), src=ar, refs=(en,))
            for i, (ar, en) in enumerate(zip(*sides, strict=True), 1)
            if i <= limit
        ]
    sets["heldout"] = [Case(id=str(i), src=row["ar"], refs=(row["en"],)) for i, row in enumerate(heldout())]
    return {name: sets[name] for name in names}


def heldout() -> list[dict]:
    """Our own pairs that are never trained on."""
    text = (HERE / "data/heldout.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def translated(cases: Sequence[Case], beam: int) -> Callable[[Engine], list[str]]:
    """Translate as users do, but without a glossary."""

    def make(engine: Engine) -> list[str]:
        translator = Translator(engine, Glossary.empty(), TranslateOptions(beam_size=beam))
        return translator.translate_lines([case.src for case in cases])

    return make


def hinted(engine: Engine) -> list[str]:
    """Our held-out pairs with every marked name as a hint, greedily, nothing repaired."""
    requests = [
        Request(text=normalise(row["ar"]), hints=tuple((normalise(a), e) for a, e in row["entities"]))
        for row in heldout()
    ]
    return [found[0].text for found in engine.generate(requests, DecodeOptions(beam_size=1))]


def plain(lines: Sequence[str]) -> Callable[[Engine], list[str]]:
    """Greedy decoding without anything around it."""

    def make(engine: Engine) -> list[str]:
        requests = [Request(text=normalise(line)) for line in lines]
        return [found[0].text for found in engine.generate(requests, DecodeOptions(beam_size=1))]

    return make


def in_bfloat16(shards: list[Path], base: Path, lines: Sequence[str]) -> list[str]:
    """Greedy outputs of the adapter before rounding, by the training code."""
    from decode import decode_all
    from examples import Encoder, translate_prompt
    from gemma import Base, Gemma
    from safetensors.torch import load_file

    ids = json.loads((data_folder() / "vocab_ids.json").read_text(encoding="utf-8"))
    tensors = {k: v for path in shards for k, v in load_file(path).items()}
    rank = next(v.shape[0] for k, v in tensors.items() if k.endswith(".a"))
    model = Gemma(Base.from_gguf(base, ids), rank)
    model.load_adapter(tensors)
    encoder = Encoder(data_folder() / "tokenizer.json")
    prompts = [encoder.prompt(translate_prompt(normalise(line))) for line in lines]
    return [encoder.text(output) for output in decode_all(model, prompts, encoder.eos, batch=16)]


def brief_measures(articles: int) -> Callable[[Engine], list[dict[str, float]]]:
    """One row for each article of the bundled suite: what measure_briefs.py counts in a checked brief."""
    sys.path.insert(0, str(HERE.parents[1] / "summarize/training"))
    from measure_briefs import measure_article, read

    suite = HERE.parents[1] / "eval/khabar_eval/suites/briefs.jsonl"
    return lambda engine: [measure_article(engine, row) for row in read(suite, "all")[:articles]]


def preferences(engine: Engine) -> list[float]:
    """1 for each pair of the briefs suite of which the model finds the right sentence likelier."""
    sys.path.insert(0, str(HERE.parents[1] / "summarize/training"))
    from claims import of_article

    root = HERE.parents[1]
    suite = (root / "eval/khabar_eval/suites/briefs.jsonl").read_text(encoding="utf-8")
    written = (root / "summarize/training/data/claims_suite.jsonl").read_text(encoding="utf-8")
    wrong = {(row["id"], row["sentence"]): row for row in map(json.loads, written.split("\n")[:-1])}
    found = []
    for article in map(json.loads, filter(None, suite.split("\n"))):
        brief = [
            {**part, "wrong": error["text"]}
            for number, part in enumerate(article["brief"], 1)
            for error in wrong[article["id"], number]["wrong"]
        ]
        for pair in of_article({**article, "brief": brief}, random.Random(article["id"])):
            text = pair["prompt"].removeprefix("Article:\n").removesuffix("\nBrief:")
            request = Request(text=text, task="brief", source_language="en")
            right, other = engine.score(request, [pair["target"], pair["wrong"]])
            found.append(float(right > other))
    return found


def scores(cases: Sequence[Case], new: list[str], old: list[str]) -> list[dict[str, Any]]:
    """Both metrics of both systems, intervals, and the paired tests."""
    metrics = [find_metric(name) for name in METRICS]
    rows = [[metric.statistics(cases, side) for metric in metrics] for side in (new, old)]
    intervals = bootstrap_intervals(metrics, rows[0], SAMPLING)
    return [
        {
            "metric": found.metric,
            "new": round(found.value, 2),
            "interval": interval and [round(x, 2) for x in interval],
            "replaced": round(found.baseline, 2),
            "p": round(found.p_bootstrap, 4),
            "signature": metric.signature,
        }
        for found, interval, metric in zip(
            compare(metrics, rows[0], rows[1], SAMPLING), intervals, metrics, strict=True
        )
    ]


def paired(new: Sequence[float], old: Sequence[float]) -> dict[str, Any]:
    """Two means and the 95 % interval of their difference (bootstrap over rows)."""
    difference = np.asarray(new) - np.asarray(old)
    rng = np.random.default_rng(SAMPLING.seed)
    picks = rng.integers(0, len(difference), (SAMPLING.bootstrap, len(difference)))
    low, high = np.quantile(difference[picks].mean(1), (0.025, 0.975))
    return {
        "new": round(float(np.mean(new)), 4),
        "replaced": round(float(np.mean(old)), 4),
        "difference": [round(float(low), 4), round(float(high), 4)],
    }


def obeyed(outputs: Sequence[str]) -> list[float]:
    """Share of the hinted names that stand in each output."""
    rows = [(row["entities"], text.lower()) for row, text in zip(heldout(), outputs, strict=True)]
    return [sum(e.lower() in text for _, e in names) / len(names) for names, text in rows if names]


def speed(engine: Engine, lines: Sequence[str]) -> float:
    """Output tokens a second, beam 4."""
    start = time.perf_counter()
    found = engine.generate([Request(text=normalise(line)) for line in lines], DecodeOptions())
    return round(sum(h[0].n_tokens for h in found) / (time.perf_counter() - start), 1)


def report(facts: dict[str, Any]) -> str:
    """The facts as Markdown."""
    lines = ["| set | metric | new | 95 % | replaced | p |", "|---|---|--:|--:|--:|--:|"]
    for name, rows in facts["translation"].items():
        for row in rows:
            low, high = row["interval"] or (float("nan"), float("nan"))
            lines.append(
                f"| {name} | {row['metric']} | {row['new']:.2f} | {low:.2f} to {high:.2f} "
                f"| {row['replaced']:.2f} | {row['p']:.4f} |"
            )
    lines += ["", "| measure | new | replaced | 95 % of the difference |", "|---|--:|--:|--:|"]
    for name, row in facts["measures"].items():
        low, high = row["difference"]
        lines.append(f"| {name} | {row['new']:.4g} | {row['replaced']:.4g} | {low:.4g} to {high:.4g} |")
    lines += ["", *(f"* {name}: {value}" for name, value in facts["other"].items()), "", facts["verdict"], ""]
    return "\n".join(lines)


def verdict(facts: dict[str, Any]) -> tuple[bool, str]:
    """Whether the new adapter may replace the old one, and why (not)."""
    rows = [(name, row) for name, found in facts["translation"].items() for row in found]
    worse = [
        f"{name} {row['metric']}"
        for name, row in rows
        if row["p"] < 0.05 and row["new"] < row["replaced"] - MOST_LOST
    ]
    better = [
        f"{name} {row['metric']}" for name, row in rows if row["p"] < 0.05 and row["new"] > row["replaced"]
    ]
    for name, row in facts["measures"].items():
        low, high = row["difference"]
        worse += [name] * (high < 0)
        better += [name] * (low > 0)
    if worse:
        return False, "Not to be released: significantly worse in " + ", ".join(worse) + "."
    if not better:
        return False, "Not to be released: significantly better in nothing."
    return True, "May be released: significantly better in " + ", ".join(better) + "; worse in nothing."


def candidate(args: argparse.Namespace) -> Path:
    """The folder that would ship: rounded adapter, tokenizer, manifest."""
    folder = args.out / "int8"
    folder.mkdir(parents=True, exist_ok=True)
    for path in data_folder().iterdir():
        if path.is_file() and not path.name.startswith("adapter"):
            shutil.copyfile(path, folder / path.name)
    export(args.shards, folder)
    write_manifest(folder, tasks=tuple(args.tasks), prompts=PROMPTS)
    return folder


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything that is measured of both models."""
    new = Model("new", folder, args.out)
    old = Model("replaced", args.replaced or data_folder(), args.out)
    facts: dict[str, Any] = {"translation": {}, "measures": {}, "other": {}}
    for name, cases in development_sets(args.data, args.limit, args.sets).items():
        make = translated(cases, args.beam)
        outputs = [model.outputs(f"{name}.{len(cases)}.beam{args.beam}", make) for model in (new, old)]
        facts["translation"][f"{name} ({len(cases)}, beam {args.beam})"] = scores(cases, *outputs)
        print(name, facts["translation"], flush=True)
    facts["measures"]["names obeyed from hints alone"] = paired(
        *(obeyed(model.outputs("hinted", hinted)) for model in (new, old))
    )
    facts["measures"]["right sentence preferred to a wrong one"] = paired(
        *(model.outputs("preferences", preferences) for model in (new, old))
    )
    if args.briefs:
        rows = [model.outputs(f"briefs.{args.briefs}", brief_measures(args.briefs)) for model in (new, old)]
        for key in ("rougeL", "new bigrams", "written"):
            facts["measures"][f"briefs, {key}"] = paired(*([row[key] for row in side] for side in rows))
    lines = [case.src for case in development_sets(args.data, args.float_lines)["flores200_dev"]]
    if args.base and lines:
        cases = development_sets(args.data, args.float_lines)["flores200_dev"]
        rounded = new.outputs(f"greedy.{len(lines)}", plain(lines))
        exact = new.outputs(f"bfloat16.{len(lines)}", lambda _: in_bfloat16(args.shards, args.base, lines))
        row = scores(cases, rounded, exact)[0]
        facts["other"]["BLEU, int8 against bfloat16, greedy"] = (
            f"{row['new']} against {row['replaced']} ({len(lines)} lines)"
        )
    size = sum(path.stat().st_size for path in folder.glob("adapter_*"))
    facts["other"]["bytes of the adapter"] = size
    facts["other"]["tokens a second, beam 4"] = new.outputs("speed", lambda e: speed(e, lines[:20]))
    return facts


def main() -> None:
    """Measure, report, and install."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shards", type=Path, nargs="+", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--replaced", type=Path, help="folder of the adapter to compare with")
    parser.add_argument("--base", type=Path, help="the GGUF of the base, to compare with bfloat16")
    parser.add_argument("--tasks", nargs="+", default=["translate", "brief"])
    parser.add_argument("--limit", type=int, default=1000, help="lines of each development set")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--briefs", type=int, default=36, help="articles of the bundled suite; 0 for none")
    parser.add_argument("--float-lines", type=int, default=100)
    parser.add_argument("--install", action="store_true", help="replace the package data if it is better")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    folder = candidate(args)
    facts = measure(args, folder)
    good, facts["verdict"] = verdict(facts)
    (args.out / "release.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    (args.out / "release.md").write_text(report(facts), encoding="utf-8")
    print(report(facts))
    if not good:
        raise SystemExit(6)
    if args.install:
        for path in (*folder.glob("adapter_*.safetensors"), folder / "manifest.json"):
            shutil.copyfile(path, data_folder() / path.name)


if __name__ == "__main__":
    main()
