#include "kernels/sample_sums.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/row_sums.h"
#include "kernels/on_cpu.h"
#include "kernels/on_cuda.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

// On a GPU, below this a kernel's launch costs more than its bytes: all samples at once.
constexpr std::int64_t kSmallRows = 1 << 20;

void add_one_by_one(at::Tensor& sum, const at::Tensor& rows, const Factors& factors) {
  const auto& weights = factors.host();
  for (std::size_t b = 0; b < weights.size(); ++b) {
    const auto factor = weights[b];
    if (factor != 0) sum.add_(rows.select(0, static_cast<std::int64_t>(b)), factor);
  }
}

bool cpu_takes_rows(const at::Tensor& sum, const at::Tensor& rows) {
  const auto dtype = rows.scalar_type();
  return rows.is_cpu() && rows.is_contiguous() && sum.is_contiguous() && is_cpu_element(dtype) &&
         sum.scalar_type() == wide_dtype(dtype) && sum.numel() * rows.size(0) == rows.numel();
}

void add_on_cpu(at::Tensor& sum, const at::Tensor& rows, const Factors& factors) {
  const auto weights = factors.device.to(sum.scalar_type()).contiguous();
  with_cpu_element(rows.scalar_type(), [&]<class In>(In) {
    using W = cpu::Wide<In>;
    cpu::add_weighted_rows(
        static_cast<const In*>(rows.const_data_ptr()), rows.stride(0), rows.size(0), sum.numel(),
        static_cast<const W*>(weights.const_data_ptr()), static_cast<W*>(sum.mutable_data_ptr()));
  });
}

void add_on_cuda(at::Tensor& sum, const cuda::SampleRows& taken, const at::Tensor& rows,
                 const Factors& factors) {
  TORCH_CHECK(sum.numel() == taken.size && factors.device.numel() == taken.samples,
              "weighted_sum_: expected ", taken.samples, " factors and a sum of ", taken.size,
              " elements, got ", factors.device.numel(), " and ", sum.sizes());
  const c10::cuda::CUDAGuard guard(rows.device());
  const auto weights = device_factors(factors.device, rows);
  cuda::weighted_sum(taken, weights.const_data_ptr<float>(), sum.mutable_data_ptr<float>(),
                     c10::cuda::getCurrentCUDAStream());
}

}  // namespace

at::Tensor scaled_samples(const at::Tensor& rows, const Factors& factors, std::int64_t first) {
  const auto last = first + rows.size(0);
  std::vector<std::int64_t> column(static_cast<std::size_t>(rows.dim()), 1);
  column[0] = rows.size(0);
  const auto factor = factors.device.slice(0, first, last).view(column);  // [n,1,…]
  return rows.mul(factor).masked_fill_(factor.eq(0), 0);                  // 0 · NaN is NaN
}

void weighted_sum_(at::Tensor& sum, const at::Tensor& rows, const Factors& factors) {
  const auto taken = cuda_sample_rows(rows);
  if (taken && is_cuda_f32(sum)) return add_on_cuda(sum, *taken, rows, factors);
  if (cpu_takes_rows(sum, rows)) return add_on_cpu(sum, rows, factors);
  if (rows.is_cpu() || rows.numel() > kSmallRows) return add_one_by_one(sum, rows, factors);
  sum.add_(scaled_samples(rows, factors, 0).sum(0));
}

void for_sample_chunks(std::int64_t batch, std::int64_t scratch_bytes_per_sample,
                       const std::function<void(std::int64_t, std::int64_t)>& visit,
                       std::int64_t chunk_bytes) {
  const auto samples =
      std::max<std::int64_t>(1, chunk_bytes / std::max<std::int64_t>(1, scratch_bytes_per_sample));
  for (std::int64_t begin = 0; begin < batch; begin += samples) {
    visit(begin, std::min(batch, begin + samples));
  }
}

}  // namespace clipbench::kernels
