"""A model is measured in a process of its own, and what goes wrong there is told here."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar_core.errors import ModelError, UsageError
from khabar_core.manifest import Manifest, describe_files
from khabar_core.measure import measure_model

from .tiny_ct2 import make_ct2
from .tiny_tokenizers import sentencepiece_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny OpenNMT model with its manifest."""
    folder = make_ct2(tmp_path_factory.mktemp("measure") / "tiny")
    (folder / "source.spm").write_bytes(sentencepiece_model())
    (folder / "target.spm").write_bytes(sentencepiece_model())
    special = {"eos": "</s>"}
    manifest = Manifest(
        name="tiny", family="opennmt", special=special, files=describe_files(folder), compute_type="float32"
    )
    manifest.write(folder)
    return folder


def test_a_model_is_loaded_and_decodes(folder: Path) -> None:
    speed = measure_model(str(folder), threads=1, beam_size=1)
    assert speed.compute_type == "float32"
    assert (speed.threads, speed.beam_size, speed.n_texts) == (1, 1, 12)
    assert speed.n_tokens > 0
    assert speed.tokens_per_s == pytest.approx(speed.n_tokens / speed.decode_s)
    assert speed.load_s > 0


def test_a_compute_type_that_the_machine_lacks_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="int7 is not supported"):
        measure_model(str(folder), compute_type="int7")


def test_a_missing_model_is_told_with_its_hint() -> None:
    with pytest.raises(ModelError, match="khabar models add"):
        measure_model("no-such-model")


def test_a_process_that_ends_without_an_answer_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the system kills it for its memory."""
    monkeypatch.setattr("khabar_core.measure._measure_here", print)
    with pytest.raises(ModelError, match="its process ended with 0"):
        measure_model(str(folder))
