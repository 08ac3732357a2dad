"""The real unbabel-comet with a tiny random checkpoint: the same scores, no network, no noise, and Ctrl-C."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from khabar_core.errors import ModelError
from khabar_eval.cases import Case
from khabar_eval.comet_model import comet_scores, import_comet, load_comet
from khabar_eval.metrics import find_metric

pytestmark = pytest.mark.torch

TEXT = "the minister said troops left the city , peace talks on"
CASES = [
    Case(id="1", src="غادرت القوات المدينة", refs=("the troops left the city .", "army left city")),
    Case(id="2", src="محادثات سلام", refs=("peace talks in the city",)),
    *(Case(id=f"{k}", src="قال" * k, refs=(TEXT[2 * k :].strip(),)) for k in range(3, 13)),
    Case(id="13", src="سلام" * 40, refs=("peace" * 40,)),
]
# One of them empty, the last longer than the encoder.
OUTPUTS = ["five troops left , the police .", "", *(TEXT[: 4 * k].strip() for k in range(3, 13)), "city" * 40]

# The command comet-score, which rounds the weights to 16 bits: here it does not.
COMET_SCORE = """
import sys, warnings
warnings.simplefilter("ignore")
import comet.models
comet.models.CometModel.half = lambda self: self
from comet.cli.score import score_command
score_command()
"""
# The command khabar, on a machine without network.
KHABAR = """
import logging, socket, sys

def refuse(*args, **kwargs):
    print("the network was asked for", file=sys.stderr)
    raise OSError("no network")

socket.socket.connect = socket.getaddrinfo = refuse
from khabar.cli.main import main
code = main(sys.argv[1:])
if logging.getLogger().handlers:
    print("the root logger prints", file=sys.stderr)
sys.exit(code)
"""


def tokenizer(folder: Path, n_pieces: int) -> int:
    """Write an XLM-R tokenizer of letters; returns the number of its tokens, filled up to `n_pieces`."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    letters = sorted(set("abcdefghijklmnopqrstuvwxyz.,") | set("".join(case.src for case in CASES)) - {" "})
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *letters]
    pieces += [f"x{k}" for k in range(n_pieces - len(pieces))]
    built = Tokenizer(models.Unigram([(piece, -float(k)) for k, piece in enumerate(pieces)], unk_id=3))
    built.pre_tokenizer = pre_tokenizers.Metaspace()
    built.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    folder.mkdir(parents=True)
    built.save(str(folder / "tokenizer.json"))
    made = transformers.XLMRobertaTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    made.save_pretrained(folder)
    return len(made)


def checkpoint(folder: Path, n_pieces: int = 0) -> Path:
    """A RegressionMetric of random weights in the folders of a real one; its encoder is `folder`/encoder."""
    import torch
    import yaml

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pytorch_lightning
        import transformers
        from comet.models import RegressionMetric

        size = tokenizer(folder / "encoder", n_pieces)
        transformers.XLMRobertaConfig(
            vocab_size=size,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=66,
            type_vocab_size=1,
            initializer_range=0.5,
        ).save_pretrained(folder / "encoder")
        torch.manual_seed(3)
        model = RegressionMetric(
            pretrained_model=str(folder / "encoder"),
            hidden_sizes=[12, 6],
            load_pretrained_weights=False,
            local_files_only=True,
        )
        with torch.no_grad():
            for weight in model.estimator.parameters():
                weight.mul_(3)  # scores that differ
        trainer = pytorch_lightning.Trainer(logger=False, accelerator="cpu", enable_progress_bar=False)
        trainer.strategy.connect(model)
        path = folder / "tiny-comet" / "checkpoints" / "model.ckpt"
        path.parent.mkdir(parents=True)
        trainer.save_checkpoint(path, weights_only=True)
    hparams = yaml.safe_dump(dict(model.hparams))
    (path.parent.parent / "hparams.yaml").write_text(hparams, encoding="utf-8")
    return path


def change(path: Path, **parts: Any) -> None:
    """Update dictionaries of a checkpoint; None removes a key."""
    import torch

    state = torch.load(path, weights_only=True)
    for name, changes in parts.items():
        state[name].update(changes)
        state[name] = {key: value for key, value in state[name].items() if value is not None}
    torch.save(state, path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("comet", reason="unbabel-comet is not installed")
    load_comet.cache_clear()
    made = checkpoint(tmp_path)
    monkeypatch.setenv("KHABAR_COMET_MODEL", str(made))
    return made


def write_lines(folder: Path) -> list[str]:
    for name, lines in (
        ("s.ar", [case.src for case in CASES]),
        ("s.en", [case.refs[0] for case in CASES]),
        ("h.en", OUTPUTS),
    ):
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return [str(folder / name) for name in ("s.ar", "s.en", "h.en")]


def run(code: str, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        env=os.environ | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_scores_are_those_of_predict_and_comet_score(path: Path, tmp_path: Path) -> None:
    """Of the first reference, for empty outputs and such as are longer than the encoder too."""
    metric = find_metric("COMET")
    rows = metric.statistics(CASES, OUTPUTS)
    data = [{"src": case.src, "mt": mt, "ref": case.refs[0]} for case, mt in zip(CASES, OUTPUTS, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = import_comet().load_from_checkpoint(str(path)).predict(data, gpus=0, progress_bar=False)
    assert rows[:, 0] == pytest.approx(theirs.scores, abs=1e-5)
    assert metric.value(rows.sum(0)) == pytest.approx(theirs.system_score, abs=1e-5)
    assert len({round(score, 4) for score in theirs.scores}) == len(CASES)
    src, ref, mt = write_lines(tmp_path)
    out = str(tmp_path / "out.json")
    files = ["-s", src, "-t", mt, "-r", ref, "--gpus", "0", "--disable_cache", "--quiet", "--to_json", out]
    result = run(COMET_SCORE, *files, "--model", str(path), HF_HUB_OFFLINE="1")
    assert result.returncode == 0, result.stderr
    (scores,) = json.loads(Path(out).read_text(encoding="utf-8")).values()
    assert [row["COMET"] for row in scores] == pytest.approx(rows[:, 0], abs=1e-5)


@pytest.mark.slow
def test_the_command_scores_offline_and_prints_only_results(path: Path, tmp_path: Path) -> None:
    """The encoder lies in the cache under its name on the hub, with as large a vocabulary as the real one."""
    shutil.rmtree(tmp_path / "encoder")
    shutil.rmtree(path.parent.parent)
    path = checkpoint(tmp_path, n_pieces=100_100)
    expected = find_metric("COMET")
    corpus = expected.value(expected.statistics(CASES, OUTPUTS).sum(0))
    cached = tmp_path / "hf" / "hub" / "models--xlm-roberta-large"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    (cached / "snapshots").mkdir()
    shutil.move(tmp_path / "encoder", cached / "snapshots" / ("0" * 40))
    change(path, hyper_parameters={"pretrained_model": "xlm-roberta-large"})
    src, ref, mt = write_lines(tmp_path)
    result = run(
        KHABAR,
        *("evaluate", "-q", "--src", src, "--ref", ref, "--hyp", mt, "--metric", "COMET", "--json"),
        KHABAR_COMET_MODEL=str(path),
        HF_HOME=str(tmp_path / "hf"),
    )
    assert (result.returncode, result.stderr) == (0, "")
    (score,) = json.loads(result.stdout)["suites"][0]["systems"][0]["scores"]
    assert score["value"] == pytest.approx(corpus, abs=1e-5)
    assert score["signature"].startswith("comet:tiny-comet|sha256-1m:")


def test_empty_texts_have_a_score(path: Path) -> None:
    empty = {"src": "", "mt": "", "ref": ""}
    some, other = comet_scores(load_comet(path), [empty, {**empty, "ref": "the city"}])
    assert some != pytest.approx(other, abs=1e-3)


def test_a_checkpoint_with_missing_weights_is_refused(path: Path) -> None:
    """comet would score with random ones."""
    change(path, state_dict={"estimator.ff.0.weight": None})
    with pytest.raises(ModelError, match=r"lacks weights: \['estimator\.ff\.0\.weight'\]"):
        load_comet(path)


def test_weights_that_only_old_versions_had_are_no_error(path: Path) -> None:
    import torch

    change(path, state_dict={"encoder.model.embeddings.position_ids": torch.arange(66)[None]})
    load_comet(path)


def test_a_damaged_checkpoint_or_a_missing_encoder_is_a_model_error(path: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "encoder")
    with pytest.raises(ModelError, match=r"COMET cannot load it: .*its encoder in the Hugging Face cache"):
        load_comet(path)
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="COMET cannot load it"):
        load_comet(path)


def test_a_tokenizer_of_another_encoder_is_a_model_error(path: Path) -> None:
    model = load_comet(path)
    weight = model.encoder.model.embeddings.word_embeddings.weight
    weight.data = weight.data[:4]
    with pytest.raises(ModelError, match=r"COMET fails: .*the encoder in the Hugging Face cache must be"):
        comet_scores(model, [{"src": "a", "mt": "b", "ref": "z"}])


def test_an_interrupt_is_one_and_later_ones_count(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """lightning makes exit code 1 of it and ignores the signal from then on."""

    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    model, handler = load_comet(path), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(model, "predict_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        comet_scores(model, [{"src": "a", "mt": "b", "ref": "z"}])
    assert signal.getsignal(signal.SIGINT) is handler


def test_loggers_and_files_stay_as_they_were(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("pytorch_lightning").level)
    capfd.readouterr()
    comet_scores(load_comet(path), [{"src": "a", "mt": "b", "ref": "z"}])
    assert (root.level, list(root.handlers), logging.getLogger("pytorch_lightning").level) == before
    assert capfd.readouterr() == ("", "")
    assert list(Path.cwd().iterdir()) == []
