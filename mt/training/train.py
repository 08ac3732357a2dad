"""Train the default model's adapter, on one GPU or on a few CPU cores; can be stopped and resumed at any
moment.

In: the work folder of prepare.py, the base (GGUF or pieces), the tokenizer. Out, in --out:
`adapter_NN.safetensors`
(bfloat16, in shards), `state.pt` to resume from, `log.jsonl` with losses and validation scores.

Phase 1 learns both directions and Arabic itself; then English news is translated back into Arabic by the
model, and
phase 2 learns Arabic to English from the real and the tagged synthetic pairs, and briefs. Phase lengths are
given in seconds, so a lease of any length gets a complete schedule. Without phase 1 (--first 0) it is plain
fine-tuning; --shares then says how much of it each task gets.
Use: python train.py --base model.gguf --work work --tokenizer DIR --out run --first 0 --second 7200
--tokens 2304 --only-b --first-layer 6 --shares forward=0.35 brief=0.65 --pair-tokens 1536
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from decode import decode_all
from examples import (
    SYNTHETIC,
    Encoder,
    Examples,
    batches,
    in_background,
    pair_batches,
    read_jsonl,
    read_lines,
    reverse_prompt,
    translate_prompt,
)
from gemma import Base, Gemma
from safetensors.torch import load_file, save_file

# How often an example of a kind is seen for one of the other summary sets.
_BRIEF_WEIGHTS = {"cited": 8.0, "rewrite": 8.0}


class Run:
    """One training run: the model, its optimiser, its clock and its log."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(args.seed)
        torch.set_float32_matmul_precision("high")
        self.encoder = Encoder(args.tokenizer / "tokenizer.json")
        ids = json.loads((args.tokenizer / "vocab_ids.json").read_text(encoding="utf-8"))
        if args.base == "random":
            base = Base.random(len(ids))
        else:
            base = Base.from_pieces(args.base) if Path(args.base).is_dir() else Base.from_gguf(args.base, ids)
        self.model = Gemma(base, args.rank, first_layer=args.first_layer, only_b=args.only_b).to(self.device)
        if args.start:
            self.model.load_adapter({k: v for p in sorted(args.start) for k, v in load_file(p).items()})
        if args.compile:
            self.model.layer_forward = torch.compile(self.model.layer_forward, dynamic=True)
        self.trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            self.trainable, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.0, fused=self.device == "cuda"
        )
        self.began, self.before, self.step, self.seen = time.time(), 0.0, 0, 0
        self.phases: dict[str, float] = {}  # when each phase began, in seconds of training
        args.out.mkdir(parents=True, exist_ok=True)
        self.state_path = args.state or args.out / "state.pt"
        if args.resume and self.state_path.exists():
            self.load_state()

    def elapsed(self) -> float:
        """Seconds of training so far, earlier parts of a resumed run included."""
        return self.before + time.time() - self.began

    def log(self, **values: object) -> None:
        """Append one line to the log and show it."""
        line = json.dumps({"seconds": round(self.elapsed(), 1), "step": self.step, **values})
        with (self.args.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def save(self, shards: int = 4) -> None:
        """Write the adapter in shards and the state, each atomically."""
        tensors = self.model.adapter()
        names = sorted(tensors)
        for shard in range(shards):
            path = self.args.out / f"adapter_{shard:02d}.safetensors"
            save_file({n: tensors[n] for n in names[shard::shards]}, f"{path}.tmp")
            os.replace(f"{path}.tmp", path)
        if self.args.resume:
            state = {
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "elapsed": self.elapsed(),
                "step": self.step,
                "seen": self.seen,
                "phases": self.phases,
            }
            torch.save(state, f"{self.state_path}.tmp")
            os.replace(f"{self.state_path}.tmp", self.state_path)

    def load_state(self) -> None:
        """Go on where a stopped run left off."""
        state = torch.load(self.state_path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.before, self.step, self.seen = state["elapsed"], state["step"], state["seen"]
        self.phases = state["phases"]

    def train(
        self,
        phase: str,
        examples: Examples,
        until: float,
        rate: tuple[float, float],
        dropout: float,
        pairs: Iterator[tuple[np.ndarray, np.ndarray]] | None = None,
    ) -> None:
        """Train until `until` seconds of the run have passed; the rate goes from the first value to the
        second while the phase lasts, however often it is resumed. With `pairs`, every step also has a batch
        of right and wrong outputs.
        """
        contrasts: list[float] = []
        rng = np.random.default_rng(self.args.seed + self.step)
        began = self.phases.setdefault(phase, self.elapsed())
        loss_sum, last_save, last_log = None, time.time(), time.time()
        resumed, seen_before, n_since = self.elapsed(), self.seen, 0
        for ids, targets, n_tokens in in_background(
            batches(examples, self.args.tokens, self.encoder.pad, rng, self.args.fill)
        ):
            now = self.elapsed()
            if now >= until:
                break
            progress = (now - began) / max(1e-9, until - began)
            lr = rate[1] + (rate[0] - rate[1]) * 0.5 * (1 + math.cos(math.pi * progress))
            for group in self.optimiser.param_groups:
                group["lr"] = lr * min(1.0, (self.step + 1) / self.args.warm_up)
            ids_t = torch.from_numpy(ids).to(self.device, non_blocking=True)
            targets_t = torch.from_numpy(targets).to(self.device, non_blocking=True)
            loss = self.model.loss(ids_t, targets_t, dropout)
            loss.backward()
            if pairs is not None:
                contrast = self.model.contrast(*(torch.from_numpy(x).to(self.device) for x in next(pairs)))
                contrast.backward()
                contrasts.append(float(contrast.detach()))
            torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step, self.seen, n_since = self.step + 1, self.seen + n_tokens, n_since + 1
            loss_sum = loss.detach() if loss_sum is None else loss_sum + loss.detach()
            if time.time() - last_log > self.args.log_every:
                last_log = time.time()
                speed = (self.seen - seen_before) / max(1e-9, self.elapsed() - resumed)
                self.log(
                    loss=round(float(loss_sum) / n_since, 4),
                    lr=round(lr, 6),
                    tokens_per_s=round(speed),
                    seen=self.seen,
                    **({"contrast": round(float(np.mean(contrasts)), 4)} if contrasts else {}),
                )
                contrasts.clear()
                loss_sum, n_since = None, 0
            if time.time() - last_save > self.args.save_every:
                last_save = time.time()
                self.save()

    def validate(self, name: str, limit: int) -> None:
        """Greedy BLEU and chrF++ on every dev set of the work folder (`dev_*.jsonl.xz` with ar, en)."""
        import sacrebleu

        for path in sorted(self.args.work.glob("dev_*.jsonl.xz")):
            rows = read_jsonl(path)[:limit]
            prompts = [self.encoder.prompt(translate_prompt(row["ar"], row.get("hints", ()))) for row in rows]
            outputs = decode_all(
                self.model, prompts, self.encoder.eos, batch=1024 if self.device == "cuda" else 16
            )
            texts = [self.encoder.text(output) for output in outputs]
            refs = [[row["en"] for row in rows]]
            bleu = sacrebleu.corpus_bleu(texts, refs).score
            chrf = sacrebleu.corpus_chrf(texts, refs, word_order=2).score
            self.log(
                validation=name, set=path.name, bleu=round(bleu, 2), chrf2pp=round(chrf, 2), sample=texts[:2]
            )
            with (self.args.out / "validation.jsonl").open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps({"name": name, "set": path.name, "outputs": texts}, ensure_ascii=False) + "\n"
                )


def load_examples(run: Run) -> dict[str, Examples]:
    """Tokenise every shard: forward, reverse, arabic (language model), brief, self (own translations)."""
    sets = {name: Examples() for name in ("forward", "reverse", "arabic", "brief", "self")}
    work, encoder = run.args.work, run.encoder
    pairs = read_jsonl(work / "pairs.jsonl.xz")
    sets["forward"].add(
        encoder,
        [translate_prompt(p["ar"], p["hints"]) for p in pairs],
        [p["en"] for p in pairs],
        [p["weight"] for p in pairs],
    )
    if run.args.first > 0:
        plain = [p for p in pairs if not p["hints"] and p["group"] in ("news", "prose", "docs", "names")]
        sets["reverse"].add(
            encoder,
            [reverse_prompt(p["en"]) for p in plain],
            [p["ar"] for p in plain],
            [min(2.0, p["weight"]) for p in plain],
        )
        arabic = read_lines(work / "mono_ar.txt.xz")
        sets["arabic"].add(encoder, [""] * len(arabic), arabic, [1.0] * len(arabic))
    briefs = read_jsonl(work / "brief.jsonl.xz")
    if run.args.brief_kinds:
        briefs = [b for b in briefs if b["kind"] in run.args.brief_kinds]
    weights = [_BRIEF_WEIGHTS.get(b["kind"], 1.0) for b in briefs]
    sets["brief"].add(encoder, [b["prompt"] for b in briefs], [b["target"] for b in briefs], weights)
    if (work / "self.jsonl").exists():
        own = [json.loads(line) for line in (work / "self.jsonl").read_text("utf-8").splitlines()]
        prompts = [translate_prompt(p["ar"], p["hints"]) for p in own]
        sets["self"].add(encoder, prompts, [p["en"] for p in own], [1.0] * len(own))
    run.log(examples={name: [len(s.tokens), round(s.n_tokens())] for name, s in sets.items()})
    return sets


def shared_out(sets: dict[str, Examples], shares: dict[str, float]) -> Examples:
    """A mixture in which each set has its share of the tokens; the smallest by weight is seen once a pass."""
    total = min(sets[name].n_tokens() / share for name, share in shares.items())
    mixture = Examples()
    for name, share in shares.items():
        mixture.extend(sets[name].scaled_to(share * total))
    return mixture


def back_translate(run: Run, deadline: float) -> Examples:
    """Translate English news into Arabic by sampling until the deadline; returns tagged synthetic pairs."""
    lines = read_lines(run.args.work / "mono_en.txt.xz")
    synthetic, done, began = Examples(), 0, run.elapsed()
    block = run.args.decode_batch * 8
    for start in range(0, len(lines), block):
        if run.elapsed() > deadline - 1.2 * (run.elapsed() - began) / max(1, start // block):
            break
        part = lines[start : start + block]
        prompts = [run.encoder.prompt(reverse_prompt(line)) for line in part]
        outputs = decode_all(
            run.model, prompts, run.encoder.eos, batch=run.args.decode_batch, temperature=0.6, ratio=1.4
        )
        texts = [run.encoder.text(output) for output in outputs]
        kept = [
            (ar, en)
            for ar, en in zip(texts, part, strict=True)
            if ar and 0.45 <= (len(ar.split()) + 2) / (len(en.split()) + 2) <= 1.6
        ]
        synthetic.add(
            run.encoder,
            [translate_prompt(ar, label=SYNTHETIC) for ar, _ in kept],
            [en for _, en in kept],
            [1.0] * len(kept),
        )
        done += len(part)
        if start == 0:
            run.log(back_translation_sample=kept[:6])
    run.log(back_translated=done, kept=len(synthetic.tokens), decode_s=round(run.elapsed() - began, 1))
    return synthetic


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help="GGUF file, folder of pieces, or 'random'")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, nargs="*", default=[], help="adapter shards to start from")
    parser.add_argument("--state", type=Path, help="where the resumable state goes (default: OUT/state.pt)")
    parser.add_argument("--resume", action="store_true", help="keep and use a resumable state")
    parser.add_argument("--first", type=float, default=0, help="seconds of phase 1")
    parser.add_argument("--back", type=float, default=0, help="seconds of back-translation")
    parser.add_argument("--second", type=float, required=True, help="seconds of phase 2")
    parser.add_argument("--rank", type=int, default=128)
    parser.add_argument("--first-layer", type=int, default=0, help="layers below keep their adapter")
    parser.add_argument("--only-b", action="store_true", help="learn B alone: cheaper on processors")
    parser.add_argument("--shares", nargs="*", default=[], help="forward=0.35 brief=0.65")
    parser.add_argument("--pair-tokens", type=int, default=0, help="tokens of right and wrong pairs a step")
    parser.add_argument("--brief-kinds", nargs="*", default=[], help="only these kinds of brief examples")
    parser.add_argument("--fill", type=int, default=0, help="prompt lengths are filled up to a multiple")
    parser.add_argument("--warm-up", type=int, default=100, help="steps")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--tokens", type=int, default=32768, help="padded tokens in a batch")
    parser.add_argument("--decode-batch", type=int, default=2048)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--log-every", type=float, default=10)
    parser.add_argument("--save-every", type=float, default=600)
    parser.add_argument("--validate", type=int, default=1000, help="lines of each dev set; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Run the phases."""
    args = arguments()
    run = Run(args)
    signal.signal(signal.SIGTERM, lambda *_: (run.save(), os._exit(0)))
    sets = load_examples(run)
    run.began = time.time()
    second = Examples()
    if args.first > 0 and run.elapsed() < args.first:
        mixture = Examples()
        mixture.extend(sets["forward"], 0.6)
        mixture.extend(sets["reverse"])
        mixture.extend(sets["arabic"])
        mixture.extend(sets["brief"], 0.3)
        run.train("first", mixture, args.first, (args.lr, 0.7 * args.lr), args.dropout)
        run.save()
        if args.validate:
            run.validate("first", min(args.validate, 300))
    if args.back > 0:
        second.extend(back_translate(run, run.elapsed() + args.back))
    real = Examples()
    if args.shares:
        real = shared_out(sets, {name: float(share) for name, share in (s.split("=") for s in args.shares)})
    else:
        for name in ("forward", "brief"):
            real.extend(sets[name])
    second.extend(real)
    run.log(second_phase_tokens=round(second.n_tokens()), real_tokens=round(real.n_tokens()))
    rate = args.lr if args.first == 0 else 0.7 * args.lr
    began = run.phases.setdefault("second", 0.0 if args.first == 0 else run.elapsed())
    pairs = None
    if args.pair_tokens:
        rng = np.random.default_rng(args.seed + run.step)
        rows = read_jsonl(args.work / "contrast.jsonl.xz")
        pairs = pair_batches(run.encoder, rows, args.pair_tokens, rng, args.fill)
    # The last quarter sees real pairs only, while the rate falls to nothing: the style of the output is
    # theirs.
    turn = 1.0 if args.back == 0 else 0.75
    run.train(
        "second",
        second,
        began + turn * args.second,
        (rate, 0.3 * rate if turn < 1 else 0.02 * rate),
        args.dropout,
        pairs,
    )
    if turn < 1:
        run.train("last", real, began + args.second, (0.3 * rate, 0.01 * rate), args.dropout, pairs)
    run.save()
    if args.validate:
        run.validate("second", args.validate)
    run.log(finished=True, seen=run.seen)


if __name__ == "__main__":
    main()
