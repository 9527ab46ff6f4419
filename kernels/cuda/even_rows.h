// Rows for the copy engine of Hopper, which reads rows that lie on 16 bytes.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace clipbench::kernels::cuda {

/// Copies `rows` rows of `row_bytes` (even), `from_pitch` bytes apart at any even address, to rows
/// `to_pitch` bytes apart on 16 bytes, to_pitch ≥ row_bytes a multiple of 16; what is between them
/// is unspecified. Bytes: the rows once, and once more written.
void copy_to_even_rows(const void* from, std::int64_t from_pitch, void* to, std::int64_t to_pitch,
                       std::int64_t rows, std::int64_t row_bytes, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
