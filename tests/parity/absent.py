"""Operators of PyTorch's database that have no entry, and why."""

import re

REASONS = [
    ("complex numbers: in dln they are pairs on a last axis, for Fourier transforms",
     r"conj|conj_physical|resolve_conj|resolve_neg|view_as_real|view_as_complex|complex|real|imag|angle|polar|H|mH|cdouble|cfloat|chalf|nn\.functional\.silu\.complex"
     r"|linalg\.eig|linalg\.eigvals"),
    ("chance: the numbers are each library's own; moments are tested in `std.random`",
     r"cauchy|exponential|geometric|log_normal|normal\.in_place|uniform|multinomial|normal|normal\.number_mean|bernoulli|randn|randn_like|rand_like|randint"
     r"|randint_like|nn\.functional\.(feature_)?(alpha_)?dropout.*|nn\.functional\.rrelu|nn\.functional\.fractional_max_pool.*|svd_lowrank|pca_lowrank|native_dropout_backward"),
    ("memory: strides, aliases, uninitialized and in-place tensors have no meaning in a language of values",
     r"as_strided.*|empty.*|new_empty.*|resize_.*|fill|zero_|put|unsafe_.*|_chunk_cat|to|contiguous|diagonal_scatter|masked_scatter|sum_to_size"),
    ("element types: `cast` says them, and the conversions of numbers are tested in `tests/it/ops.rs`", r"bfloat16|bool|byte|char|double|float|half|int|long|short|scalar_tensor|item"),
    ("sparse tensors", r"sparse\..*|to_sparse"),
    ("PyTorch's own inner operators: backward passes, fused kernels, decompositions, compilers",
     r"_.*|torch\..*|jiterator.*|.*backward.*|native_.*|addmm\.decomposed|.*chunked.*|nn\.functional\.linear_cross_entropy.*|nn\.functional\.batch_norm\.without_cudnn|bmm\.triton_optimized|hash_tensor"
     r"|grid_sampler_.*|linalg\.norm\.subgradients_at_zero|linalg\.lstsq\.grad_oriented|linalg\.pinv\.singular|nn\.functional\.pad\.replicate_negative"),
    ("sizes that depend on data: said with `x[mask]`, `nonzero`, `unique`, which name the size; tested in `tests/cases`",
     r"masked_select|nonzero|nonzero_static|argwhere|unique|unique_consecutive|isin|mode|unravel_index"),
    ("bits and whole-number theory", r"bitwise_.*shift|gcd|lcm|frexp|nextafter"),
    ("factors that `qr`, `cholesky`, `svd`, `eigh` and `solve` stand for, of which dln has no form of its own",
     r"lu.*|linalg\.lu.*|geqrf|ormqr|linalg\.householder_product|linalg\.ldl.*|linalg\.cholesky_ex|cholesky_inverse|matrix_exp|linalg\.matrix_sqrth|linalg\.polar|svd|linalg\.tensorinv|linalg\.tensorsolve"
     r"|linalg\.matrix_rank\.hermitian|linalg\.pinv\.hermitian"),
    ("special functions without a use in deep learning so far",
     r"special\..*|igamma|igammac|signal\.windows\.exponential"),
    ("reference cases of their own in `tests/reference`, with other conventions",
     r"stft|istft|polygamma\.polygamma_n_[0234]|nn\.functional\.ctc_loss|nn\.functional\.multi_head_attention_forward|histogram|histogramdd"),
    ("answers that are no tensors: a Bool or a list of Python's, where dln has comparisons and static lists", r"allclose|equal|broadcast_shapes|triu_indices|tril_indices|combinations"),
    ("one call for what dln says with two: a masked quantile, mean or length, real transforms of several axes one after another, "
     "ends of a range in tensors", r"masked\..*|fft\..*|.*\.tensor_overload|norm\..*"),
]


def by_reason(names):
    """[{why, names}] of all operators without an entry; each needs a reason."""
    found = {why: [] for why, _ in REASONS}
    for name in names:
        why = next((why for why, pattern in REASONS if re.fullmatch(pattern, name)), None)
        assert why, f"{name} has neither a call in dln nor a reason"
        found[why].append(name)
    return [{"why": why, "names": sorted(names)} for why, names in found.items() if names]
