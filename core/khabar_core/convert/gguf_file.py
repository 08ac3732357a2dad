"""Read GGUF files: metadata and tensors, each only when asked for.

In: a file. Out: metadata values, tensors dequantised to float32 in blocks of rows. Not here: what the tensors
mean (convert.gguf), the file's tokenizer (convert.gguf_tokenizer).

The `gguf` package's own reader keeps an array for every string of the vocabulary: 700 MB for Gemma's 262,144
tokens (measured), against a few here; only its dequantisation is used. Nothing in the file is trusted: counts
and offsets are checked against its size.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khabar_core.errors import ModelError

__all__ = ["Gguf"]

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_MAX_DIMENSIONS = 4
# Large enough for numpy to be fast, small enough that the copies made on the way do not count.
_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True, slots=True)
class _Array:
    """An array of the metadata that has not been read yet."""

    kind: int
    length: int
    offset: int


@dataclass(frozen=True, slots=True)
class _TensorInfo:
    """Where a tensor lies; `shape` is in numpy's order, rows first."""

    shape: tuple[int, ...]
    kind: int
    offset: int


class Gguf:
    """Read access to a GGUF file.

    Raises:
        ModelError: the file is not a readable GGUF.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            self._at = 0
            self._fields: dict[str, Any] = {}
            self._tensors: dict[str, _TensorInfo] = {}
            self._read_header()
        except (OSError, ValueError, struct.error, UnicodeDecodeError, OverflowError) as exc:
            raise ModelError(
                f"not a readable GGUF file: {exc}", where=str(path), hint="download it again"
            ) from exc

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    @property
    def architecture(self) -> str:
        """e.g. "gemma3", "llama"; "unknown" when the file does not say."""
        return str(self.field("general.architecture", "unknown"))

    def field(self, name: str, default: Any = None) -> Any:
        """A metadata value; "ARCH." is replaced by the architecture's name."""
        if name.startswith("ARCH."):
            name = f"{self.architecture}.{name.removeprefix('ARCH.')}"
        value = self._fields.get(name, default)
        if isinstance(value, _Array):
            self._at = value.offset
            try:
                return [self._value(value.kind) for _ in range(value.length)]
            except (struct.error, UnicodeDecodeError) as exc:
                raise ModelError(f"metadata {name} cannot be read: {exc}", where=str(self.path)) from exc
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A metadata value that must be a number.

        Raises:
            ModelError: it is missing and there is no default, or it is not a number.
        """
        value = self.field(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            shown = name.replace("ARCH", self.architecture)
            raise ModelError(f"metadata {shown} is missing or no number", where=str(self.path))
        return value

    def tensor(self, name: str, rows: Sequence[int] | None = None) -> Any:
        """A float32 array (out, in), or (size,); only the given rows when asked, so that a cut embedding
        stays small.

        Raises:
            ModelError: there is no such tensor, or its type or the rows cannot be read.
        """
        import numpy as np
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize, quant_shape_to_byte_shape

        info = self._tensors.get(name)
        if info is None:
            raise ModelError(f"tensor {name} is missing", where=str(self.path))
        try:
            kind = GGMLQuantizationType(info.kind)
            plain = {GGMLQuantizationType.F32: np.float32, GGMLQuantizationType.F16: np.float16}.get(kind)
            shape = info.shape if plain else quant_shape_to_byte_shape(info.shape, kind)
            count = int(np.prod(shape, dtype=np.int64))
            dtype = np.dtype(plain or np.uint8)
            data = np.frombuffer(self._map, dtype=dtype, count=count, offset=info.offset).reshape(shape)
            if data.ndim == 1:
                return np.array(data if plain else dequantize(data, kind), dtype=np.float32)
            picked = np.arange(shape[0]) if rows is None else np.asarray(rows)
            result = np.empty((len(picked), *info.shape[1:]), dtype=np.float32)
            step = max(1, _BLOCK_VALUES // max(1, int(np.prod(info.shape[1:]))))
            for start in range(0, len(picked), step):
                block = data[picked[start : start + step]]
                result[start : start + step] = block if plain else dequantize(block, kind)
        except (IndexError, NotImplementedError, ValueError, KeyError) as exc:
            raise ModelError(f"tensor {name} cannot be read: {exc}", where=str(self.path)) from exc
        return result

    def _read_header(self) -> None:
        if self._map[:4] != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        self._at = 4
        version = self._unpack("I")
        if version not in _VERSIONS:
            raise ValueError(f"version {version} is not supported")
        n_tensors, n_fields = self._unpack("Q"), self._unpack("Q")
        # The smallest entry has 12 bytes, so larger counts are false whatever follows.
        if max(n_tensors, n_fields) > len(self._map) // 12:
            raise ValueError("impossible counts in its header")
        for _ in range(n_fields):
            key = self._string()
            self._fields[key] = self._value(self._unpack("I"))
        found = [self._tensor_info() for _ in range(n_tensors)]
        alignment = self._fields.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
            raise ValueError("impossible alignment")
        start = -(-self._at // alignment) * alignment
        self._tensors = {
            name: _TensorInfo(info.shape, info.kind, start + info.offset) for name, info in found
        }

    def _tensor_info(self) -> tuple[str, _TensorInfo]:
        name = self._string()
        n_dimensions = self._unpack("I")
        if not 0 < n_dimensions <= _MAX_DIMENSIONS:
            raise ValueError(f"tensor {name:.60} has {n_dimensions} dimensions")
        shape = tuple(self._unpack("Q") for _ in range(n_dimensions))[::-1]
        kind, offset = self._unpack("I"), self._unpack("Q")
        if max(*shape, offset) > 1 << 40:
            raise ValueError(f"tensor {name:.60} has an impossible size")
        return name, _TensorInfo(shape, kind, offset)

    def _unpack(self, code: str) -> Any:
        (value,) = struct.unpack_from("<" + code, self._map, self._at)
        self._at += struct.calcsize("<" + code)
        return value

    def _string(self) -> str:
        length = self._unpack("Q")
        end = self._at + length
        if end > len(self._map):
            raise ValueError("a string goes beyond the end of the file")
        text = self._map[self._at : end].decode("utf-8")
        self._at = end
        return text

    def _value(self, kind: int) -> Any:
        if kind in _SCALARS:
            return self._unpack(_SCALARS[kind])
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            raise ValueError(f"metadata of unknown type {kind}")
        element, length = self._unpack("I"), self._unpack("Q")
        array = _Array(element, length, self._at)
        if element in _SCALARS:
            self._at += length * struct.calcsize("<" + _SCALARS[element])
        elif element == _STRING:
            self._skip_strings(length)
        else:
            raise ValueError(f"array of unknown type {element}")
        if self._at > len(self._map):
            raise ValueError("an array goes beyond the end of the file")
        return array

    def _skip_strings(self, length: int) -> None:
        at, unpack, data = self._at, struct.Struct("<Q").unpack_from, self._map
        for _ in range(length):
            at += 8 + unpack(data, at)[0]
        self._at = at
