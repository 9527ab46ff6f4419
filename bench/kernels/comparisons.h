// What clipbench-kernels measures; all on the current CUDA device, random data.
#pragma once

namespace clipbench::bench {

/// Norms, stored gradients and clipped sums of linear layers beside cuBLAS' weight gradient: single
/// layers, and the layers of a block in one launch. TFLOP/s; the Gram norm's count the lower
/// triangle.
void compare_linear_layers();

/// Weighted sums, layer norms, embeddings, noise and Adam beside a plain copy. TB/s of the bytes
/// that must move.
void compare_memory_bound();

}  // namespace clipbench::bench
