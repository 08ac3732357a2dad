"""The training recipes: the model is Gemma, prompts are the shipped ones, cleaning and hints do what they
say.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from khabar_core.default_model import data_folder

TRAINING = Path(__file__).parents[2] / "mt/training"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a recipe by path; its neighbours are importable while the test runs."""
    monkeypatch.syspath_prepend(str(TRAINING))
    for other in ("briefs", "claims", "cleaning", "hints", "gemma", "decode", "examples"):
        monkeypatch.delitem(sys.modules, other, raising=False)
    spec = importlib.util.spec_from_file_location(name, TRAINING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def corpus(pattern: str) -> list[dict]:
    lines = [
        line
        for path in sorted((TRAINING / "data").glob(pattern))
        for line in path.read_text(encoding="utf-8").split("\n")
    ]
    return [json.loads(line) for line in lines if line]


def test_corpus_has_no_faults(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    check = load("check_pairs", monkeypatch)
    files = [str(path) for path in sorted((TRAINING / "data").glob("*.jsonl"))]
    assert check.main(files) == 0
    assert "3250 pairs" in capsys.readouterr().out


def test_corpus_check_names_a_lost_number(monkeypatch: pytest.MonkeyPatch) -> None:
    check = load("check_pairs", monkeypatch)
    row = {
        "id": "x",
        "ar": "قتل 34 جنديا في حلب",
        "en": "Soldiers were killed in Aleppo",
        "entities": [["حلب", "Homs"]],
    }
    assert check.faults(row) == ["numbers lost: 34", "entity not in its text: حلب = Homs"]


def test_heldout_pairs_are_not_in_the_training_corpus() -> None:
    heldout = {row["ar"] for row in corpus("heldout.jsonl")}
    assert len(heldout) == 300
    assert heldout.isdisjoint(row["ar"] for row in corpus("news_*.jsonl"))


@pytest.mark.parametrize(
    ("ar", "en", "group", "fault"),
    [
        (
            "وصل الوفد إلى دمشق مساء الخميس",
            "The delegation arrived in Damascus on Thursday evening",
            "prose",
            None,
        ),
        (
            "وصل الوفد",
            "The delegation arrived in the Syrian capital late on Thursday evening",
            "prose",
            "ratio",
        ),
        ("قتل 12 وأصيب 30 في انفجار", "Several were killed and wounded in a blast", "prose", "numbers"),
        ("انقر <b>هنا</b> للمتابعة", "Click <b>here</b> to go on", "docs", "markup"),
        ("دمشق", "Damascus", "names", None),
        ("دمشق", "Damascus", "prose", "short"),
        ("نص عربي", "نص عربي again", "prose", "empty"),
    ],
)
def test_cleaning_says_why_a_pair_goes(
    ar: str, en: str, group: str, fault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaning = load("cleaning", monkeypatch)
    found = cleaning.fault_of(ar, en, group)
    assert found == fault or (fault == "empty" and found == "script")


def test_pairs_that_overlap_an_evaluation_set_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cleaning = load("cleaning", monkeypatch)
    (tmp_path / "set.en").write_text("one two three four five six seven eight nine\n", encoding="utf-8")
    evaluation = cleaning.Evaluation.read({"plain": ["set.en"], "own": []}, tmp_path, tmp_path)
    assert evaluation.overlap("", "zero two three four five six seven eight nine ten") == "evaluation"
    assert evaluation.overlap("", "one two three four") is None


def test_a_substituted_hint_changes_the_target_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the draw, each hint's English stands in the target, or it is a distractor from the index."""
    hints = load("hints", monkeypatch)
    index = hints.NameIndex({"حلب": ["Aleppo"], "حمص": ["Homs City"], "درعا": ["Daraa"]})
    changed = 0
    for seed in range(200):
        target, shown = hints.hint_variants(
            "Clashes in Aleppo.", [["حلب", "Aleppo"]], index, random.Random(seed), plain=False
        )
        asked = next((english for arabic, english in shown if arabic == "حلب" and english in target), None)
        assert asked is not None
        changed += "Aleppo" not in target
    assert 5 <= changed <= 60


def test_names_on_both_sides_are_found_behind_proclitics(monkeypatch: pytest.MonkeyPatch) -> None:
    hints = load("hints", monkeypatch)
    index = hints.NameIndex({"دمشق": ["Damascus"], "الأمم المتحدة": ["United Nations"]})
    found = index.both_sides("وبدمشق اجتمعت الأمم المتحدة", "The United Nations met in Damascus")
    assert found == [["دمشق", "Damascus"], ["الأمم المتحدة", "United Nations"]]


def test_brief_examples_cite_what_supports_them(monkeypatch: pytest.MonkeyPatch) -> None:
    briefs = load("briefs", monkeypatch)
    article = (
        "Turkish troops crossed the border near Idlib on Monday. The ministry gave no reason.\n"
        "Two soldiers were wounded by shelling, the governor said. Schools will stay closed."
    )
    row = briefs.cited_by_overlap(article, "Two soldiers were wounded by shelling near Idlib.", "test", 0.6)
    assert row is not None
    assert row["target"].endswith("[1,3]")
    assert (
        briefs.cited_by_overlap(article, "Nine soldiers and 40 guards fled to Cyprus.", "test", 0.6) is None
    )


def test_training_prompts_are_those_of_the_shipped_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    examples = load("examples", monkeypatch)
    manifest = json.loads((data_folder() / "manifest.json").read_text(encoding="utf-8"))
    form = manifest["hint_format"]
    pairs = form["separator"].join(
        f"{a}{form['between']}{e}" for a, e in (("حلب", "Aleppo"), ("حمص", "Homs"))
    )
    terms = form["before"] + pairs + form["after"]
    expected = manifest["prompts"]["translate"].replace("{terms}", terms).replace("{source}", "نص")
    assert examples.translate_prompt("نص", [["حلب", "Aleppo"], ["حمص", "Homs"]]) == expected


def test_brief_examples_fit_the_window_and_keep_what_is_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    briefs = load("briefs", monkeypatch)
    sentences = [f"Sentence number {i} says that the convoy of day {i} has arrived." for i in range(60)]
    kept, brief = briefs.within_window(sentences, [("The last convoy came.", [60, 1])])
    assert sum(len(s.split()) + 2 for s in kept) <= briefs.WINDOW_WORDS
    assert [kept[number - 1] for number in brief[0][1]] == [sentences[59], sentences[0]]


def test_pairs_hold_a_right_and_a_wrong_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    contrasts = load("contrasts", monkeypatch)
    monkeypatch.syspath_prepend(str(TRAINING.parents[1] / "summarize/training"))
    part = {
        "text": "Forty tents were turned down by Morocco.",
        "cites": [1],
        "also": "Morocco refused 40 tents.",
        "wrong": "Forty tents were turned down by Spain.",
        "error": "name",
    }
    row = {
        "id": "x",
        "sentences": ["Morocco did not accept the 40 tents on Monday.", "Spain thanked the port of Almeria."],
        "brief": [part],
    }
    pairs = [pair for seed in range(8) for pair in contrasts.of_article(row, random.Random(seed))]
    assert {pair["target"] for pair in pairs} == {part["text"], part["also"]}
    assert {pair["wrong"] for pair in pairs} > {part["wrong"]}
    assert not {pair["wrong"] for pair in pairs} & {part["text"], part["also"]}
    assert all(f"[1] {row['sentences'][0]}" in pair["prompt"] for pair in pairs)


@pytest.mark.torch
def test_right_and_wrong_outputs_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    examples = load("examples", monkeypatch)
    encoder = examples.Encoder(data_folder() / "tokenizer.json")
    rows = [
        {
            "prompt": f"Article:\n[1] Rain fell on day {i}.\nBrief:",
            "target": "It rained.",
            "wrong": "It froze.",
        }
        for i in range(9)
    ]
    batches = examples.pair_batches(encoder, rows, 80, examples.np.random.default_rng(1))
    for _ in range(6):
        ids, targets = next(batches)
        assert len(ids) % 2 == 0
        for right, wrong in zip(range(0, len(ids), 2), range(1, len(ids), 2), strict=True):
            texts = [encoder.text(ids[r][targets[r] != -100].tolist()) for r in (right, wrong)]
            assert texts == ["It rained.", "It froze."]
            prompts = [
                ids[r][(targets[r] == -100) & (ids[r] != encoder.pad)].tolist() for r in (right, wrong)
            ]
            assert prompts[0] == prompts[1]


@pytest.mark.torch
def test_a_blend_lies_between_start_and_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    export = load("export", monkeypatch)
    old = {"x.a": torch.ones(1, 2), "x.b": torch.zeros(2, 1)}
    new = {"x.a": torch.ones(1, 2), "x.b": torch.full((2, 1), 2.0)}
    paths = [tmp_path / f"{name}.safetensors" for name in ("new", "old")]
    for path, tensors in zip(paths, (new, old), strict=True):
        export.save_torch({k: v.to(torch.bfloat16) for k, v in tensors.items()}, path)
    (written,) = export.blend(paths[:1], paths[1:], 0.25, tmp_path / "out")
    assert export.load_file(written)["x.b"].flatten().tolist() == [0.5, 0.5]
    export.save_torch({"x.a": torch.zeros(1, 2), "x.b": torch.zeros(2, 1)}, paths[1])
    with pytest.raises(ValueError, match="differs"):
        export.blend(paths[:1], paths[1:], 0.25, tmp_path / "out")


@pytest.mark.torch
@pytest.mark.slow
def test_contrast_is_small_when_the_right_output_is_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    gemma = load("gemma", monkeypatch)
    model = gemma.Gemma(gemma.Base.random(60), rank=3, dtype=torch.float32)
    ids = torch.randint(0, 60, (2, 9))
    targets = ids.clone()
    targets[:, :4] = -100
    with torch.no_grad():
        sums = model.log_probability(ids, targets)
        logits = torch.nn.functional.linear(model(ids), model.token_embd).log_softmax(-1)
        one, other = (model.contrast(ids[order], targets[order]) for order in ([0, 1], [1, 0]))
    expected = sum(float(logits[0, i - 1, ids[0, i]]) for i in range(4, 9))
    assert float(sums[0]) == pytest.approx(expected, rel=1e-4)
    gap = float(sums[0] - sums[1])
    right = gemma.RIGHT_WEIGHT * gap / 5
    softplus = torch.nn.functional.softplus(torch.tensor([gemma.MARGIN - gap, gemma.MARGIN + gap]))
    assert float(one - other) == pytest.approx(float(softplus[0] - softplus[1]) - right, rel=1e-3, abs=1e-3)


@pytest.mark.torch
def test_prompts_are_filled_in_training_as_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    examples = load("examples", monkeypatch)
    data = examples.Examples()
    np = examples.np
    data.tokens = [np.arange(5, 16, dtype=np.uint16), np.arange(5, 10, dtype=np.uint16)]
    data.n_prompt, data.weight = [9, 3], [1.0, 1.0]
    ids, targets, n_tokens = examples.pad_batch(data, [0, 1], pad=0, fill=8)
    assert n_tokens == 16
    assert ids[0, :18].tolist() == [0] * 7 + list(range(5, 16))
    assert targets[0, :18].tolist() == [-100] * 16 + [14, 15]
    assert ids[1, :10].tolist() == [0] * 5 + list(range(5, 10))
    assert targets[1, :10].tolist() == [-100] * 8 + [8, 9]


@pytest.mark.torch
@pytest.mark.slow
def test_learning_b_alone_gives_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    gemma = load("gemma", monkeypatch)
    base = gemma.Base.random(60)
    whole = gemma.Gemma(base, rank=3, dtype=torch.float32)
    part = gemma.Gemma(base, rank=3, dtype=torch.float32, first_layer=16, only_b=True)
    start = {name: torch.randn_like(value.float()) * 0.02 for name, value in whole.adapter().items()}
    ids = torch.randint(0, 60, (2, 9))
    for model in (whole, part):
        model.load_adapter(start)
        model.loss(ids, ids).backward()
    learnt = [key for key in part.b if part.b[key].requires_grad]
    assert len(learnt) == 2 * len(gemma.LINEARS)
    assert not any(a.requires_grad for a in part.a.values())
    for key in learnt:
        assert torch.allclose(part.b[key].grad, whole.b[key].grad, rtol=1e-3, atol=1e-6)


@pytest.mark.torch
def test_training_goes_on_from_a_shipped_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    gemma = load("gemma", monkeypatch)
    a = torch.tensor([[10, -127], [5, 0]], dtype=torch.int8)
    tensors = {"x.a": a, "x.a_scale": torch.tensor([[0.5], [2.0]], dtype=torch.float16)}
    assert gemma.unrounded(tensors, "x.a").tolist() == [[5.0, -63.5], [10.0, 0.0]]
    assert gemma.unrounded({"x.a": torch.ones(1, 2)}, "x.a").tolist() == [[1.0, 1.0]]


@pytest.mark.torch
@pytest.mark.slow
def test_training_model_equals_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle is transformers: same random weights, same hidden states in float32, beyond the sliding
    window.
    """
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    gemma = load("gemma", monkeypatch)
    base = gemma.Base.random(300)
    for name, array in base.tensors.items():
        if array.ndim == 1:
            base.tensors[name] = array + 0.1 * torch.randn(len(array)).numpy()
    ours = gemma.Gemma(base, rank=4, dtype=torch.float32)
    config = transformers.Gemma3TextConfig(
        vocab_size=300, hidden_size=640, num_hidden_layers=18, num_attention_heads=4, num_key_value_heads=1,
        head_dim=256, intermediate_size=2048, sliding_window=512, rms_norm_eps=1e-6,
        query_pre_attn_scalar=256, max_position_embeddings=2048,
    )  # fmt: skip
    theirs = transformers.Gemma3ForCausalLM(config).eval()
    state = {
        "model.embed_tokens.weight": base.tensors["token_embd"],
        "model.norm.weight": base.tensors["output_norm"] - 1,
    }
    norms = {
        "attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
        "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
        "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    }  # fmt: skip
    for i in range(18):
        for hf_name, name, _, _ in gemma.LINEARS:
            state[f"model.layers.{i}.{hf_name}.weight"] = base.tensors[f"blk.{i}.{name}"]
        for name, hf_name in norms.items():
            state[f"model.layers.{i}.{hf_name}.weight"] = base.tensors[f"blk.{i}.{name}"] - 1
    theirs.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()}, strict=False)
    ids = torch.randint(0, 300, (1, 530))
    with torch.no_grad():
        expected = theirs.model(input_ids=ids).last_hidden_state
        assert torch.allclose(ours(ids), expected, atol=2e-3)
