"""Tiny models of torchvision, transformers and torch.nn, which dln loads from files with the libraries' own names.

    pip install torchvision transformers      (these cases were made with torchvision 0.29 and transformers 5)

In place of `params` a case has

    file        {name: shape}: the tensors of `published.safetensors`; what lies in them is a function of name and place (`weight`)
    parameters  how many trained numbers the model has

and `source` loads that file with a map of names from the standard library.
"""

import pathlib
import tempfile

import numpy as np
import torch
from torch import nn

from tensors import tensor

FILE = "published.safetensors"


def weight(name, shape):
    """Numbers between -1/4 and 1/4, from a hash of the name and the place; about 1 for scales and variances."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    h = (seed + np.arange(int(np.prod(shape)), dtype=np.uint64) * 2654435761) % 2**32
    h = (h ^ (h >> 16)) * 0x45d9f3b % 2**32
    h = h ^ (h >> 16)
    about = 1.0 if len(shape) == 1 and not name.endswith(("bias", "mean")) and "bias_" not in name else 0.0
    return torch.from_numpy((about + 0.5 * (h / 2**32 - 0.5)).reshape(shape))


def fill(model):
    """Gives a model its weights. Returns the shapes that its file has, each tensor under its first name."""
    model.eval().double()
    parameters = dict(model.named_parameters())
    shapes = {}
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in parameters or "running" in name:
                value.copy_(weight(name, value.shape))
                shapes[name] = list(value.shape)
            elif "num_batches_tracked" in name:
                value.zero_()
                shapes[name] = []
    return shapes


def published_file(model):
    """A model of transformers that has read its weights from a file as the library writes it, whose names may be others than its own."""
    from safetensors.torch import load_file, save_file

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        path = pathlib.Path(folder) / "model.safetensors"
        shapes = {name: list(value.shape) for name, value in load_file(path).items()}
        save_file({name: weight(name, shape) for name, shape in shapes.items()}, path, {"format": "pt"})
        return type(model).from_pretrained(folder, dtype=torch.float64).eval(), shapes


def case(a, name, model, uses, net, body, reference, shapes=None, single=False, **inputs):
    """`net` is the layer, and behind `|` its map of names if it needs one; `inputs` are (type, tensor). `single`: the model computes
    some of its steps in f32 whatever its weights are."""
    shapes = shapes or fill(model)
    layer, _, names = (part.strip() for part in net.partition("|"))
    loaded = f'load({layer}, "{FILE}"' + (f", rename: {names})" if names else ")")
    with torch.no_grad():
        result = reference(*(value for _, value in inputs.values()))
    arguments = ", ".join(f"{k}: {kind}" for k, (kind, _) in inputs.items())
    source = "".join(f"use {u}\n" for u in uses) + f"let net = {loaded}\nfn case({arguments}) -> {list(result.shape)} = {body}"
    a.emit({
        "name": name, "source": source, "training": False, "file": shapes,
        **({"tolerance": 1e-6, "why": "transformers computes norms, rotations or states in f32"} if single else {}),
        "parameters": sum(p.numel() for p in model.parameters()),
        "inputs": {k: tensor(v) for k, (_, v) in inputs.items()}, "output": [tensor(result)],
    })


def published(a):
    a.seed("published")
    resnets(a)
    recurrent(a)
    vision_transformers(a)
    readers(a)
    writers(a)


def pictures(high):
    return torch.arange(2 * 3 * high * high).reshape(2, 3, high, high).double().sin().round(decimals=2)


def tokens(rows, length, vocabulary, step=7):
    return torch.arange(rows * length).reshape(rows, length) * step % vocabulary


def resnets(a):
    from torchvision.models import resnet

    def narrow(block, depths, width):
        net = resnet.ResNet(block, depths, num_classes=5)
        net.inplanes = width
        net.conv1, net.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        for i, depth in enumerate(depths):
            setattr(net, f"layer{i + 1}", net._make_layer(block, width * 2**i, depth, stride=1 if i == 0 else 2))
        net.fc = nn.Linear(width * 2 ** (len(depths) - 1) * block.expansion, 5)
        return net

    for name, block, depths, expansion in [("BasicBlock", resnet.BasicBlock, [2, 1, 1, 1], 1),
                                           ("Bottleneck", resnet.Bottleneck, [1, 2, 1, 1], 4)]:
        net = narrow(block, depths, 4)
        case(a, f"ResNet of {name}", net, [f"std.vision.resnet: {name}, ResNet, torchvision_names"],
             f"ResNet[3 -> 5](depths: {depths}, width: 4, block: {name}, expansion: {expansion}) | torchvision_names",
             "net(x)", net, x=("[2, 3, 19, 19]", pictures(19)))


def recurrent(a):
    x = torch.arange(2 * 6 * 3).reshape(2, 6, 3).double().sin().round(decimals=2)
    for kind in ["RNN", "LSTM", "GRU"]:
        net = getattr(nn, kind)(3, 4, num_layers=2, batch_first=True)
        case(a, f"{kind} of two layers", net, [f"std.nn: {kind}", "std.nn.recurrent: pytorch_names"],
             f"{kind}[3 -> 4] >> {kind}[4 -> 4] | pytorch_names(2)", "net(x)", lambda x, net=net: net(x)[0], x=("[2, 6, 3]", x))
    net = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
    case(a, "LSTM of two layers in both directions", net, ["std.nn: BiLSTM", "std.nn.recurrent: pytorch_names"],
         "BiLSTM[3 -> 4] >> BiLSTM[8 -> 4] | pytorch_names(2, both_ways: true)", "net(x)", lambda x: net(x)[0], x=("[2, 6, 3]", x))


def vision_transformers(a):
    import transformers
    from torchvision.models.vision_transformer import VisionTransformer

    ours = "ViT[3 -> 5, D = 16](squares: 9, P: 4, layers: 2, heads: 4, hidden: 24{})"
    net = VisionTransformer(image_size=12, patch_size=4, num_layers=2, num_heads=4, hidden_dim=16, mlp_dim=24, num_classes=5)
    case(a, "ViT of torchvision", net, ["std.vision.vit: ViT, torchvision_names"], ours.format(", eps: 1e-6") + " | torchvision_names(P: 4)",
         "net(x)", net, x=("[2, 3, 12, 12]", pictures(12)))
    config = transformers.ViTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, image_size=12,
                                    patch_size=4, num_labels=5)
    net, shapes = published_file(transformers.ViTForImageClassification(config))
    case(a, "ViT of transformers", net, ["std.vision.vit: ViT, transformers_names"],
         ours.format(", eps: 1e-12") + " | transformers_names(P: 4)", "net(x)", lambda x: net(pixel_values=x).logits,
         shapes=shapes, x=("[2, 3, 12, 12]", pictures(12)))


def readers(a):
    import transformers

    config = transformers.BertConfig(vocab_size=23, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
                                     max_position_embeddings=12)
    net = transformers.BertForMaskedLM(config)
    length, segment = torch.tensor([7, 4]), (torch.arange(7) > 3).long().expand(2, 7)
    case(a, "BERT", net, ["std.text.bert: BERT, transformers_names"],
         "BERT[23, 16, 12](depth: 2, heads: 4, hidden: 24, norm_first: false, segments: 2, eps: 1e-12) | transformers_names()",
         "net.scores(net(x, length, segment))",
         lambda x, length, segment: net(x, attention_mask=(torch.arange(7) < length[:, None]).long(), token_type_ids=segment).logits,
         x=("idx<23>[2, 7]", tokens(2, 7, 23)), length=("i64[2]", length), segment=("i64[2, 7]", segment))

    sizes = dict(vocab_size=23, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=3, decoder_start_token_id=0,
                 relative_attention_num_buckets=8, relative_attention_max_distance=12)
    ours = "T5[23, 16, 4, buckets = 8](layers: 2, heads: 3, hidden: 24, far: 12{}) | transformers_names"
    x, y = tokens(2, 17, 23), tokens(2, 15, 23, step=5)
    for name, more, theirs in [("T5", "", {}), ("T5 1.1", ", gated: true, tied: false",
                                                dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False))]:
        net = transformers.T5ForConditionalGeneration(transformers.T5Config(**sizes, **theirs))
        if not theirs.get("tie_word_embeddings", True):
            net.lm_head.weight = nn.Parameter(torch.zeros(23, 16))
        case(a, name, net, ["std.text.t5: T5, transformers_names"], ours.format(more), "net(x, y)",
             lambda x, y: net(input_ids=x, decoder_input_ids=y).logits, single=True, x=("idx<23>[2, 17]", x), y=("idx<23>[2, 15]", y))


def writers(a):
    import transformers

    x = tokens(2, 7, 23)
    tok = dict(vocab_size=23, bos_token_id=1, eos_token_id=2, pad_token_id=0)

    def write(name, net, module, layer, single=True):
        case(a, name, net, [f"std.text.{module}"], layer, "net(x)", lambda x: net(input_ids=x).logits, single=single, x=("idx<23>[2, 7]", x))

    write("GPT-2", transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=16, n_layer=2, n_head=4, n_positions=12, **tok)),
          "gpt: GPT, transformers_names", "GPT[23, 16, 12](depth: 2, heads: 4, activation: gelu_tanh) | transformers_names", single=False)
    write("Llama", transformers.LlamaForCausalLM(transformers.LlamaConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24, rms_norm_eps=1e-6,
        **tok)), "llama: Llama", "Llama[23, 16](layers: 2, heads: 4, kv_heads: 2, hidden: 24, eps: 1e-6)")
    write("Mamba", transformers.MambaForCausalLM(transformers.MambaConfig(hidden_size=16, state_size=6, num_hidden_layers=2, **tok)),
          "mamba: MambaLM, transformers_names", "MambaLM[23, 16, N = 6](layers: 2) | transformers_names")


AREAS = {"published": published}
