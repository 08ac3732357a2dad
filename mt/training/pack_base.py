"""Cut the base into quantised pieces for a machine that takes small uploads only.

In: the GGUF and the kept vocabulary ids. Out: `base_00.npz`, `base_01.npz`, ... each under the given size,
arrays
named `TENSOR|QUANTISATION` that `Base.from_pieces` reads.
Use: python pack_base.py --gguf model.gguf --tokenizer DIR --out FOLDER --megabytes 56
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from gguf import GGUFReader


def main() -> None:
    """Read the command line and write the pieces."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=56)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ids = json.loads((args.tokenizer / "vocab_ids.json").read_text(encoding="utf-8"))
    pieces: list[dict[str, np.ndarray]] = [{}]
    size = 0
    for tensor in GGUFReader(str(args.gguf)).tensors:
        data = np.array(tensor.data[np.asarray(ids)] if tensor.name == "token_embd.weight" else tensor.data)
        if size + data.nbytes > args.megabytes * 1e6:
            pieces.append({})
            size = 0
        pieces[-1][f"{tensor.name.removesuffix('.weight')}|{tensor.tensor_type.name}"] = data
        size += data.nbytes
    for number, piece in enumerate(pieces):
        path = args.out / f"base_{number:02d}.npz"
        np.savez(path, **piece)
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
