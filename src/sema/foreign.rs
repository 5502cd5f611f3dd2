//! Names of other frameworks, and what they are here.

/// What to write for a name that dln does not have.
pub fn name(name: &str) -> Option<&'static str> {
    Some(match name {
        "nn" => {
            "modules are brought in: `use std.nn`, then `nn.Linear`; `relu`, `softmax` and their kin need no module"
        }
        "torch" | "tf" | "tensorflow" | "keras" | "np" | "numpy" | "jax" | "jnp" | "F" | "math" => {
            "functions stand alone: `exp(x)`, `concat([a, b], over: 0)`; layers come from `use std.nn: Linear`"
        }
        "Dense" => "it is called `Linear`: `use std.nn: Linear`",
        "Conv2D" | "Convolution2D" => "it is called `Conv2d`: `use std.nn: Conv2d`",
        "BatchNormalization" => "it is called `BatchNorm2d`: `use std.nn: BatchNorm2d`",
        "LayerNormalization" => "it is called `LayerNorm`: `use std.nn: LayerNorm`",
        "MaxPool2d" | "MaxPool1d" | "MaxPooling2D" => "pooling is a function: `>> max_pool(2)`",
        "AvgPool2d" | "AvgPool1d" | "AveragePooling2D" => "pooling is a function: `>> avg_pool(2)`",
        "AdaptiveAvgPool2d" => "it is a function: `>> adaptive_avg_pool(1)`",
        "GlobalAveragePooling2D" => "it is a mean over the axes: `mean(x, over: [-2, -1])`",
        "MaxUnpool2d" => "it is a function: `max_unpool(y, index, [H, W])`, after `y, index = max_pool_indices(x, 2)`",
        "Upsample" | "UpSampling2D" => "it is a function: `>> upsample(2)`, or `interpolate(x, [H, W])`",
        "Unfold" | "im2col" => "it is a function: `unfold(x, 3, pad: 1)`",
        "Fold" | "col2im" => "it is a function: `fold(x, [H, W], 3, pad: 1)`",
        "ZeroPad2d" | "ReflectionPad2d" => {
            "it is a function: `pad(x, over: [-2, -1], before: 1, after: 1, mode: \"reflect\")`"
        }
        "ReLU" | "ReLu" => "activations are functions: `>> relu`",
        "Sigmoid" => "activations are functions: `>> sigmoid`",
        "Tanh" => "activations are functions: `>> tanh`",
        "GELU" => "activations are functions: `>> gelu`",
        "SiLU" => "activations are functions: `>> silu`",
        "Softmax" => "it is a function: `softmax(x, over: -1)`",
        "Flatten" => "it is a function: `>> flatten`",
        "Sequential" => "layers are chained by `>>`: `Linear[4 -> 8] >> relu >> Linear[_ -> 2]`",
        "ModuleList" => {
            "layers stand in lists: `[Linear[D -> D] for i in 0..3]`; `chain(list)` applies one after the other"
        }
        "Parameter" => "a layer declares its parameters: `param weight: [Out, In] = kaiming_uniform`",
        "CrossEntropyLoss" | "SparseCategoricalCrossentropy" => {
            "losses are functions: `use std.loss: cross_entropy`, then `cross_entropy(logits, y)`"
        }
        "MSELoss" | "mse_loss" => "losses are functions: `use std.loss: mse`, then `mse(x, y)`",
        "BCEWithLogitsLoss" | "binary_cross_entropy_with_logits" => {
            "losses are functions: `use std.loss: bce_logits`, then `bce_logits(x, y)`"
        }
        "NLLLoss" | "nll_loss" => "losses are functions: `use std.loss: nll`",
        "no_grad" | "detach" => "it is `stop_gradient(x)`",
        "view" => "it is `reshape(x, [..])`",
        "transpose" => "it is `x.T` for the last two axes, `permute(x, [..])` for others",
        "cat" | "concatenate" => "it is `concat([a, b], over: 0)`",
        "expand" | "broadcast_to" => "it is `broadcast(x, [..])`",
        "swapaxes" => "it is `swap_axes(x, 0, 1)`",
        "matmul" | "mm" | "bmm" | "dot" => "it is `a @ b`",
        "einsum" => "it is an index pattern: `(a, b).[i k, k j -> i j]`",
        "randn" => "it is `normal[B, D]`",
        "take_along_axis" => "it is `take_along(x, index, over:)`",
        "index_copy" | "index_fill" | "index_put" => "it is `replace(x, index, y, over:)`",
        "index_add" => "it is `add_at(x, index, y, over:)`",
        "scatter_reduce" | "scatter_add_" => {
            "it is `scatter_add(x, index, y, over:)`, or `scatter_max`, `scatter_min`, `scatter_mean`"
        }
        "masked_select" | "nonzero" | "argwhere" => {
            "keep the shape: `where(mask, x, 0.0)`; what is chosen has no size before the run"
        }
        "linear_sum_assignment" => "it is `linear_assignment(cost)`",
        "nanmedian" | "percentile" => "it is `quantile(x, 0.5, over:)`",
        "backward" | "zero_grad" => "a `step` says what it minimizes: `minimize loss over net with SGD(lr: 0.1)`",
        "DataLoader" => "data sets go through stages: `digits.train |> shuffle |> batch(64)`",
        "range" => "it is `0..n`",
        "B" => "`B` is the number of rows of a batch; where there are no data, write a number",
        "float" | "astype" | "to" => "it is `cast(x, f32)`",
        "item" | "numpy_value" | "cuda" | "cpu" => "there is nothing to move: values are where they are needed",
        _ => return None,
    })
}

/// What an argument of another framework is called here; it counts where it is one of the arguments.
pub fn argument(name: &str) -> &'static [&'static str] {
    match name {
        "learning_rate" => &["lr"],
        "weight_decay" | "decay" => &["weight_decay", "decay"],
        "dim" | "axis" | "axes" | "dims" => &["over", "at", "shape"],
        "keepdim" | "keepdims" => &["keep"],
        "kernel_size" | "filter_size" => &["kernel"],
        "strides" => &["stride"],
        "padding" => &["pad"],
        "bias" | "with_bias" => &["use_bias"],
        "rate" | "dropout" | "prob" => &["p", "dropout"],
        "num_heads" | "n_heads" | "nhead" => &["heads"],
        "betas" => &["beta1"],
        "epsilon" => &["eps"],
        "size" => &["shape"],
        "input" | "inputs" => &["x"],
        "index" | "indices" => &["index", "i"],
        _ => &[],
    }
}
