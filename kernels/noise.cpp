#include "kernels/noise.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

void noise_into(at::Tensor& out, bool keep, const Noise& noise) {
  TORCH_CHECK(is_cuda_f32(out), "noise: expected a contiguous f32 CUDA tensor, got ",
              out.scalar_type(), " on ", out.device());
  const c10::cuda::CUDAGuard guard(out.device());
  cuda::noise_into(out.mutable_data_ptr<float>(), out.numel(), keep, noise,
                   c10::cuda::getCurrentCUDAStream());
}

cuda::Element released_type(const at::Tensor& out) {
  const auto type = cuda_element(out);
  TORCH_CHECK(type && out.is_cuda() && out.is_contiguous(),
              "release: expected a contiguous f32 or bf16 CUDA tensor, got ", out.scalar_type(),
              " on ", out.device());
  return *type;
}

}  // namespace

void set_noise_(at::Tensor& out, const Noise& noise) { noise_into(out, /*keep=*/false, noise); }

void add_noise_(at::Tensor& out, const Noise& noise) {
  if (noise.std != 0) noise_into(out, /*keep=*/true, noise);
}

void release_(at::Tensor& out, const at::Tensor& sum, const Noise& noise) {
  const auto type = released_type(out);
  TORCH_CHECK(is_cuda_f32(sum) && sum.numel() == out.numel() && sum.device() == out.device(),
              "release: expected a contiguous f32 sum of ", out.numel(), " elements on ",
              out.device(), ", got ", sum.scalar_type(), " ", sum.sizes());
  const c10::cuda::CUDAGuard guard(out.device());
  cuda::release(sum.const_data_ptr<float>(), out.mutable_data_ptr(), type, out.numel(), noise,
                c10::cuda::getCurrentCUDAStream());
}

void weighted_sum_release_(at::Tensor& out, const at::Tensor& rows, const Factors& factors,
                           const Noise& noise) {
  const auto type = released_type(out);
  const auto taken = cuda_sample_rows(rows);
  TORCH_CHECK(taken && taken->size == out.numel() && rows.device() == out.device(),
              "weighted sum: expected rows of ", out.numel(), " f32 or bf16 elements on ",
              out.device(), ", got ", rows.scalar_type(), " ", rows.sizes());
  TORCH_CHECK(factors.device.numel() == rows.size(0), "weighted sum: ", factors.device.numel(),
              " factors for ", rows.size(0), " rows");
  const c10::cuda::CUDAGuard guard(out.device());
  const auto weights = device_factors(factors.device, rows);
  cuda::weighted_sum_release(*taken, weights.const_data_ptr<float>(), noise, out.mutable_data_ptr(),
                             type, c10::cuda::getCurrentCUDAStream());
}

}  // namespace clipbench::kernels
