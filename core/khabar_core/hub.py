"""Fetch models over the network: from a Hugging Face hub or a mirror of it, or a single file from a URL.

In: a repository name with a revision, or a URL. Out: a folder or file on this machine, and exactly where it
came from. HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_OFFLINE and proxies count as in every tool built on
huggingface_hub. Not here: what the files mean (convert), the store (assets).
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khabar_core.errors import InputError, ModelError
from khabar_core.manifest import file_sha256

__all__ = ["Fetched", "HubRef", "download_file", "fetch_repository", "parse_hub_ref"]

Progress = Callable[[float, str], None]

PUBLIC_ENDPOINT = "https://huggingface.co"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_BLOCK = 1 << 20
_TIMEOUT_S = 30.0

# Everything but weights that a conversion, a tokenizer or a licence notice may need.
_SMALL_FILES = (
    "*.json",
    "*.model",
    "*.spm",
    "*.jinja",
    "vocab.txt",
    "merges.txt",
    "*_vocabulary.txt",
    "LICENSE*",
    "NOTICE*",
    "USE_POLICY*",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRef:
    """A repository on a hub.

    Attributes:
        repository: `owner/name`, or `name` for the oldest ones.
        endpoint: base URL of the hub; None takes HF_ENDPOINT or the public one.
        revision: branch, tag or commit; None is the main branch.
        file: the one file that is wanted, e.g. one of several GGUF files.
    """

    repository: str
    endpoint: str | None = None
    revision: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was fetched.

    Attributes:
        path: a folder with the repository's files, or the one file.
        source: for the manifest: where it came from, with the commit.
        licence: as the hub states it, "" if it does not.
        files: the names that make up the model below `path`.
    """

    path: Path
    source: str
    licence: str = ""
    files: tuple[str, ...] = ()


def parse_hub_ref(text: str, revision: str | None = None) -> HubRef | None:
    """Understand `owner/name`, `name@revision`, `owner/name/file.gguf`, or a hub's URL; None for others.

    >>> parse_hub_ref("Helsinki-NLP/opus-mt-ar-en@main").revision
    'main'
    >>> parse_hub_ref("https://mirror.example/hf/owner/name/tree/v1").endpoint
    'https://mirror.example/hf'
    """
    endpoint = None
    file = None
    if text.startswith(("https://", "http://")):
        parsed = urllib.parse.urlsplit(text)
        parts = [urllib.parse.unquote(part) for part in parsed.path.split("/") if part]
        for mark in ("tree", "resolve", "blob"):
            if mark in parts[2:]:
                at = parts.index(mark, 2)
                revision = revision or (parts[at + 1] if len(parts) > at + 1 else None)
                file = "/".join(parts[at + 2 :]) or None
                parts = parts[:at]
        if len(parts) < 2 or parsed.query:
            return None
        prefix = "/".join(["", *parts[:-2]])
        endpoint = f"{parsed.scheme}://{parsed.netloc}{prefix}".rstrip("/")
        text = "/".join(parts[-2:])
    elif text.count("/") >= 2:
        owner, name, file = text.split("/", 2)
        text = f"{owner}/{name}"
    if "@" in text and revision is None:
        text, revision = text.rsplit("@", 1)
    sound = _REPOSITORY.fullmatch(text) and ".." not in text and not text.endswith(".git")
    if not sound or (revision is not None and not _REVISION.fullmatch(revision)):
        return None
    if revision is not None and ".." in revision:
        return None
    if file is not None and not file.endswith(".gguf"):
        return None
    return HubRef(repository=text, endpoint=endpoint, revision=revision, file=file)


def fetch_repository(ref: HubRef, *, offline: bool = False, progress: Progress | None = None) -> Fetched:
    """Download the files of a model that are needed, and only those; what the cache holds is used.

    A connection that breaks is taken up again where it stopped; after a crash, complete files are kept.

    Raises:
        ModelError: no such repository, revision or file; no access; no network; offline and not in the cache.
    """
    import huggingface_hub
    from huggingface_hub import errors

    where = f"{ref.endpoint or _endpoint()}/{ref.repository}"
    try:
        if offline:
            return _from_cache(ref, where)
        api = huggingface_hub.HfApi(endpoint=ref.endpoint or _endpoint())
        info = api.model_info(ref.repository, revision=ref.revision, timeout=_TIMEOUT_S)
        names = choose_files([item.rfilename for item in info.siblings or []], where, ref.file)
        folder = _download(ref, names, progress)
    except errors.GatedRepoError as exc:
        hint = "accept its terms on the hub, then set HF_TOKEN"
        raise ModelError("access needs a permission", where=where, hint=hint) from exc
    except errors.RevisionNotFoundError as exc:
        raise ModelError(f"no revision {ref.revision}", where=where) from exc
    except errors.RepositoryNotFoundError as exc:
        hint = "check the name; a private one needs HF_TOKEN"
        raise ModelError("no such model on the hub", where=where, hint=hint) from exc
    except errors.OfflineModeIsEnabled as exc:
        raise ModelError("downloads are off", where=where, hint="unset HF_HUB_OFFLINE") from exc
    except (errors.HfHubHTTPError, errors.HFValidationError, OSError) as exc:
        raise ModelError(f"cannot be fetched: {_one_line(exc)}", where=where, hint="try again") from exc
    except Exception as exc:
        # The HTTP library below huggingface_hub has changed its name and its exceptions twice; all of them
        # mean that the network failed, and anything else must not be hidden.
        if type(exc).__module__.split(".")[0] not in ("httpx", "httpx2", "httpcore", "httpcore2", "requests"):
            raise
        raise ModelError(f"cannot be reached: {_one_line(exc)}", where=where, hint="try again") from exc
    return _fetched(Path(folder), names, where, Path(folder).name, ref, _licence(info))


def _download(ref: HubRef, names: Sequence[str], progress: Progress | None) -> str:
    """Fetch files into the hub's cache; before 1.0 the library gives up when a connection breaks."""
    import huggingface_hub

    attempts = 3
    while True:
        attempts -= 1
        try:
            folder: str = huggingface_hub.snapshot_download(
                ref.repository,
                # By name, so that the cache learns which commit the name means and works offline later.
                revision=ref.revision or "main",
                endpoint=ref.endpoint or _endpoint(),
                cache_dir=_hub_cache(),
                allow_patterns=[glob.escape(name) for name in names],
                max_workers=4,
                tqdm_class=_progress_class(progress),
            )
            return folder
        except OSError as exc:
            # What `requests` calls an answer that broke off; the next attempt goes on behind what has come.
            if type(exc).__name__ != "ChunkedEncodingError" or not attempts:
                raise


def choose_files(names: Sequence[str], where: str, wanted: str | None = None) -> list[str]:
    """The files of a repository that are needed; one format of the weights, safetensors before pickles.

    Raises:
        ModelError: no weights that khabar can read, or several GGUF files and none was named.
    """
    top = sorted(name for name in names if "/" not in name)
    ggufs = sorted(name for name in names if name.endswith(".gguf"))
    if wanted is not None:
        if wanted not in names:
            hint = "there are: " + ", ".join(ggufs[:10]) if ggufs else None
            raise ModelError(f"no file {wanted}", where=where, hint=hint)
        return [wanted]
    small = [name for name in top if any(fnmatch.fnmatchcase(name, pattern) for pattern in _SMALL_FILES)]
    small = [name for name in small if not name.endswith(".index.json")]
    if "model.bin" in top:
        return sorted({*small, "model.bin"})
    for weights, index in (
        ("model*.safetensors", "model.safetensors"),
        ("pytorch_model*.bin", "pytorch_model.bin"),
    ):
        found = [name for name in top if fnmatch.fnmatchcase(name, weights)]
        if found:
            # A repository may hold the weights both whole and in shards; the whole file is enough.
            found = [index] if index in found else found
            return sorted({*small, *found, *(name for name in top if name == f"{index}.index.json")})
    if len(ggufs) == 1:
        return ggufs
    if ggufs:
        listed = ", ".join(ggufs[:10])
        raise ModelError("holds several GGUF files", where=where, hint=f"add one as {where}/FILE: {listed}")
    raise ModelError(
        "holds no weights that khabar can read", where=where, hint="safetensors, CTranslate2 or GGUF"
    )


def download_file(
    url: str, folder: Path, *, sha256: str | None = None, progress: Progress | None = None
) -> Path:
    """Download one file into a folder; a download that was interrupted goes on where it stopped.

    Args:
        url: https, or http where the checksum is given or the server is this machine.
        folder: where the file is put; made if missing.
        sha256: what it must be, in hexadecimal.
        progress: called with the fraction done and the file's name.

    Raises:
        ModelError: the server fails, the checksum differs, the disk is full.
        InputError: the URL is none, or is insecure.
    """
    name = _file_name(url, sha256)
    # The address is part of the name: two servers may both have a model.zip.
    target = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{name}"
    partial = target.with_name(target.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not target.is_file():
            _receive(url, partial, lambda fraction: progress(fraction, name) if progress else None)
            os.replace(partial, target)
    except urllib.error.HTTPError as exc:
        raise ModelError(f"the server answers {exc.code} {exc.reason}", where=url) from exc
    except OSError as exc:  # URLError, timeouts, reset connections and a full disk are all of this kind
        reason = getattr(exc, "reason", None) or exc
        hint = "run the command again: it goes on where it stopped"
        raise ModelError(f"cannot be fetched: {_one_line(reason)}", where=url, hint=hint) from exc
    if sha256 is not None and file_sha256(target) != sha256.lower():
        target.unlink(missing_ok=True)
        raise ModelError("the checksum differs from the one given", where=url, hint="do not use this file")
    return target


def _receive(url: str, partial: Path, report: Callable[[float], None]) -> None:
    have = partial.stat().st_size if partial.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "khabar", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as exc:
        if exc.code != 416 or not have:
            raise
        # The part is longer than the file, so it is not a part of it.
        partial.unlink()
        return _receive(url, partial, report)
    with answer:
        if answer.status != 206:
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdecimal() else None
        with open(partial, "ab" if have else "wb") as out:
            while block := answer.read(_BLOCK):
                out.write(block)
                have += len(block)
                if total:
                    report(have / total)
    if total is not None and have != total:
        raise ConnectionError(f"the connection broke after {have} of {total} bytes")


def _file_name(url: str, sha256: str | None) -> str:
    parsed = urllib.parse.urlsplit(url)
    local = parsed.hostname in ("127.0.0.1", "::1", "localhost")
    if parsed.scheme not in ("https", "http") or not parsed.hostname:
        raise InputError("is not a web address", where=url)
    if parsed.scheme == "http" and not local and sha256 is None:
        raise InputError("http can be altered on its way", where=url, hint="use https, or give --sha256")
    name = urllib.parse.unquote(parsed.path).rsplit("/", 1)[-1]
    name = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")
    return name[-80:] or "model"


def _from_cache(ref: HubRef, where: str) -> Fetched:
    # The cache has a stable, documented layout; the hub's own look-up takes a snapshot that lacks files which
    # nobody needs for an interrupted download.
    home = _hub_cache() / ("models--" + ref.repository.replace("/", "--"))
    revision = ref.revision or "main"
    pointer = home / "refs" / revision
    commit = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else revision
    folder = home / "snapshots" / commit
    if not folder.is_dir():
        hint = "run it once with network access, or add a local folder"
        raise ModelError("not in the cache, and downloads are off", where=where, hint=hint)
    present = [found.relative_to(folder).as_posix() for found in folder.rglob("*") if found.is_file()]
    names = choose_files(present, where, ref.file)
    return _fetched(folder, names, where, folder.name, ref, "")


def _fetched(
    folder: Path, names: Sequence[str], where: str, commit: str, ref: HubRef, licence: str
) -> Fetched:
    source = f"{where}@{commit}"
    single = ref.file or (names[0] if len(names) == 1 and names[0].endswith(".gguf") else None)
    if single is not None:
        return Fetched(path=folder / single, source=f"{source}/{single}", licence=licence, files=(single,))
    return Fetched(path=folder, source=source, licence=licence, files=tuple(names))


def _licence(info: Any) -> str:
    """The licence of the model's card, which is a tag `license:…` or a field of the card's head."""
    for tag in info.tags or []:
        if isinstance(tag, str) and tag.startswith("license:"):
            return tag.removeprefix("license:")
    card = getattr(info, "card_data", None)
    licence = card.get("license") if card is not None else None
    return licence if isinstance(licence, str) else ""


def _endpoint() -> str:
    # Read at call time; huggingface_hub itself reads it once at import.
    return (os.environ.get("HF_ENDPOINT") or PUBLIC_ENDPOINT).rstrip("/")


def _hub_cache() -> Path:
    """The hub's own cache, so that what other programs fetched is used and nothing is stored twice."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"]).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "huggingface" / "hub"


def _progress_class(progress: Progress | None) -> Any:
    """A tqdm that draws nothing and passes the bytes on."""
    from huggingface_hub.utils import tqdm

    class Quiet(tqdm):  # type: ignore[misc]
        # Before 1.0 the library shows us how many files are done, afterwards bytes, too.
        counts_bytes = False

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = True
            self._bytes = kwargs.get("unit") == "B"
            Quiet.counts_bytes = Quiet.counts_bytes or self._bytes
            self._done = 0.0
            super().__init__(*args, **kwargs)

        def __iter__(self) -> Any:
            for item in super().__iter__():
                yield item
                self.update()

        def update(self, n: float | None = 1) -> Any:
            self._done += n or 0
            total = getattr(self, "total", None)
            if progress is not None and self._bytes == Quiet.counts_bytes and total:
                progress(min(1.0, self._done / total), "downloading")
            return super().update(n)

    return Quiet


def _one_line(exc: object) -> str:
    return " ".join(str(exc).split())[:200] or type(exc).__name__
