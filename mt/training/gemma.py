"""Gemma 3 270M with a cut vocabulary and a LoRA adapter on every linear layer, in plain PyTorch.

In: the GGUF of the base (or pieces of it), the ids of the kept vocabulary. Out: a trainable model, adapters
in the format of the shipped one (`NAME.a` (rank, in), `NAME.b` (out, rank); W = W_base + B A). Left out:
everything that training does not need (search, quantisation: see core).

Two ways to train: all of A and B with the merged weights, which compiles well on a GPU; or, on processors,
`only_b` (LoRA-FA, arXiv:2308.03303: A stays) from a layer on: the gradient then needs neither the full
weight gradients nor the layers below, and a step takes little more than half of the time.

Source: Gemma 3 technical report, arXiv:2503.19786; LoRA, arXiv:2106.09685. Checked against transformers in
tests/mt/test_training_gemma.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HIDDEN, N_LAYERS, N_HEADS, HEAD_DIM, FFN = 640, 18, 4, 256, 2048
SLIDING_WINDOW, GLOBAL_EVERY = 512, 6
EPSILON = 1e-6
# Of pairs of a right and a wrong output: natural-log units, and the weight of the right one's own loss.
MARGIN, RIGHT_WEIGHT = 3.0, 0.2
# (our name, GGUF name, out, in)
LINEARS = (
    ("self_attn.q_proj", "attn_q", N_HEADS * HEAD_DIM, HIDDEN),
    ("self_attn.k_proj", "attn_k", HEAD_DIM, HIDDEN),
    ("self_attn.v_proj", "attn_v", HEAD_DIM, HIDDEN),
    ("self_attn.o_proj", "attn_output", HIDDEN, N_HEADS * HEAD_DIM),
    ("mlp.gate_proj", "ffn_gate", FFN, HIDDEN),
    ("mlp.up_proj", "ffn_up", FFN, HIDDEN),
    ("mlp.down_proj", "ffn_down", HIDDEN, FFN),
)
NORMS = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm")


@dataclass(frozen=True)
class Base:
    """Dequantised base weights: float32 arrays by GGUF name; `token_embd` already cut to the kept
    vocabulary.
    """

    tensors: dict[str, np.ndarray]

    @classmethod
    def random(cls, n_vocab: int, seed: int = 0) -> Base:
        """Weights of the right shapes for trying the machine, not for training."""
        rng = np.random.default_rng(seed)
        tensors = {"token_embd": rng.standard_normal((n_vocab, HIDDEN), dtype=np.float32) * 0.04}
        for i in range(N_LAYERS):
            for _, name, n_out, n_in in LINEARS:
                tensors[f"blk.{i}.{name}"] = rng.standard_normal((n_out, n_in), dtype=np.float32) / math.sqrt(
                    n_in
                )
            for name in NORMS:
                tensors[f"blk.{i}.{name}"] = np.ones(
                    HEAD_DIM if name.endswith(("q_norm", "k_norm")) else HIDDEN, np.float32
                )
        tensors["output_norm"] = np.ones(HIDDEN, np.float32)
        return cls(tensors)

    @classmethod
    def from_gguf(cls, path: str | Path, vocab_ids: list[int]) -> Base:
        """Read and dequantise; only the embedding rows in `vocab_ids` are kept, in that order."""
        from gguf import GGUFReader
        from gguf.quants import dequantize

        tensors: dict[str, np.ndarray] = {}
        for tensor in GGUFReader(str(path)).tensors:
            data = tensor.data[np.asarray(vocab_ids)] if tensor.name == "token_embd.weight" else tensor.data
            tensors[tensor.name.removesuffix(".weight")] = dequantize(data, tensor.tensor_type).astype(
                np.float32
            )
        return cls(tensors)

    @classmethod
    def from_pieces(cls, folder: str | Path) -> Base:
        """Read the quantised pieces that `pack_base.py` cut, for machines that take small uploads only."""
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        tensors: dict[str, np.ndarray] = {}
        for piece in sorted(Path(folder).glob("base_*.npz")):
            with np.load(piece) as arrays:
                for key in arrays.files:
                    name, kind = key.rsplit("|", 1)
                    tensors[name] = dequantize(arrays[key], GGMLQuantizationType[kind]).astype(np.float32)
        return cls(tensors)


def rms_norm(x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """(..., d) normalised in float32; `gain` is 1 + gamma, as the GGUF stores it."""
    y = x.float()
    y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + EPSILON)
    return (y * gain).to(x.dtype)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding on halves; x (batch, heads, length, head_dim)."""
    first, second = x.chunk(2, -1)
    return (x * cos + torch.cat((-second, first), -1) * sin).to(x.dtype)


class AdaptedLinear(torch.autograd.Function):
    """x (…, in) through the merged weight; the gradient goes to x and B alone, never through out × in."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, merged: torch.Tensor, a: torch.Tensor, b: torch.Tensor
    ) -> torch.Tensor:
        """(…, out)."""
        ctx.save_for_backward(x, merged, a)
        return F.linear(x, merged)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of x and b."""
        x, merged, a = ctx.saved_tensors
        inner = F.linear(x.flatten(0, -2), a)
        grad_x = grad @ merged if ctx.needs_input_grad[0] else None
        return grad_x, None, None, grad.flatten(0, -2).T @ inner


def linear(x: torch.Tensor, w: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    """One linear layer; where the weights bring A and B along, they are learnt apart from the merged one."""
    b = w.get(f"{name}.b")
    return F.linear(x, w[name]) if b is None else AdaptedLinear.apply(x, w[name], w[f"{name}.a"], b)


def qkv(
    x: torch.Tensor, w: dict[str, torch.Tensor], cos: torch.Tensor, sin: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Queries (b, 4, n, 256), keys and values (b, 1, n, 256) of normalised input (b, n, 640)."""
    b, n, _ = x.shape
    q = linear(x, w, "attn_q").view(b, n, N_HEADS, HEAD_DIM).transpose(1, 2)
    k = linear(x, w, "attn_k").view(b, n, 1, HEAD_DIM).transpose(1, 2)
    v = linear(x, w, "attn_v").view(b, n, 1, HEAD_DIM).transpose(1, 2)
    q = rotate(rms_norm(q, w["attn_q_norm"]), cos, sin)
    k = rotate(rms_norm(k, w["attn_k_norm"]), cos, sin)
    return q, k, v


def feed_forward(h: torch.Tensor, w: dict[str, torch.Tensor], dropout: float) -> torch.Tensor:
    """The gated MLP with its norms, added to the residual stream."""
    x = rms_norm(h, w["ffn_norm"])
    x = F.gelu(linear(x, w, "ffn_gate"), approximate="tanh") * linear(x, w, "ffn_up")
    x = linear(x, w, "ffn_down")
    return h + F.dropout(rms_norm(x, w["post_ffw_norm"]), dropout, dropout > 0)


def layer_forward(
    h: torch.Tensor,
    w: dict[str, torch.Tensor],
    cos: torch.Tensor,
    sin: torch.Tensor,
    mask: torch.Tensor | None,
    dropout: float,
) -> torch.Tensor:
    """One transformer layer; mask None means plain causal attention."""
    b, n, _ = h.shape
    q, k, v = qkv(rms_norm(h, w["attn_norm"]), w, cos, sin)
    k, v = k.expand(b, N_HEADS, n, HEAD_DIM), v.expand(b, N_HEADS, n, HEAD_DIM)
    x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    x = linear(x.transpose(1, 2).reshape(b, n, -1), w, "attn_output")
    h = h + F.dropout(rms_norm(x, w["post_attention_norm"]), dropout, dropout > 0)
    return feed_forward(h, w, dropout)


class Gemma(nn.Module):
    """The base, frozen, plus an adapter.

    Args:
        base: weights.
        rank: of the adapter.
        dtype: of the computation; the adapter itself is kept in float32.
        first_layer: layers below keep their adapter as it is.
        only_b: learn B alone.
    """

    def __init__(
        self,
        base: Base,
        rank: int,
        dtype: torch.dtype = torch.bfloat16,
        *,
        first_layer: int = 0,
        only_b: bool = False,
    ) -> None:
        super().__init__()
        self.dtype, self.rank = dtype, rank
        self.first_layer, self.only_b = first_layer, only_b
        self._frozen: list[dict[str, torch.Tensor]] = []
        self.layer_forward: Any = layer_forward
        frozen = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in base.tensors.items()}
        for name, tensor in frozen.items():
            keep = tensor if tensor.ndim == 1 else tensor.to(dtype)
            self.register_buffer(name.replace(".", "_"), keep, persistent=False)
        self.a, self.b = nn.ParameterDict(), nn.ParameterDict()
        for i in range(N_LAYERS):
            for ours, _, n_out, n_in in LINEARS:
                key = f"model.layers.{i}.{ours}".replace(".", "|")
                learnt = i >= first_layer
                self.a[key] = nn.Parameter(
                    torch.randn(rank, n_in) / math.sqrt(n_in), requires_grad=learnt and not only_b
                )
                self.b[key] = nn.Parameter(torch.zeros(n_out, rank), requires_grad=learnt)

    def weights(self) -> list[dict[str, torch.Tensor]]:
        """Each layer's weights with the adapter added, in the computation's dtype."""
        if len(self._frozen) < self.first_layer:
            self._frozen = [self._layer(i) for i in range(self.first_layer)]
        return self._frozen + [self._layer(i) for i in range(self.first_layer, N_LAYERS)]

    def _layer(self, i: int) -> dict[str, torch.Tensor]:
        w = {name: getattr(self, f"blk_{i}_{name}") for name in NORMS}
        apart = self.only_b and i >= self.first_layer
        for ours, name, _, _ in LINEARS:
            key = f"model.layers.{i}.{ours}".replace(".", "|")
            a, b = self.a[key].to(self.dtype), self.b[key].to(self.dtype)
            if apart:
                w[f"{name}.a"], w[f"{name}.b"] = a, b
                b = b.detach()
            w[name] = getattr(self, f"blk_{i}_{name}") + b @ a
        return w

    def rope(self, positions: torch.Tensor) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
        """(cos, sin) of the local (theta 1e4) and the global (1e6) layers for positions (b, n) or (1, n)."""
        tables = []
        for theta in (1e4, 1e6):
            steps = torch.arange(0, HEAD_DIM, 2, device=positions.device, dtype=torch.float32)
            angles = positions[..., None].float() * theta ** (-steps / HEAD_DIM)
            angles = torch.cat((angles, angles), -1)[:, None]
            tables.append((angles.cos().to(self.dtype), angles.sin().to(self.dtype)))
        return tuple(tables)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """(b, n) ids to (b, n, 640) scaled embeddings."""
        return F.embedding(ids, self.token_embd) * torch.tensor(
            math.sqrt(HIDDEN), dtype=self.dtype, device=ids.device
        )

    def forward(self, ids: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """(b, n) right-padded ids to (b, n, 640) final hidden states."""
        n = ids.shape[1]
        local, everywhere = self.rope(torch.arange(n, device=ids.device)[None])
        window = None
        if n > SLIDING_WINDOW:
            i = torch.arange(n, device=ids.device)
            window = (i[:, None] >= i[None]) & (i[:, None] - i[None] < SLIDING_WINDOW)
        h = self.embed(ids)
        for i, w in enumerate(self.weights()):
            is_global = (i + 1) % GLOBAL_EVERY == 0
            cos, sin = everywhere if is_global else local
            h = self.layer_forward(h, w, cos, sin, None if is_global else window, dropout)
        return rms_norm(h, self.output_norm)

    def loss(self, ids: torch.Tensor, targets: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """Mean cross-entropy over targets (b, n), -100 where nothing is to be learnt; ids and targets
        unshifted.
        """
        h = self.forward(ids, dropout)[:, :-1]
        wanted = targets[:, 1:]
        where = wanted != -100
        return F.cross_entropy(F.linear(h[where], self.token_embd).float(), wanted[where])

    def log_probability(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """(b,) sums of the natural-log probabilities of the targets (b, n) that are not -100."""
        h = self.forward(ids)[:, :-1]
        wanted = targets[:, 1:]
        rows, places = torch.nonzero(wanted != -100, as_tuple=True)
        logits = F.linear(h[rows, places], self.token_embd).float()
        found = -F.cross_entropy(logits, wanted[rows, places], reduction="none")
        return torch.zeros(len(ids), device=ids.device).index_add(0, rows, found)

    def contrast(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Rows 2i and 2i + 1 are a right and a wrong output of one prompt: the right one shall be likelier by
        a margin (softplus of what is missing; after CLIFF, arXiv:2109.09209), and likely.
        """
        sums = self.log_probability(ids, targets)
        right, wrong = sums[::2], sums[1::2]
        n_tokens = (targets[::2] != -100).sum(1)
        return F.softplus(MARGIN - (right - wrong)).mean() - RIGHT_WEIGHT * (right / n_tokens).mean()

    def adapter(self) -> dict[str, torch.Tensor]:
        """The adapter as bfloat16 tensors `NAME.a`, `NAME.b` on the CPU."""
        out = {}
        for key in self.a:
            name = key.replace("|", ".")
            out[f"{name}.a"] = self.a[key].detach().to(torch.bfloat16).cpu().contiguous()
            out[f"{name}.b"] = self.b[key].detach().to(torch.bfloat16).cpu().contiguous()
        return out

    def load_adapter(self, tensors: dict[str, torch.Tensor]) -> None:
        """Start from an adapter of the same or a smaller rank, as trained or as shipped (int8 with scales);
        further rows stay as initialised, columns zero.
        """
        self._frozen = []
        with torch.no_grad():
            for key in self.a:
                a, b = (unrounded(tensors, f"{key.replace('|', '.')}.{side}") for side in "ab")
                self.a[key][: a.shape[0]] = a.to(self.a[key].device)
                self.b[key][:, : b.shape[1]] = b.to(self.b[key].device)


def unrounded(tensors: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    """One matrix of an adapter in float32; int8 rows are multiplied by their scales."""
    scale = tensors.get(f"{name}_scale")
    return tensors[name].float() if scale is None else tensors[name].float() * scale.float()
