"""The models of dumps once more, in plain PyTorch: nothing here is shared with clipbench.

p: parameters by their Hugging Face names; y = x Wᵀ + b, W [out,in]. shape: `model` of a dump's meta.json.
"""

import torch
import torch.nn.functional as F


def mean_loss(p, ids, targets, shape):
    """Of the samples' mean cross-entropies over their own tokens, which are equally many. ids, targets [B,T]."""
    logits = {"gpt2": gpt2, "llama": llama}[shape["family"]](p, ids, shape)
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view(ids.shape).mean(1).mean()


def expected_shapes(shape):
    """[out,in] or [d] by name."""
    shapes = {"gpt2": gpt2_shapes, "llama": llama_shapes}[shape["family"]](shape)
    return shapes if shape["head"] == "tied" else shapes | {"lm_head.weight": [shape["vocabulary"], shape["width"]]}


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def heads_of(x, heads):
    """[B,heads,T,d/heads] of [B,T,d]."""
    B, T, d = x.shape
    return x.view(B, T, heads, d // heads).transpose(1, 2)


def causal_attention(q, k, v):
    """[B,T,d] of [B,heads,T,d/heads] each."""
    B, heads, T, columns = q.shape
    if q.dtype == torch.float64:
        scores = q @ k.transpose(2, 3) / columns**0.5  # [B,heads,T,T]
        later = torch.ones(T, T, dtype=torch.bool).triu(1)
        y = scores.masked_fill(later, float("-inf")).softmax(-1) @ v
    else:  # the measure of what low precision costs: as one would train in it
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(1, 2).reshape(B, T, heads * columns)


# Pre-norm GPT-2 with exact GELU.

def gpt2(p, ids, shape):
    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"], shape["layer_norm_epsilon"])

    x = p["transformer.wte.weight"][ids] + p["transformer.wpe.weight"][: ids.shape[1]]
    for index in range(shape["layers"]):
        block = f"transformer.h.{index}"
        h = norm(block + ".ln_1", x)
        q, k, v = (heads_of(linear(p, f"{block}.attn.{part}_proj", h), shape["heads"]) for part in "qkv")
        x = x + linear(p, block + ".attn.c_proj", causal_attention(q, k, v))
        h = F.gelu(linear(p, block + ".mlp.c_fc", norm(block + ".ln_2", x)))
        x = x + linear(p, block + ".mlp.c_proj", h)
    head = p["transformer.wte.weight" if shape["head"] == "tied" else "lm_head.weight"]
    return norm("transformer.ln_f", x) @ head.T


def gpt2_shapes(shape):
    d, V = shape["width"], shape["vocabulary"]
    shapes = {"transformer.wte.weight": [V, d], "transformer.wpe.weight": [shape["positions"], d]}
    layers = {"ln_1": [d], "attn.q_proj": [d, d], "attn.k_proj": [d, d], "attn.v_proj": [d, d], "attn.c_proj": [d, d],
              "ln_2": [d], "mlp.c_fc": [4 * d, d], "mlp.c_proj": [d, 4 * d]}
    for index in range(shape["layers"]):
        for layer, weight in layers.items():
            shapes[f"transformer.h.{index}.{layer}.weight"] = weight
            shapes[f"transformer.h.{index}.{layer}.bias"] = weight[:1]
    return shapes | {"transformer.ln_f.weight": [d], "transformer.ln_f.bias": [d]}


# Llama: RMS norms, rotary positions, keys and values of groups of heads, a gated MLP.

def llama(p, ids, shape):
    def norm(name, x):
        return F.rms_norm(x, x.shape[-1:], p[name + ".weight"], shape["rms_norm_epsilon"])

    heads, groups = shape["heads"], shape["heads"] // shape["key_value_heads"]
    half = shape["width"] // heads // 2
    angles = torch.outer(torch.arange(ids.shape[1]).float(), shape["rotary_base"] ** -(torch.arange(half) / half))

    def rotated(x):  # columns i and half + i are one complex number
        real, imaginary = x[..., :half], x[..., half:]
        if x.dtype == torch.float64:
            turned = torch.complex(real, imaginary) * torch.complex(angles.cos().double(), angles.sin().double())
            return torch.cat((turned.real, turned.imag), -1)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)  # there are no complex bf16
        return torch.cat((real * cos - imaginary * sin, imaginary * cos + real * sin), -1)

    x = p["model.embed_tokens.weight"][ids]
    for index in range(shape["layers"]):
        block = f"model.layers.{index}"
        h = norm(block + ".input_layernorm", x)
        q = rotated(heads_of(linear(p, block + ".self_attn.q_proj", h), heads))
        k = rotated(heads_of(linear(p, block + ".self_attn.k_proj", h), heads // groups)).repeat_interleave(groups, 1)
        v = heads_of(linear(p, block + ".self_attn.v_proj", h), heads // groups).repeat_interleave(groups, 1)
        x = x + linear(p, block + ".self_attn.o_proj", causal_attention(q, k, v))
        h = norm(block + ".post_attention_layernorm", x)
        h = F.silu(linear(p, block + ".mlp.gate_proj", h)) * linear(p, block + ".mlp.up_proj", h)
        x = x + linear(p, block + ".mlp.down_proj", h)
    head = p["model.embed_tokens.weight" if shape["head"] == "tied" else "lm_head.weight"]
    return norm("model.norm", x) @ head.T


def llama_shapes(shape):
    d, hidden = shape["width"], shape["hidden"]
    key_value = d // shape["heads"] * shape["key_value_heads"]
    layers = {"input_layernorm": [d], "self_attn.q_proj": [d, d], "self_attn.k_proj": [key_value, d],
              "self_attn.v_proj": [key_value, d], "self_attn.o_proj": [d, d], "post_attention_layernorm": [d],
              "mlp.gate_proj": [hidden, d], "mlp.up_proj": [hidden, d], "mlp.down_proj": [d, hidden]}
    shapes = {"model.embed_tokens.weight": [shape["vocabulary"], d], "model.norm.weight": [d]}
    for index in range(shape["layers"]):
        shapes |= {f"model.layers.{index}.{layer}.weight": weight for layer, weight in layers.items()}
    return shapes
