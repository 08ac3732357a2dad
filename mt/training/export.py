"""Round an adapter to int8 with one float16 scale a row, in shards small enough for any tool, as the
package ships it.

In: bfloat16 adapter shards of train.py. Out: `adapter_00.safetensors`, ...; arrays `NAME.a` (rank, in) and
`NAME.b`
(out, rank) int8 with `NAME.a_scale`, `NAME.b_scale`. The product B·A is unchanged when row i of A is
multiplied and
column i of B divided by the same number, so the rows are balanced first: rounding then costs least.
After fine-tuning on few examples, `--blend` draws the adapter back towards the one it started from: the
blend keeps most of what is new and loses little of what was known (WiSE-FT, arXiv:2109.01903). A must be
the same in both, as it is after `train.py --only-b`.
Use: python export.py run/adapter_*.safetensors --out folder [--blend start/adapter_*.safetensors --share 0.3]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gemma import unrounded
from safetensors.numpy import save_file
from safetensors.torch import load_file
from safetensors.torch import save_file as save_torch


def rounded(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 per row: (int8 matrix, float16 scales (rows, 1))."""
    scale = np.abs(matrix).max(1, keepdims=True) / 127 + 1e-12
    scale = scale.astype(np.float16)
    return np.clip(np.rint(matrix / scale.astype(np.float32)), -127, 127).astype(np.int8), scale


def balanced(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotate (a, b) to the singular basis of B·A, so that important directions have rows of their own."""
    q_b, r_b = np.linalg.qr(b)
    q_a, r_a = np.linalg.qr(a.T)
    u, s, vt = np.linalg.svd(r_b @ r_a.T)
    root = np.sqrt(s)
    return (vt * root[:, None]) @ q_a.T, q_b @ (u * root)


def blend(shards: list[Path], start: list[Path], share: float, out: Path) -> list[Path]:
    """Write share · new + (1 - share) · old B in bfloat16 shards; returns their paths. The start may be as
    trained or as shipped.

    Raises:
        ValueError: the adapters differ in A, so that their B cannot be mixed.
    """
    old = {name: tensor for path in start for name, tensor in load_file(path).items()}
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for number, path in enumerate(sorted(shards)):
        tensors = load_file(path)
        for name in tensors:
            before = unrounded(old, name)
            if name.endswith(".a") and not torch.equal(tensors[name], before.to(torch.bfloat16)):
                raise ValueError(f"{name} differs from that of the start")
            mixed = share * tensors[name].float() + (1 - share) * before
            tensors[name] = mixed.to(torch.bfloat16)
        written.append(out / f"blend_{number:02d}.safetensors")
        save_torch(tensors, written[-1])
    return written


def export(shards: list[Path], out: Path, n_files: int = 2, rank: int | None = None) -> list[float]:
    """Round the adapter of some shards and write it; the relative errors of B·A, one for each matrix."""
    tensors: dict[str, torch.Tensor] = {}
    for path in shards:
        tensors.update(load_file(path))
    names = sorted({name.rsplit(".", 1)[0] for name in tensors})
    errors = []
    parts: list[dict[str, np.ndarray]] = [{} for _ in range(n_files)]
    for number, name in enumerate(names):
        a, b = tensors[f"{name}.a"].float().numpy(), tensors[f"{name}.b"].float().numpy()
        product = b @ a
        a, b = balanced(a, b)
        a, b = a[:rank], b[:, :rank]
        qa, sa = rounded(a)
        qb, sb = rounded(b)
        again = (qb * sb.astype(np.float32)) @ (qa * sa.astype(np.float32))
        errors.append(float(np.linalg.norm(again - product) / np.linalg.norm(product)))
        parts[number % n_files] |= {
            f"{name}.a": qa,
            f"{name}.a_scale": sa,
            f"{name}.b": qb,
            f"{name}.b_scale": sb,
        }
    out.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts):
        save_file(part, out / f"adapter_{number:02d}.safetensors")
    return errors


def main() -> None:
    """Read the command line, round and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--files", type=int, default=2)
    parser.add_argument("--rank", type=int, help="keep only this many singular directions")
    parser.add_argument(
        "--blend", type=Path, nargs="*", default=[], help="shards of the adapter at the start"
    )
    parser.add_argument("--share", type=float, default=0.3, help="of the new adapter in the blend")
    args = parser.parse_args()
    if args.blend:
        args.shards = blend(args.shards, args.blend, args.share, args.out)
    errors = export(args.shards, args.out, args.files, args.rank)
    for path in sorted(args.out.glob("adapter_*.safetensors")):
        print(path, path.stat().st_size)
    print(f"relative error of B·A after rounding: mean {np.mean(errors):.4f}, worst {max(errors):.4f}")


if __name__ == "__main__":
    main()
