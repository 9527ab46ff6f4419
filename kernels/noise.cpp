#include "kernels/noise.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <vector>

#include "kernels/cpu/noise.h"
#include "kernels/cuda/released_sums.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

/// One for the elements that have rows, one for the others.
void add_views(const SumToRelease& sum, const at::Tensor& factors,
               std::vector<cuda::ReleasedSum>& views) {
  const auto rows = cuda_sample_rows(sum.rows);
  TORCH_CHECK(rows && releases(sum.out, sum.rows) && rows->size <= sum.out.numel(),
              "release of a sum: expected rows of at most ", sum.out.numel(),
              " f32, bf16 or f16 elements on ", sum.out.device(), " for ", sum.out.scalar_type(),
              ", got ", sum.rows.scalar_type(), " ", sum.rows.sizes());
  TORCH_CHECK(factors.numel() == rows->samples, "release of a sum: ", factors.numel(),
              " factors for ", rows->samples, " rows");
  cuda::ReleasedSum view{.rows = *rows,
                         .factors = factors.const_data_ptr<float>(),
                         .out = sum.out.mutable_data_ptr(),
                         .type = *cuda_element(sum.out),
                         .noise_stream = sum.noise_stream,
                         .noise_first = 0};
  views.push_back(view);
  if (rows->size == sum.out.numel()) return;
  view.rows.samples = 0;
  view.rows.size = sum.out.numel() - rows->size;
  view.out = static_cast<char*>(view.out) + rows->size * sum.out.element_size();
  view.noise_first = static_cast<std::uint64_t>(rows->size);
  views.push_back(view);
}

}  // namespace

bool makes_noise(const at::Tensor& out) {
  return is_cuda_f32(out) ||
         (out.is_cpu() && out.scalar_type() == at::kFloat && out.is_contiguous());
}

void set_noise_(at::Tensor& out, const Noise& noise) {
  TORCH_CHECK(makes_noise(out), "noise: expected a contiguous f32 tensor, got ", out.scalar_type(),
              " on ", out.device());
  if (out.is_cpu()) return cpu::set_noise(out.mutable_data_ptr<float>(), out.numel(), noise);
  const c10::cuda::CUDAGuard guard(out.device());
  cuda::set_noise(out.mutable_data_ptr<float>(), out.numel(), noise,
                  c10::cuda::getCurrentCUDAStream());
}

bool releases(const at::Tensor& out, const at::Tensor& rows) {
  const bool both_narrow = out.element_size() == 2 && rows.element_size() == 2;
  return out.is_cuda() && cuda_element(out) && out.is_contiguous() && cuda_sample_rows(rows) &&
         rows.device() == out.device() && (!both_narrow || out.scalar_type() == rows.scalar_type());
}

void release_sums_(at::ArrayRef<SumToRelease> sums, const Noise& noise) {
  if (sums.empty()) return;
  const c10::cuda::CUDAGuard guard(sums[0].out.device());
  std::vector<at::Tensor> factors;  // alive until the launches are under way
  std::vector<cuda::ReleasedSum> views;
  for (const auto& sum : sums) {
    factors.push_back(device_factors(sum.factors, sum.out));
    add_views(sum, factors.back(), views);
  }
  cuda::release_sums(views, noise, c10::cuda::getCurrentCUDAStream());
}

}  // namespace clipbench::kernels
