"""Low-rank adapters as they are shipped: int8 rows with float16 scales, in one or several safetensors files.

In: a folder with `adapter*.safetensors`. Out: a mapping from `NAME.a` (rank, in) and `NAME.b` (out, rank) to
float32 arrays, made one at a time so that the whole never stands in memory twice; the merged weight is W +
B·A. Not here: training, and merging into a model (convert.gguf).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from khabar_core.errors import ModelError

__all__ = ["ADAPTER_GLOB", "Adapter", "load_adapter", "quantise_rows"]

ADAPTER_GLOB = "adapter*.safetensors"
_SCALE = "_scale"
# Rounding an embedding whole would need three more copies of it.
_BLOCK_ROWS = 4096


class Adapter(Mapping[str, Any]):
    """Adapter matrices by name (`model.layers.0.mlp.up_proj.a`), each dequantised when it is asked for."""

    def __init__(self, tensors: Mapping[str, Any], where: str) -> None:
        self._tensors = dict(tensors)
        self._names = sorted(name for name in self._tensors if not name.endswith(_SCALE))
        _check(self._tensors, self._names, where)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._tensors and not str(name).endswith(_SCALE)

    def __getitem__(self, name: str) -> Any:
        """A float32 array."""
        import numpy as np

        if name not in self:
            raise KeyError(name)
        matrix = self._tensors[name].astype(np.float32)
        scale = self._tensors.get(name + _SCALE)
        return matrix if scale is None else matrix * scale.astype(np.float32)


def load_adapter(paths: Sequence[Path]) -> Adapter:
    """Read an adapter from its files; the names in different files must differ.

    Raises:
        ModelError: a file is missing or is no safetensors file, or the matrices do not fit together.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not paths:
        raise ModelError("no adapter file was given", hint="reinstall khabar")
    tensors: dict[str, Any] = {}
    for path in paths:
        try:
            part = load_file(str(path))
        except (OSError, SafetensorError, KeyError, TypeError, AttributeError) as exc:
            # KeyError, TypeError, AttributeError: element types that numpy does not know, such as bfloat16.
            raise ModelError(
                f"not a readable adapter: {exc}", where=str(path), hint="reinstall khabar"
            ) from exc
        twice = sorted(set(part) & set(tensors))
        if twice:
            raise ModelError(f"{twice[0]} stands in two adapter files", where=str(path))
        tensors.update(part)
    return Adapter(tensors, str(paths[0]))


def quantise_rows(matrix: Any) -> tuple[Any, Any]:
    """Round a matrix to int8 with one scale a row, as CTranslate2 stores weights and adapters are shipped.

    Args:
        matrix: (rows, columns) float32.

    Returns:
        (rows, columns) int8 and (rows,) float32 factors f with matrix ≈ int8 / f; f is 1 for a row of zeros.
    """
    import numpy as np

    rounded = np.empty(matrix.shape, dtype=np.int8)
    factors = np.empty(matrix.shape[0], dtype=np.float32)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = matrix[start : start + _BLOCK_ROWS]
        largest = np.abs(block).max(axis=1)
        # Rows of zeros, and rows so small that the factor would overflow.
        largest = np.where(largest == 0, np.float32(127.0), np.maximum(largest, np.float32(1e-30)))
        factor = (np.float32(127.0) / largest).astype(np.float32)
        rounded[start : start + _BLOCK_ROWS] = np.rint(block * factor[:, None])
        factors[start : start + _BLOCK_ROWS] = factor
    return rounded, factors


def _check(tensors: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """Every `.a` has its `.b` of the same rank, every int8 matrix its finite scales."""
    import numpy as np

    if not names:
        raise ModelError("the adapter has no matrices", where=where)
    for name in names:
        stem, dot, side = name.rpartition(".")
        if not dot or side not in ("a", "b") or f"{stem}.{'b' if side == 'a' else 'a'}" not in tensors:
            raise ModelError(f"{name} has no counterpart in the adapter", where=where)
        matrix, scale = tensors[name], tensors.get(name + _SCALE)
        if matrix.ndim != 2:
            raise ModelError(f"{name} is not a matrix", where=where)
        if (matrix.dtype == np.int8) != (scale is not None):
            raise ModelError(f"{name} lacks its scales, or has some without being int8", where=where)
        values = matrix if scale is None else scale
        if scale is not None and scale.shape != (matrix.shape[0], 1):
            raise ModelError(
                f"{name}{_SCALE} has shape {scale.shape}, not {(matrix.shape[0], 1)}", where=where
            )
        if not np.isfinite(values).all():
            raise ModelError(f"{name} holds values that are not finite", where=where)
        if side == "a" and tensors[f"{stem}.b"].shape[-1] != matrix.shape[0]:
            raise ModelError(f"{stem}: the ranks of a and b differ", where=where)
