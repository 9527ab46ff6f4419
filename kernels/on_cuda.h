// The kernels of kernels/cuda on tensors: what they take, and their views of it. Internal to
// kernels/.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "kernels/cuda/weighted_sum.h"

namespace clipbench::kernels {

/// f32, bf16 and f16; nothing for other dtypes.
std::optional<cuda::Element> cuda_element(const at::Tensor& t);

/// [B,…] with samples anywhere and each sample's elements next to each other, on a GPU; else
/// nothing.
std::optional<cuda::SampleRows> cuda_sample_rows(const at::Tensor& rows);

/// Contiguous f32 on a GPU.
bool is_cuda_f32(const at::Tensor& t);

bool on_16_bytes(const at::Tensor& t);

/// factors [B] as f32 on `like`'s device.
at::Tensor device_factors(const at::Tensor& factors, const at::Tensor& like);

}  // namespace clipbench::kernels
