#include "kernels/sample_sums.h"

#include <algorithm>

namespace clipbench::kernels {

void weighted_sum_(at::Tensor& sum, const at::Tensor& rows, const std::vector<double>& factors) {
  for (std::size_t b = 0; b < factors.size(); ++b) {
    if (factors[b] != 0) sum.add_(rows.select(0, static_cast<std::int64_t>(b)), factors[b]);
  }
}

void for_sample_chunks(std::int64_t batch, std::int64_t scratch_bytes_per_sample,
                       const std::function<void(std::int64_t, std::int64_t)>& visit) {
  constexpr std::int64_t kScratchBytes = 32 << 20;
  const auto samples = std::max<std::int64_t>(
      1, kScratchBytes / std::max<std::int64_t>(1, scratch_bytes_per_sample));
  for (std::int64_t begin = 0; begin < batch; begin += samples) {
    visit(begin, std::min(batch, begin + samples));
  }
}

}  // namespace clipbench::kernels
