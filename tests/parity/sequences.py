"""Modules that read sequences: attention, transformers and CTC. Sequences of dln have the batch first, and masks say what is seen."""

import torch.nn.functional as F

from calls import Skip, T, is_default, say, whole


def batched(x, batch_first):
    """A sequence as `[batch, time, features]`."""
    if x.ndim == 2:
        return f"unsqueeze({x}, 0)"
    return str(x) if batch_first else f"swap_axes({x}, 0, 1)"


def put_back(text, x, batch_first):
    """A result in the layout of PyTorch."""
    if x.ndim == 2:
        return f"squeeze({text}, 0)"
    return text if batch_first else f"swap_axes({text}, 0, 1)"


def seen(attn_mask, padding, queries):
    """The list of masks: PyTorch's are true where nothing is seen, those of padding have a row for each sequence."""
    masks = []
    if attn_mask is not None:
        masks.append(f"not {attn_mask}" if attn_mask.ndim == 2 else f"unsqueeze(not {attn_mask}, 0)")
    if padding is not None:
        masks.append(f"not {padding}" if padding.ndim == 1 else f"(not {padding}).[B S -> B {queries} S]")
    return f"[{', '.join(masks)}]" if masks else None


def named(**arguments):
    return "".join(f", {name}: {text}" for name, text in arguments.items() if text is not None)


def attention(given):
    for name in ("add_bias_kv", "add_zero_attn"):
        is_default(given.get(name, False), False)
    first = given.get("batch_first", False)

    def text(net, q, k, v, key_padding_mask=None, attn_mask=None):
        xs = [batched(x, first) for x in (q, k, v)]
        times = q.shape[0] if q.ndim == 2 or not first else q.shape[1]
        return put_back(f"{net}({', '.join(xs)}{named(masks=seen(attn_mask, key_padding_mask, times))})", q, first)

    bias = "" if given.get("bias", True) else ", use_bias: false"
    return f"MultiHeadAttention[{given['embed_dim']}](heads: {given['num_heads']}{bias})", text


def words(given, **more):
    """The settings that all transformers share."""
    activation = given.get("activation", "relu")
    shown = {"heads": given["nhead"], "hidden": given["dim_feedforward"], "dropout": float(given["dropout"]), **more}
    shown |= {"norm_first": True} if given.get("norm_first") else {}
    shown |= {"use_bias": False} if not given.get("bias", True) else {}
    text = ", ".join(f"{name}: {say(value)}" for name, value in shown.items())
    return text if activation in ("relu", F.relu) else f"{text}, activation: {activation.__name__}"


def encoder_call(given):
    first = given.get("batch_first", False)

    def text(net, x, src_mask=None, mask=None, src_key_padding_mask=None):
        times = x.shape[0] if x.ndim == 2 or not first else x.shape[1]
        masks = seen(mask if src_mask is None else src_mask, src_key_padding_mask, times)
        return put_back(f"{net}({batched(x, first)}{named(masks=masks)})", x, first)

    return text


def encoder_layer(given):
    return f"TransformerEncoderLayer[{given['d_model']}]({words(given)})", encoder_call(given)


def encoder(given):
    """A stack is given one of its layers."""
    one = given["encoder_layer"]
    of_one = {"d_model": one.self_attn.embed_dim, "nhead": one.self_attn.num_heads, "dim_feedforward": one.linear1.out_features,
              "dropout": one.dropout.p, "norm_first": one.norm_first, "bias": one.linear1.bias is not None, "activation": one.activation,
              "batch_first": one.self_attn.batch_first}
    return f"TransformerEncoder[{of_one['d_model']}](depth: {given['num_layers']}, {words(of_one)}, final_norm: false)", encoder_call(of_one)


def decoder_layer(given):
    first = given.get("batch_first", False)

    def text(net, x, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None):
        times = x.shape[0] if x.ndim == 2 or not first else x.shape[1]
        masks = named(masks=seen(tgt_mask, tgt_key_padding_mask, times), memory_masks=seen(memory_mask, memory_key_padding_mask, times))
        return put_back(f"{net}({batched(x, first)}, {batched(memory, first)}{masks})", x, first)

    return f"TransformerDecoderLayer[{given['d_model']}]({words(given, causal=False)})", text


def transformer(given):
    first = given.get("batch_first", False)

    def text(net, x, y, src_mask=None, tgt_mask=None, src_key_padding_mask=None, tgt_key_padding_mask=None):
        times = x.shape[0] if x.ndim == 2 or not first else x.shape[1]
        masks = named(masks=seen(src_mask, src_key_padding_mask, times), target_masks=seen(tgt_mask, tgt_key_padding_mask, times))
        return put_back(f"{net}({batched(x, first)}, {batched(y, first)}{masks})", y, first)

    shown = words(given, encoder_depth=given["num_encoder_layers"], decoder_depth=given["num_decoder_layers"], causal=False)
    return f"Transformer[{given['d_model']}]({shown})", text


def ctc(given):
    """PyTorch's derivative in log-probabilities is that of the scores below them, so both sides take `log_softmax`."""
    def text(net, x, labels, times, lengths):
        if not isinstance(labels, T) or labels.ndim != 2 or isinstance(times, T):
            raise Skip("labels one behind the other, and lengths in tensors")
        reduction = given.get("reduction", "mean")
        call = f"(log_softmax(swap_axes({x}, 0, 1)), {whole(labels, x.shape[-1])}, {say(times)}, {say(lengths)}, blank: {given.get('blank', 0)})"
        return {"mean": f"ctc{call}", "sum": f"sum(ctc_nll{call})", "none": f"ctc_nll{call}"}[reduction]

    return None, text
