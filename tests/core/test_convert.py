"""Hugging Face models of every family: converted, they write the tokens that transformers writes.

The models are tiny and random, made here, and fetched over HTTP from a hub on this machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from khabar_core.assets import ModelStore
from khabar_core.convert.adding import AddOptions, add_model
from khabar_core.engines import load_engine
from khabar_core.engines.base import DecodeOptions, Request
from khabar_core.errors import ModelError
from khabar_core.manifest import DECODER_FAMILIES, Manifest
from khabar_core.settings import Settings, load_settings

from .tiny_hub import COMMIT, TinyHub
from .tiny_models import FAMILIES, make_tiny
from .tiny_tokenizers import ARABIC, ENGLISH

pytestmark = [pytest.mark.torch, pytest.mark.slow]

MAX_TOKENS = 24
GREEDY = DecodeOptions(beam_size=1, max_output_tokens=MAX_TOKENS)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives the folder of a tiny model; each is made once."""
    root = tmp_path_factory.mktemp("tiny")

    def make(family: str) -> Path:
        folder = root / family
        return folder if folder.is_dir() else make_tiny(family, folder)

    return make


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A store of the test's own, also for whoever reads the environment."""
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return load_settings()


class Original:
    """A model as transformers runs it, greedily, in float32; knows nothing of khabar's profiles."""

    def __init__(self, folder: Path, family: str) -> None:
        import transformers

        from khabar_core.convert.huggingface import quiet_transformers

        self.family = family
        decoder = family in DECODER_FAMILIES
        kind = transformers.AutoModelForCausalLM if decoder else transformers.AutoModelForSeq2SeqLM
        codes = {"nllb": ("arb_Arab", "eng_Latn"), "m2m100": ("ar", "en")}
        codes |= {"mbart": ("ar_AR", "en_XX"), "mbart50": ("ar_AR", "en_XX")}
        languages = dict(zip(("src_lang", "tgt_lang"), codes.get(family, ()), strict=False))
        with quiet_transformers():
            self.model = kind.from_pretrained(str(folder), dtype="float32").eval()
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **languages)
        self.target = languages.get("tgt_lang")

    def generate(self, text: str) -> str:
        """The output without special tokens."""
        import torch

        from khabar_core.convert.huggingface import quiet_transformers

        tokenizer = self.tokenizer
        options: dict[str, Any] = {"max_new_tokens": MAX_TOKENS, "do_sample": False, "num_beams": 1}
        ids = tokenizer(text, return_tensors="pt").input_ids
        self.model.generation_config.forced_eos_token_id = None
        if self.family in ("nllb", "m2m100", "mbart50", "mbart"):
            token = f"__{self.target}__" if self.family == "m2m100" else self.target
            number = tokenizer.convert_tokens_to_ids(token)
            if self.family == "mbart":
                options["decoder_start_token_id"] = number
            else:
                options |= {"forced_bos_token_id": number, "max_new_tokens": MAX_TOKENS + 1}
        elif self.family == "bart":
            options["max_new_tokens"] = MAX_TOKENS + 1
        elif self.family == "marian":
            options["bad_words_ids"] = [[self.model.config.pad_token_id]]
        elif self.family in DECODER_FAMILIES:
            # A translation of one line ends with the line.
            newlines = [tokenizer.get_vocab().get(token) for token in ("\n", "Ċ", "<0x0A>")]
            ends = [tokenizer.eos_token_id, *(number for number in newlines if number is not None)]
            options["eos_token_id"] = ends
        with torch.no_grad(), quiet_transformers():
            out = self.model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0].tolist()
        if self.family in DECODER_FAMILIES:
            out = out[ids.shape[1] :]
        # transformers 5 no longer counts M2M100's languages among the special tokens.
        languages = set(getattr(tokenizer, "lang_token_to_id", {}).values())
        written = [number for number in out if number not in languages]
        return str(tokenizer.decode(written, skip_special_tokens=True)).strip()


def requests(manifest: Manifest) -> list[Request]:
    """The sentences that a model is asked for."""
    texts = ENGLISH if manifest.tasks == ("brief",) else ARABIC
    return [Request(text=text, task=manifest.tasks[0]) for text in texts]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_converted_model_writes_what_the_original_writes(
    family: str, tiny: Any, settings: Settings
) -> None:
    """Through the whole road: conversion in float32, store, tokenizer, prompt, engine, detokenisation."""
    folder = tiny(family)
    options = AddOptions(quantization="float32", prompt="{source}" if family in DECODER_FAMILIES else None)
    manifest = add_model(str(folder), options, settings=settings)
    assert manifest.scores["parity"]["token_agreement"] == 1.0
    assert abs(manifest.scores["parity"]["logprob_loss"]) < 1e-3
    engine = load_engine(manifest.name, threads=1)
    found = engine.generate(requests(manifest), GREEDY)
    original = Original(folder, family)
    expected = [original.generate(request.text) for request in requests(manifest)]
    assert [hypothesis.text for (hypothesis,) in found] == expected
    # A model that says the same to everything would prove nothing.
    assert len(set(expected)) >= 3


@pytest.mark.parametrize("family", ["marian", "nllb", "mt5", "llama", "gemma3"])
def test_int8_is_less_than_half_the_size_and_close_to_the_original(
    family: str, tiny: Any, settings: Settings
) -> None:
    exact = add_model(str(tiny(family)), AddOptions(name="exact", quantization="float32"), settings=settings)
    small = add_model(str(tiny(family)), AddOptions(name="small"), settings=settings)
    assert small.compute_type == "int8"
    assert small.files["model.bin"].bytes < 0.5 * exact.files["model.bin"].bytes
    # Random weights magnify rounding; trained ones lose a hundredth of this.
    assert abs(small.scores["parity"]["logprob_loss"]) < 0.25


@pytest.mark.parametrize("quantization", ["int8_float32", "float16"])
def test_every_way_of_storing_can_be_run(quantization: str, tiny: Any, settings: Settings) -> None:
    manifest = add_model(str(tiny("marian")), AddOptions(quantization=quantization), settings=settings)
    engine = load_engine("marian", threads=1)
    assert len(engine.generate(requests(manifest), GREEDY)) == len(ARABIC)


def test_a_model_comes_from_a_hub_with_its_commit_and_licence(
    tiny: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real HTTP, with a connection that breaks in the middle of the weights."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    repositories = {"press/marian-ar-en": tiny("marian")}
    with TinyHub(repositories=repositories, break_after={"model.safetensors": 20_000}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        manifest = add_model("press/marian-ar-en", AddOptions(revision="main"), settings=settings)
        assert len(hub.downloads("model.safetensors")) == 2
        hub.log.clear()
        offline = load_settings(models=settings.models, offline=True)
        again = add_model("press/marian-ar-en", AddOptions(name="again"), settings=offline)
        assert hub.log == []
    assert manifest.name == "marian-ar-en"
    assert manifest.source == f"{hub.url}/press/marian-ar-en@{COMMIT}"
    assert manifest.licence == "cc-by-4.0"
    assert again.files == manifest.files
    ModelStore(settings.models).verify("marian-ar-en")


def test_a_pickled_checkpoint_is_read_without_running_code(
    tiny: Any, settings: Settings, tmp_path: Path
) -> None:
    """OPUS models are pickles; one that would run code on loading must be refused."""
    import pickle
    import shutil

    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "pickled"
    shutil.copytree(tiny("marian"), folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    safe = add_model(str(folder), AddOptions(quantization="float32"), settings=settings)
    assert safe.scores["parity"]["token_agreement"] == 1.0

    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "owned",))

    with open(folder / "pytorch_model.bin", "wb") as out:
        pickle.dump(Evil(), out)
    with pytest.raises(ModelError):
        add_model(str(folder), AddOptions(name="evil"), settings=settings)
    assert not (tmp_path / "owned").exists()


def test_damaged_weights_are_an_error_and_leave_nothing(
    tiny: Any, settings: Settings, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "damaged"
    shutil.copytree(tiny("marian"), folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="damaged"):
        add_model(str(folder), settings=settings)
    assert list(settings.models.iterdir()) == []


def test_a_missing_tokenizer_is_an_error_and_leaves_nothing(
    tiny: Any, settings: Settings, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "mute"
    shutil.copytree(tiny("nllb"), folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="has no tokenizer"):
        add_model(str(folder), settings=settings)
    assert list(settings.models.iterdir()) == []


def test_a_wrong_conversion_is_refused(
    tiny: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores that differ by more than rounding stop the addition: here mT5 with outputs scaled wrongly."""
    from khabar_core.convert import huggingface

    def unmended() -> Any:
        from ctranslate2.converters import TransformersConverter

        return TransformersConverter

    monkeypatch.setattr(huggingface, "_converter_class", unmended)
    monkeypatch.setattr("khabar_core.convert.parity.MAX_LOGPROB_LOSS", 0.01)
    with pytest.raises(ModelError, match=r"differs from the original by .* nats per token"):
        add_model(str(tiny("mt5")), AddOptions(quantization="float32"), settings=settings)


def test_a_stretched_gemma_is_refused(tiny: Any, settings: Settings, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "stretched"
    shutil.copytree(tiny("gemma3"), folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["rope_parameters"]["full_attention"] = {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="linear rope scaling is not supported"):
        add_model(str(folder), settings=settings)


def test_a_language_model_is_told_its_first_and_last_token(tiny: Any, settings: Settings) -> None:
    llama = add_model(str(tiny("llama")), AddOptions(parity=False), settings=settings)
    assert (llama.special["bos"], llama.special["eos"]) == ("<s>", "</s>")
    qwen = add_model(str(tiny("qwen2")), AddOptions(parity=False), settings=settings)
    assert (qwen.special["bos"], qwen.special["eos"]) == ("", "<|endoftext|>")
    assert llama.scores == {}
    assert (llama.special["stop"], qwen.special["stop"]) == (["<0x0A>"], ["Ċ"])
