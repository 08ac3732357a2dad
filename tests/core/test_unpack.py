"""Archives from strangers: what comes out, and what is refused before it does harm."""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khabar_core.errors import ModelError
from khabar_core.unpack import UnpackLimits, is_archive, unpack


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A zip with members of these names, sound or not."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def make_tar(path: Path, *infos: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A gzipped tar with these members."""
    with tarfile.open(path, "w:gz") as out:
        for info, content in infos:
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder inside another one, so that an escape would be seen."""
    folder = tmp_path / "outer" / "target"
    folder.mkdir(parents=True)
    return folder


def test_a_zip_gives_its_files(tmp_path: Path, target: Path) -> None:
    archive = make_zip(
        tmp_path / "m.argosmodel", {"pack/model/model.bin": b"weights", "pack/metadata.json": b"{}"}
    )
    unpack(archive, target)
    assert (target / "pack/model/model.bin").read_bytes() == b"weights"
    assert (target / "pack/metadata.json").read_bytes() == b"{}"


def test_a_tar_gives_its_files(tmp_path: Path, target: Path) -> None:
    archive = make_tar(tmp_path / "m.tar.gz", (tarfile.TarInfo("pack/model.bin"), b"weights"))
    unpack(archive, target)
    assert (target / "pack/model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "C:evil", "a\\..\\evil", "a/\x01b", "x" * 500],
)
def test_names_that_leave_the_folder_are_refused(name: str, tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"good": b"1", name: b"evil"})
    with pytest.raises(ModelError, match="leaves the folder"):
        unpack(archive, target)
    tar = make_tar(tmp_path / "m.tar.gz", (tarfile.TarInfo(name), b"evil"))
    with pytest.raises(ModelError, match="leaves the folder"):
        unpack(tar, target)
    assert [path.name for path in target.parent.rglob("*")] in (["target"], ["target", "good"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(st.sampled_from(["..", ".", "a", "b", "", "c.bin"]), min_size=1, max_size=5))
def test_whatever_the_name_nothing_is_written_outside(
    parts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("any")
    target = root / "target"
    target.mkdir()
    archive = make_zip(root / "m.zip", {"/".join(parts) or "x": b"content"})
    with contextlib.suppress(ModelError):
        unpack(archive, target)
    assert {path.name for path in root.iterdir()} == {"target", "m.zip"}


def test_links_in_a_zip_are_refused(tmp_path: Path, target: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as out:
        out.writestr(link, "/etc/passwd")
    with pytest.raises(ModelError, match="is a link or a device"):
        unpack(tmp_path / "m.zip", target)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path, target: Path) -> None:
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(ModelError, match="is a link or a device"):
        unpack(make_tar(tmp_path / "m.tar.gz", (info, b"")), target)
    assert list(target.iterdir()) == []


def test_a_zip_bomb_is_stopped_while_it_grows(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"zeros": bytes(40 << 20)})
    with pytest.raises(ModelError, match="a zip bomb"):
        unpack(archive, target)
    written = sum(path.stat().st_size for path in target.rglob("*"))
    assert written <= UnpackLimits().free_bytes


def test_a_compressible_vocabulary_is_no_bomb(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"vocabulary.txt": b"token\n" * 500_000})
    unpack(archive, target)
    assert (target / "vocabulary.txt").stat().st_size == 3_000_000


def test_too_many_files_are_refused(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {f"f{i}": b"" for i in range(12)})
    with pytest.raises(ModelError, match="more than 10 files"):
        unpack(archive, target, UnpackLimits(files=10))


def test_two_members_of_one_name_are_refused(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"Model.bin": b"1", "model.bin": b"2"})
    with pytest.raises(ModelError, match="appears twice"):
        unpack(archive, target)


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"a": b"1", "a/b": b"2"})
    with pytest.raises(ModelError, match="a file and a folder at once"):
        unpack(archive, target)


def test_a_truncated_archive_is_an_error(tmp_path: Path, target: Path) -> None:
    archive = make_tar(tmp_path / "m.tar.gz", (tarfile.TarInfo("model.bin"), bytes(range(256)) * 4000))
    archive.write_bytes(archive.read_bytes()[:2000])
    with pytest.raises(ModelError, match="fetch it again"):
        unpack(archive, target)


def test_a_damaged_zip_member_is_an_error(tmp_path: Path, target: Path) -> None:
    archive = make_zip(tmp_path / "m.zip", {"model.bin": bytes(range(256)) * 40})
    content = bytearray(archive.read_bytes())
    content[60:80] = bytes(20)
    archive.write_bytes(content)
    with pytest.raises(ModelError, match="the archive is broken"):
        unpack(archive, target)


def test_a_text_is_no_archive(tmp_path: Path, target: Path) -> None:
    (tmp_path / "m.zip").write_text("not a zip", encoding="utf-8")
    assert not is_archive(tmp_path / "m.zip")
    with pytest.raises(ModelError, match="neither a zip nor a tar"):
        unpack(tmp_path / "m.zip", target)
