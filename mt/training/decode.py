"""Batched greedy or sampled decoding with a key-value cache, for validation and for synthetic data.

In: a model of gemma.py and prompts as token ids. Out: output ids without the end mark. Left out: beam search.
"""

from __future__ import annotations

import torch
from gemma import GLOBAL_EVERY, HEAD_DIM, N_HEADS, N_LAYERS, Gemma, feed_forward, qkv, rms_norm
from torch.nn import functional as F


@torch.no_grad()
def decode_batch(
    model: Gemma, prompts: list[list[int]], eos: int, max_new: int, temperature: float = 0.0, top_k: int = 20
) -> list[list[int]]:
    """Decode prompts of similar length together; temperature 0 is greedy. Contexts must stay under 512
    tokens.
    """
    device = model.token_embd.device
    lengths = torch.tensor([len(p) for p in prompts], device=device)
    n, b = int(lengths.max()), len(prompts)
    total = n + max_new
    ids = torch.zeros((b, n), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    ids = ids.to(device)
    layers = model.weights()
    keys = torch.zeros((N_LAYERS, b, total, HEAD_DIM), dtype=model.dtype, device=device)
    values = torch.zeros_like(keys)

    h = model.embed(ids)
    tables = model.rope(torch.arange(n, device=device)[None])
    for i, w in enumerate(layers):
        cos, sin = tables[1] if (i + 1) % GLOBAL_EVERY == 0 else tables[0]
        q, k, v = qkv(rms_norm(h, w["attn_norm"]), w, cos, sin)
        keys[i, :, :n], values[i, :, :n] = k[:, 0], v[:, 0]
        x = F.scaled_dot_product_attention(
            q, k.expand(b, N_HEADS, n, HEAD_DIM), v.expand(b, N_HEADS, n, HEAD_DIM), is_causal=True
        )
        x = F.linear(x.transpose(1, 2).reshape(b, n, -1), w["attn_output"])
        h = feed_forward(h + rms_norm(x, w["post_attention_norm"]), w, 0.0)
    h = rms_norm(h[torch.arange(b, device=device), lengths - 1], model.output_norm)

    outputs = torch.full((b, max_new), eos, dtype=torch.long, device=device)
    done = torch.zeros(b, dtype=torch.bool, device=device)
    slots, rows = torch.arange(total, device=device)[None], torch.arange(b, device=device)
    for step in range(max_new):
        logits = F.linear(h, model.token_embd).float()
        if temperature > 0:
            best, index = logits.topk(top_k, -1)
            pick = torch.multinomial(F.softmax(best / temperature, -1), 1)
            token = index.gather(-1, pick)[:, 0]
        else:
            token = logits.argmax(-1)
        token = torch.where(done, eos, token)
        outputs[:, step] = token
        done |= token == eos
        if step + 1 == max_new or (step % 8 == 7 and bool(done.all())):
            break
        position = lengths + step
        tables = model.rope(position[:, None])
        mask = (slots <= position[:, None])[:, None, None, :]
        h = model.embed(token[:, None])
        for i, w in enumerate(layers):
            cos, sin = tables[1] if (i + 1) % GLOBAL_EVERY == 0 else tables[0]
            q, k, v = qkv(rms_norm(h, w["attn_norm"]), w, cos, sin)
            keys[i, rows, position], values[i, rows, position] = k[:, 0, 0], v[:, 0, 0]
            # One key-value head: the four query heads are four queries of it.
            x = F.scaled_dot_product_attention(
                q.transpose(1, 2), keys[i][:, None], values[i][:, None], attn_mask=mask
            )
            x = F.linear(x.reshape(b, 1, -1), w["attn_output"])
            h = feed_forward(h + rms_norm(x, w["post_attention_norm"]), w, 0.0)
        h = rms_norm(h[:, 0], model.output_norm)
    texts = []
    for row in outputs.tolist():
        texts.append(row[: row.index(eos)] if eos in row else row)
    return texts


def decode_all(
    model: Gemma,
    prompts: list[list[int]],
    eos: int,
    *,
    batch: int = 1024,
    temperature: float = 0.0,
    ratio: float = 1.6,
) -> list[list[int]]:
    """Decode any number of prompts, sorted by length; outputs stop at ratio x prompt length + 16 tokens."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    results: list[list[int]] = [[] for _ in prompts]
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        longest = len(prompts[part[-1]])
        for i, output in zip(
            part,
            decode_batch(
                model,
                [prompts[i] for i in part],
                eos,
                min(int(ratio * longest) + 16, 480 - longest),
                temperature,
            ),
            strict=True,
        ):
            results[i] = output
    return results
