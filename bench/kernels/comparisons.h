// What clipbench-kernels measures; random data. Sizes that are given are divided by `shrink`: for a
// try on a CPU, on whose kernels the same ways run.
#pragma once

#include <cstdint>

#include "bench/kernels/table.h"

namespace clipbench::bench {

/// Norms, stored gradients and clipped sums of linear layers beside cuBLAS' weight gradient: single
/// layers, and the layers of a block in one launch. TFLOP/s; the Gram norm's count the lower
/// triangle. On a GPU.
void compare_linear_layers();

/// Weighted sums, layer norms, embeddings, noise and Adam beside a plain copy. TB/s of the bytes
/// that must move. On a GPU.
void compare_memory_bound();

/// A transformer block's linear layers, ten shapes: plain training beside the ways that the planner
/// of `auto` chooses where memory is no question, and beside each way in all layers. TFLOP/s are of
/// plain training's FLOPs.
void compare_blocks(std::int64_t shrink);

/// Relative errors of norms against f64 while tokens cancel more and more: κ² from 1 to 5e6. A row
/// a way and κ²; bf16, f16, f32. How far guarded norms (kernels/norm_guard.h) lie above the true
/// ones is in it.
Table sweep_cancellation(std::int64_t shrink);
/// Rows whose guarded norm is below the true one.
std::size_t guards_broken(const Table& cancellation);

/// Time that each way adds to one linear layer's forward, input and weight gradients, over T at
/// constant B·T, beside the model of bench/kernels/overhead_model.h. A row a layer, way and T.
Table sweep_overhead(std::int64_t shrink);

}  // namespace clipbench::bench
