"""COMET and BERTScore say what they lack; with a model they agree with the packages that define them."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from khabar_core.encoder import TokenVectors
from khabar_core.errors import InputError, KhabarError, ModelError, UsageError
from khabar_core.records import Signature
from khabar_eval import neural
from khabar_eval.cases import Case, Suite
from khabar_eval.comet_model import load_comet
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import check_metrics, find_metric
from khabar_eval.neural import BertScoreMetric, f_measure
from khabar_eval.running import Plan, evaluate
from khabar_eval.scoring import ScoringOptions
from khabar_eval.systems import CallableSystem

WORDS = "the a president minister said troops left city police army . , five 5 talks peace ##s ##ed on in"
CASES = [
    Case(id="1", src="غادرت القوات المدينة", refs=("the troops left the city .", "army left city")),
    Case(id="2", src="محادثات سلام", refs=("peace talks in the city",)),
    Case(id="3", src="قال الوزير", refs=("the minister said",)),
]
OUTPUTS = ["five troops left , the police said .", "talks on peace", "a president said the minister left"]


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make packages look as if they were not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n in names else find(n, *a))


def present(monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """Make a package look as if it were installed."""
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def refusal(metric: str, kind: str = "translate") -> str:
    with pytest.raises(KhabarError) as info:
        check_metrics([metric], kind)
    text = str(info.value)
    assert "\n" not in text
    return text


def test_bertscore_says_that_torch_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch")
    assert refusal("BERTScore") == '--metric: BERTScore needs torch (pip install "khabar[bertscore]")'


def test_bertscore_says_that_its_model_is_lacking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    present(monkeypatch, "torch")
    assert "KHABAR_BERTSCORE_MODEL: not set" in refusal("BERTScore")
    assert "hf download FacebookAI/roberta-large" in refusal("BERTScore")
    monkeypatch.setenv("KHABAR_BERTSCORE_MODEL", str(tmp_path / "none"))
    assert "none: no such folder" in refusal("BERTScore")
    monkeypatch.setenv("KHABAR_BERTSCORE_MODEL", str(tmp_path))
    assert refusal("BERTScore").startswith("KHABAR_BERTSCORE_LAYER: which layer of")
    monkeypatch.setenv("KHABAR_BERTSCORE_LAYER", "two")
    assert "a number of a layer is expected, got 'two'" in refusal("BERTScore")
    monkeypatch.setenv("KHABAR_BERTSCORE_LAYER", "2")
    check_metrics(["BERTScore"], "translate")
    monkeypatch.delenv("KHABAR_BERTSCORE_LAYER")
    (tmp_path / "roberta-large").mkdir()
    monkeypatch.setenv("KHABAR_BERTSCORE_MODEL", str(tmp_path / "roberta-large"))
    assert "|model:roberta-large|layer:17|" in BertScoreMetric().signature


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "config.json cannot be read"),
        ("{", "config.json is not JSON"),
        ("[]", "config.json is no JSON object"),
        ('{"model_type": "t5"}', "no encoder of a known kind: 't5'"),
    ],
)
def test_a_folder_without_an_encoder_is_a_model_error(
    config: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config, encoding="utf-8")
    present(monkeypatch, "torch")
    monkeypatch.setenv("KHABAR_BERTSCORE_MODEL", str(tmp_path))
    monkeypatch.setenv("KHABAR_BERTSCORE_LAYER", "1")
    with pytest.raises(ModelError, match=message):
        BertScoreMetric().statistics(CASES, OUTPUTS)


def test_similar_tokens_are_matched_by_hand() -> None:
    """Two unit vectors at 60 degrees; the special token may be matched but does not count itself."""
    x, y, half = (1.0, 0.0), (0.0, 1.0), (0.5, 3**0.5 / 2)
    mt = TokenVectors(np.array([y, x], dtype=np.float32), np.array([0, 1], dtype=np.float32))
    ref = TokenVectors(np.array([x, half], dtype=np.float32), np.array([1, 1], dtype=np.float32))
    precision, recall = 1.0, (1.0 + 3**0.5 / 2) / 2
    assert f_measure(mt, ref) == pytest.approx(2 * precision * recall / (precision + recall))
    empty = TokenVectors(mt.vectors, np.zeros(2, dtype=np.float32))
    assert f_measure(empty, ref) == f_measure(ref, empty) == 0.0


def tiny(folder: Path, kind: str, *, max_length: int | None = 64) -> Path:
    """A random encoder of three layers with its tokenizer; the same on each machine."""
    import torch
    import transformers

    from khabar_core.convert.huggingface import quiet_transformers

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in words), encoding="utf-8")
    sizes: dict[str, Any] = {"vocab_size": len(words), "max_position_embeddings": 64}
    with quiet_transformers():
        torch.manual_seed(3)
        if kind == "bert":
            sizes |= {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
            model = transformers.BertModel(transformers.BertConfig(**sizes, intermediate_size=64))
        else:
            sizes |= {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64}
            model = transformers.DistilBertModel(transformers.DistilBertConfig(**sizes))
        model.save_pretrained(folder)
        limit = {} if max_length is None else {"model_max_length": max_length}
        transformers.BertTokenizer(str(folder / "vocab.txt"), **limit).save_pretrained(folder)
    return folder


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], None]:
    """Set the variables, forget loaded models."""

    def choose(folder: Path, layer: int) -> None:
        neural._encoder.cache_clear()
        monkeypatch.setenv("KHABAR_BERTSCORE_MODEL", str(folder))
        monkeypatch.setenv("KHABAR_BERTSCORE_LAYER", str(layer))

    return choose


@pytest.mark.torch
@pytest.mark.parametrize("layer", [1, 3])
@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_bertscore_equals_the_package_that_defines_it(
    kind: str, layer: int, tmp_path: Path, use: Callable[[Path, int], None]
) -> None:
    bert_score = pytest.importorskip("bert_score")
    from khabar_core.convert.huggingface import quiet_transformers

    folder = tiny(tmp_path / kind, kind)
    use(folder, layer)
    with quiet_transformers():
        _, _, theirs = bert_score.score(
            OUTPUTS,
            [list(case.refs) for case in CASES],
            model_type=str(folder),
            num_layers=layer,
            device="cpu",
        )
    ours = BertScoreMetric().statistics(CASES, OUTPUTS)
    assert ours[:, 0] == pytest.approx(theirs.numpy(), abs=1e-5)
    assert ours[:, 1].tolist() == [1.0] * 3


@pytest.mark.torch
def test_empty_and_overlong_outputs_have_a_score(tmp_path: Path, use: Callable[[Path, int], None]) -> None:
    """The package fails on both: on empty ones, and where the tokenizer knows no limit."""
    use(tiny(tmp_path / "m", "bert", max_length=None), 2)
    rows = BertScoreMetric().statistics(CASES, ["", "  ", "the minister said " * 100])
    assert rows[:2, 0].tolist() == [0.0, 0.0]
    assert 0.1 < rows[2, 0] < 1
    perfect = BertScoreMetric().statistics(CASES, [case.refs[-1] for case in CASES])
    assert perfect[:, 0] == pytest.approx([1.0] * 3, abs=1e-5)


@pytest.mark.torch
def test_batches_do_not_change_a_vector(tmp_path: Path) -> None:
    from khabar_core.encoder import TextEncoder

    encoder = TextEncoder(tiny(tmp_path / "m", "bert"))
    texts = [*OUTPUTS, "", "the"]
    for one, many in zip(encoder.encode(texts, 3, batch_size=1), encoder.encode(texts, 3), strict=True):
        assert one.vectors == pytest.approx(many.vectors, abs=1e-5)
        assert one.weights.tolist() == many.weights.tolist()
    with pytest.raises(UsageError, match="layer must be between 1 and 3, got 4"):
        encoder.encode(texts, 4)


@pytest.mark.torch
def test_bertscore_stands_in_an_evaluation(tmp_path: Path, use: Callable[[Path, int], None]) -> None:
    use(tiny(tmp_path / "m", "bert"), 2)
    suite = Suite(name="s", cases=tuple(CASES))
    system = CallableSystem("x", lambda lines, docs: OUTPUTS, Signature((("model", "x"),)))
    plan = Plan(scoring=ScoringOptions(metrics=("BERTScore", "chrF2++")))
    (result,) = evaluate([suite], [system], plan).suites
    score = result.systems[0].score("BERTScore")
    assert score is not None
    assert score.interval is not None
    assert "bertscore:F1|model:m|layer:2|idf:no|rescale:no|sha256-1m:" in score.signature


@pytest.mark.torch
def test_damaged_weights_are_a_model_error(tmp_path: Path, use: Callable[[Path, int], None]) -> None:
    folder = tiny(tmp_path / "m", "bert")
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    use(folder, 2)
    with pytest.raises(ModelError, match=r"cannot be loaded: .*the folder needs config\.json"):
        BertScoreMetric().statistics(CASES, OUTPUTS)


def test_comet_says_what_is_lacking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without(monkeypatch, "comet")
    assert refusal("COMET") == '--metric: COMET needs the package unbabel-comet (pip install "khabar[comet]")'
    present(monkeypatch, "comet")
    monkeypatch.undo()
    present(monkeypatch, "comet")
    assert "KHABAR_COMET_MODEL: not set: COMET needs a checkpoint" in refusal("COMET")
    monkeypatch.setenv("KHABAR_COMET_MODEL", str(tmp_path / "model.ckpt"))
    assert "model.ckpt: no such checkpoint" in refusal("COMET")
    assert "not briefs" in refusal("COMET", "brief")


def test_a_comet_that_cannot_be_imported_is_told_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """unbabel-comet installs with a setuptools without pkg_resources, and then fails at import."""
    (tmp_path / "comet.py").write_text("import pkg_resources_that_is_gone\n", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "comet", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    message = "--metric: unbabel-comet cannot start: No module named 'pkg_resources_that_is_gone' ("
    assert refusal("COMET").startswith(message)


class _Model:
    """Has the `predict` of unbabel-comet 2.2.7."""

    def __init__(self, scores: list[float]) -> None:
        self.scores = scores
        self.samples: list[dict[str, str]] = []

    def predict(
        self,
        samples: list[dict[str, str]],
        batch_size: int = 16,
        gpus: int = 1,
        devices: list[int] | str | int | None = None,
        mc_dropout: int = 0,
        progress_bar: bool = True,
        accelerator: str = "auto",
        num_workers: int | None = None,
        length_batching: bool = True,
    ) -> SimpleNamespace:
        assert (gpus, progress_bar, mc_dropout) == (0, False, 0)
        self.samples = samples
        return SimpleNamespace(scores=self.scores, system_score=0.5)


@pytest.fixture
def comet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The package unbabel-comet with a model that lies in a folder like the real ones."""
    checkpoint = tmp_path / "wmt22-comet-da" / "checkpoints" / "model.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"weights")
    monkeypatch.setenv("KHABAR_COMET_MODEL", str(checkpoint))
    load_comet.cache_clear()
    return present(monkeypatch, "comet")


def test_comet_gets_all_segments_and_loads_once(comet: ModuleType) -> None:
    model, loads = _Model([0.25, 0.5, 0.75]), []

    def load_from_checkpoint(
        checkpoint_path: str,
        reload_hparams: bool = False,
        strict: bool = False,
        local_files_only: bool = False,
    ) -> _Model:
        loads.append(checkpoint_path)
        assert local_files_only
        return model

    comet.load_from_checkpoint = load_from_checkpoint  # type: ignore[attr-defined]
    metric = find_metric("COMET")
    for _ in range(2):
        rows = metric.statistics(CASES, OUTPUTS)
    assert len(loads) == 1
    assert metric.value(rows.sum(0)) == 0.5
    assert model.samples[1] == {"src": CASES[1].src, "mt": OUTPUTS[1], "ref": CASES[1].refs[0]}
    assert metric.signature.startswith("comet:wmt22-comet-da|sha256-1m:")


@pytest.mark.parametrize(
    ("scores", "message"), [([0.5], "1 scores for 3 segments"), ([0.5, float("nan"), 0.5], "is no number")]
)
def test_comet_scores_that_cannot_be_are_refused(
    scores: list[float], message: str, comet: ModuleType
) -> None:
    comet.load_from_checkpoint = lambda path, local_files_only: _Model(scores)  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=message):
        find_metric("COMET").statistics(CASES, OUTPUTS)


def test_a_checkpoint_that_comet_refuses_is_a_model_error(comet: ModuleType) -> None:
    def load_from_checkpoint(path: str, local_files_only: bool) -> None:
        raise Exception("hparams.yaml file is missing\nfrom there!")

    comet.load_from_checkpoint = load_from_checkpoint  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"COMET cannot load it: hparams.yaml file is missing from there!"):
        find_metric("COMET").statistics(CASES, OUTPUTS)


def test_the_adapter_fits_the_real_comet() -> None:
    comet = pytest.importorskip("comet")
    assert "local_files_only" in inspect.signature(comet.load_from_checkpoint).parameters
    from comet.models.base import CometModel

    theirs, ours = (inspect.signature(f).parameters for f in (CometModel.predict, _Model.predict))
    assert list(theirs) == list(ours)


def test_an_unknown_or_lacking_metric_is_told_before_anything_runs(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(lines: object, docs: object) -> list[str]:
        raise AssertionError("translated in vain")

    without(monkeypatch, "torch", "comet")
    system = CallableSystem("x", never, Signature((("model", "x"),)))
    for name, message in (("chrf", "no metric 'chrf'"), ("BERTScore", "torch"), ("COMET", "unbabel-comet")):
        with pytest.raises(UsageError, match=message):
            evaluate([suite], [system], Plan(scoring=ScoringOptions(metrics=(name,))))


def test_a_metric_that_no_suite_can_measure_is_an_error(
    suite: Suite, spoiled: Callable[..., Hypotheses]
) -> None:
    outputs = list(spoiled(0.1).outputs)
    system = CallableSystem("x", lambda lines, docs: outputs, Signature((("model", "x"),)))
    plan = Plan(scoring=ScoringOptions(metrics=("BLEU", "term_success")))
    with pytest.raises(InputError, match="small: nothing to measure term_success on"):
        evaluate([suite], [system], plan)
