#include "kernels/on_cuda.h"

namespace clipbench::kernels {

std::optional<cuda::Element> cuda_element(const at::Tensor& t) {
  if (t.scalar_type() == at::kFloat) return cuda::Element::f32;
  if (t.scalar_type() == at::kBFloat16) return cuda::Element::bf16;
  if (t.scalar_type() == at::kHalf) return cuda::Element::f16;
  return std::nullopt;
}

std::optional<cuda::SampleRows> cuda_sample_rows(const at::Tensor& rows) {
  const auto type = cuda_element(rows);
  if (!rows.is_cuda() || !type || rows.dim() == 0 || rows.numel() == 0) return std::nullopt;
  if (!rows.select(0, 0).is_contiguous()) return std::nullopt;
  const auto samples = rows.size(0);
  return cuda::SampleRows{rows.const_data_ptr(), *type, static_cast<int>(samples),
                          rows.numel() / samples, rows.stride(0)};
}

bool is_cuda_f32(const at::Tensor& t) {
  return t.is_cuda() && t.scalar_type() == at::kFloat && t.is_contiguous();
}

bool on_16_bytes(const at::Tensor& t) {
  return reinterpret_cast<std::uintptr_t>(t.const_data_ptr()) % 16 == 0;
}

at::Tensor device_factors(const at::Tensor& factors, const at::Tensor& like) {
  return factors.to(like.device(), at::kFloat).contiguous();
}

}  // namespace clipbench::kernels
