"""Adding models that need no torch: CTranslate2 folders, Argos packages, archives, URLs, GGUF files."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from khabar_core.assets import ModelStore
from khabar_core.convert.adding import AddOptions, add_model, default_name, source_kind
from khabar_core.convert.families import newline_stops, profile, recognise_ct2, turn_end
from khabar_core.engines import load_engine
from khabar_core.engines.base import DecodeOptions, Request
from khabar_core.errors import InputError, ModelError, UsageError
from khabar_core.manifest import DECODER_FAMILIES, SEQ2SEQ_FAMILIES, Manifest
from khabar_core.settings import Settings, load_settings

from .tiny_ct2 import make_ct2
from .tiny_hub import TinyHub
from .tiny_tokenizers import sentencepiece_model


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A store and a cache of the test's own, also for whoever reads the environment."""
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return load_settings()


@pytest.fixture
def opus(tmp_path: Path) -> Path:
    """A CTranslate2 folder as OPUS models are passed around."""
    folder = make_ct2(tmp_path / "opus-ar-en")
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(sentencepiece_model())
    (folder / "README.md").write_text("not needed", encoding="utf-8")
    (folder / "LICENSE").write_text("CC-BY 4.0", encoding="utf-8")
    return folder


def make_argos(folder: Path, **metadata: Any) -> Path:
    """An Argos package, unpacked."""
    make_ct2(folder / "model")
    (folder / "sentencepiece.model").write_bytes(sentencepiece_model())
    (folder / "stanza").mkdir()
    (folder / "stanza" / "big.pt").write_bytes(b"not needed")
    data = {
        "package_version": "1.0",
        "from_code": "ar",
        "to_code": "en",
        "from_name": "Arabic",
        "to_name": "English",
    }
    (folder / "metadata.json").write_text(json.dumps({**data, **metadata}), encoding="utf-8")
    return folder


def zipped(folder: Path, path: Path) -> Path:
    """A zip with the folder in it."""
    with zipfile.ZipFile(path, "w") as out:
        for found in folder.rglob("*"):
            if found.is_file():
                out.write(found, found.relative_to(folder.parent).as_posix())
    return path


def translate(name: str) -> str:
    """What a model of the store makes of one sentence."""
    request = Request(text="غادر الوفد المدينة صباحا")
    engine = load_engine(name, threads=1)
    return engine.generate([request], DecodeOptions(beam_size=1, max_output_tokens=12))[0][0].text


def test_a_ctranslate2_folder_is_added_and_translates(opus: Path, settings: Settings) -> None:
    manifest = add_model(str(opus), AddOptions(licence="CC-BY-4.0"), settings=settings)
    assert manifest.family == "marian"
    assert manifest.licence == "CC-BY-4.0"
    assert manifest.source == str(opus)
    assert "README.md" not in manifest.files
    assert {"model.bin", "source.spm", "target.spm", "LICENSE"} <= set(manifest.files)
    assert ModelStore(settings.models).verify("opus-ar-en") == manifest
    assert translate("opus-ar-en") == translate("opus-ar-en") != ""


def test_an_argos_package_is_added_and_translates(tmp_path: Path, settings: Settings) -> None:
    package = zipped(
        make_argos(tmp_path / "translate-ar_en-1_0"), tmp_path / "translate-ar_en-1_0.argosmodel"
    )
    manifest = add_model(str(package), settings=settings)
    assert manifest.name == "translate-ar_en-1_0"
    assert manifest.family == "opennmt"
    assert dict(manifest.languages) == {"ar": "ar", "en": "en"}
    assert "Arabic to English" in manifest.description
    assert not any("stanza" in name for name in manifest.files)
    assert translate(manifest.name) != ""


def test_an_argos_package_with_another_tokenizer_is_refused(tmp_path: Path, settings: Settings) -> None:
    folder = make_argos(tmp_path / "package")
    (folder / "sentencepiece.model").rename(folder / "bpe.model")
    with pytest.raises(ModelError, match=r"bpe\.model; only SentencePiece"):
        add_model(str(folder), settings=settings)
    assert ModelStore(settings.models).names() == []


def test_an_opennmt_folder_needs_a_tokenizer(tmp_path: Path, settings: Settings) -> None:
    folder = make_ct2(tmp_path / "bare")
    with pytest.raises(ModelError, match="has no tokenizer"):
        add_model(str(folder), AddOptions(family="opennmt"), settings=settings)
    (folder / "sentencepiece.model").write_bytes(sentencepiece_model())
    manifest = add_model(str(folder), AddOptions(family="opennmt"), settings=settings)
    assert manifest.special["source_spm"] == "sentencepiece.model"


def test_a_family_that_cannot_be_told_must_be_named(tmp_path: Path, settings: Settings) -> None:
    folder = make_ct2(tmp_path / "bare")
    (folder / "sentencepiece.model").write_bytes(sentencepiece_model())
    with pytest.raises(ModelError, match=r"family cannot be told .*--family"):
        add_model(str(folder), settings=settings)


def test_damaged_weights_are_found_when_the_model_is_added(opus: Path, settings: Settings) -> None:
    weights = opus / "model.bin"
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(ModelError, match="CTranslate2 cannot load it"):
        add_model(str(opus), settings=settings)
    assert list(settings.models.iterdir()) == []


def test_a_file_that_only_looks_like_weights_is_refused(opus: Path, settings: Settings) -> None:
    (opus / "model.bin").write_bytes(b"PK\x03\x04 this is something else")
    with pytest.raises(ModelError, match="holds no CTranslate2 model"):
        add_model(str(opus), settings=settings)


def test_a_model_of_another_store_keeps_its_manifest(opus: Path, settings: Settings, tmp_path: Path) -> None:
    first = add_model(str(opus), AddOptions(licence="CC-BY-4.0"), settings=settings)
    assert first.path is not None
    copy = add_model(str(first.path), AddOptions(name="copy"), settings=settings)
    assert copy.name == "copy"
    assert (copy.licence, copy.source, copy.files) == (first.licence, first.source, first.files)
    (first.path / "model.bin").write_bytes(b"altered")
    with pytest.raises(ModelError, match="bytes, the manifest says"):
        add_model(str(first.path), AddOptions(name="other"), settings=settings)


def test_an_archive_comes_from_a_url_with_its_checksum(tmp_path: Path, settings: Settings) -> None:
    package = zipped(make_argos(tmp_path / "pack"), tmp_path / "pack.argosmodel").read_bytes()
    with TinyHub(files={"pack.argosmodel": package}, break_after={"pack.argosmodel": 3000}) as hub:
        url = f"{hub.url}/files/pack.argosmodel"
        options = AddOptions(sha256=hashlib.sha256(package).hexdigest())
        with pytest.raises(ModelError, match="goes on where it stopped"):
            add_model(url, options, settings=settings)
        manifest = add_model(url, options, settings=settings)
        assert hub.downloads("pack.argosmodel") == ["", "bytes=3000-"]
    assert manifest.source == url
    assert manifest.name == "pack"
    assert list((settings.cache / "downloads").iterdir()) == []


def test_a_checksum_is_compared_with_a_local_file_too(tmp_path: Path, settings: Settings) -> None:
    package = zipped(make_argos(tmp_path / "pack"), tmp_path / "pack.argosmodel")
    with pytest.raises(ModelError, match="checksum differs"):
        add_model(str(package), AddOptions(sha256="0" * 64), settings=settings)
    right = hashlib.sha256(package.read_bytes()).hexdigest()
    assert add_model(str(package), AddOptions(sha256=right), settings=settings).name == "pack"
    with pytest.raises(UsageError, match="only a file has one checksum"):
        add_model("owner/name", AddOptions(sha256=right), settings=settings)


def test_a_gguf_address_is_a_file_and_not_a_repository(
    tiny_gguf: Any, settings: Settings, tmp_path: Path
) -> None:
    source, _ = tiny_gguf()
    with TinyHub(files={"tiny.gguf": source.read_bytes()}) as hub:
        manifest = add_model(f"{hub.url}/files/tiny.gguf", settings=settings)
    assert manifest.name == "tiny"
    assert manifest.is_decoder


def test_offline_forbids_every_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(models=tmp_path / "m", cache=tmp_path / "c", offline=True)
    with TinyHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for source in (f"{hub.url}/files/x.zip", "owner/name", f"{hub.url}/owner/name"):
            with pytest.raises(ModelError, match="downloads are off"):
                add_model(source, settings=settings)
        assert hub.log == []


def test_a_gguf_file_is_added_and_translates(tiny_gguf: Any, settings: Settings) -> None:
    source, _ = tiny_gguf()
    prompt = "Arabic: {source}\nEnglish:"
    options = AddOptions(name="tiny", prompt=prompt, quantization="float32", licence="MIT")
    manifest = add_model(str(source), options, settings=settings)
    assert manifest.is_decoder
    assert manifest.prompts["translate"] == prompt
    assert manifest.special["eos"] == "<eos>"
    assert ModelStore(settings.models).verify("tiny").compute_type == "float32"
    assert isinstance(translate("tiny"), str)


@pytest.mark.parametrize("source", ["./none", "/none/at/all", "none.zip", "~/none", "x y"])
def test_a_path_that_does_not_exist_is_an_input_error(source: str, settings: Settings) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        add_model(source, AddOptions(name="m"), settings=settings)


def test_a_file_of_another_kind_is_an_input_error(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "notes.zip").write_text("not an archive", encoding="utf-8")
    with pytest.raises(InputError, match="is not a model"):
        add_model(str(tmp_path / "notes.zip"), settings=settings)


def test_a_folder_without_a_model_lists_what_would_be_one(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no model that khabar knows .*safetensors.*Argos.*\.gguf"):
        add_model(str(tmp_path / "empty"), settings=settings)


def test_a_hostile_archive_leaves_nothing(tmp_path: Path, settings: Settings) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as out:
        out.writestr("../../evil", "x")
    with pytest.raises(ModelError, match="leaves the folder"):
        add_model(str(tmp_path / "evil.zip"), settings=settings)
    assert list(settings.models.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Helsinki-NLP/opus-mt-ar-en", "opus-mt-ar-en"),
        ("owner/name@v1", "name"),
        ("owner/name/q4.gguf", "q4"),
        ("https://hub.example/owner/name/tree/main", "name"),
        ("https://host.example/v1/translate-ar_en-1_0.argosmodel", "translate-ar_en-1_0"),
        ("/models/My Model (1).tar.gz", "My-Model-1"),
        ("./folder/", "folder"),
    ],
)
def test_names_follow_from_sources(source: str, name: str) -> None:
    assert default_name(source) == name


@pytest.mark.parametrize("source", ["/", "..", "https://host.example/", "نموذج"])
def test_a_source_without_a_usable_name_asks_for_one(source: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        default_name(source)


@pytest.mark.parametrize(
    "options",
    [
        {"quantization": "int4"},
        {"family": "gpt9"},
        {"task": "sing"},
        {"prompt": "no place for the text"},
        {"prompt": "{source} and {source}"},
        {"sha256": "abc"},
    ],
)
def test_senseless_options_are_usage_errors(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        AddOptions(**options)


def test_a_torch_that_is_missing_is_named_with_the_remedy(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hf"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "marian"}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'needs torch \(pip install "khabar\[convert\]"'):
        add_model(str(folder), settings=settings)


def test_an_unsupported_model_type_lists_the_supported_ones(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "hf"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "whisper"}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"model type 'whisper' is not supported .*marian"):
        add_model(str(folder), settings=settings)
    assert source_kind(folder) == "huggingface"


@pytest.mark.parametrize("family", [*SEQ2SEQ_FAMILIES, *DECODER_FAMILIES])
def test_every_family_has_a_profile_that_makes_a_sound_manifest(family: str, tmp_path: Path) -> None:
    draft = profile(family, {"max_position_embeddings": 512}).draft(compute_type="int8")
    assert Manifest.from_json({**draft.to_json(), "name": "x"}).family == family
    assert 64 <= draft.max_input_tokens <= 1024
    assert set(draft.prompts) <= set(draft.tasks)
    if family in DECODER_FAMILIES:
        assert draft.prompts["translate"].count("{source}") == 1


@pytest.mark.parametrize(
    ("template", "begins", "ends"),
    [
        ("{{ '<start_of_turn>' + role }}", "<start_of_turn>user", "<end_of_turn>"),
        ("<|start_header_id|>{{ role }}", "<|start_header_id|>user", "<|eot_id|>"),
        ("{% for m in messages %}<|im_start|>", "<|im_start|>user", "<|im_end|>"),
        ("[INST] {{ m }} [/INST]", "[INST] Translate", "</s>"),
        ("", "Arabic: ", ""),
    ],
)
def test_chat_models_get_their_own_turns(template: str, begins: str, ends: str) -> None:
    prompt = profile("llama", {}, chat_template=template).prompts["translate"]
    assert prompt.startswith(begins)
    assert prompt.count("{source}") == 1
    assert turn_end(template) == ends


def test_a_base_model_stops_at_the_end_of_the_line_and_a_chat_model_at_the_end_of_its_turn() -> None:
    assert newline_stops({"a", "\n\n", "\n", "<0x0A>"}, "") == {"stop": ["\n", "\n\n", "<0x0A>"]}
    assert newline_stops({"a", "ĊĊ", "", ".Ċ"}, "") == {"stop": ["ĊĊ"]}
    assert newline_stops({"a", "\n"}, "<|im_start|>") == {}
    assert newline_stops({"a"}, "") == {}


def test_the_engine_is_told_about_a_sliding_window() -> None:
    assert profile("gemma3", {"text_config": {"sliding_window": 1024}}).special["sliding_window"] == 1024
    assert profile("gemma3", {}).special["sliding_window"] == 512
    assert profile("mistral", {"sliding_window": 4096}).special["sliding_window"] == 4096
    unused = {"sliding_window": 4096, "use_sliding_window": False}
    assert "sliding_window" not in profile("qwen2", unused).special
    assert "sliding_window" not in profile("llama", {}).special


def test_a_vocabulary_tells_the_family(tmp_path: Path) -> None:
    folder = make_ct2(tmp_path / "m")
    tokens = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
    for mark, family in (
        ("arb_Arab", "nllb"),
        ("__ar__", "m2m100"),
        ("ar_AR", "mbart"),
        ("<extra_id_0>", "t5"),
    ):
        (folder / "shared_vocabulary.json").write_text(json.dumps([*tokens, mark]), encoding="utf-8")
        assert recognise_ct2(folder) == family
