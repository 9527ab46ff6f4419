#include "kernels/cpu/row_sums.h"

#include <algorithm>

#include <ATen/Parallel.h>

namespace clipbench::kernels::cpu {
namespace {

constexpr std::int64_t kPiece = 4096;  // elements of the sum that stay in the first cache

}  // namespace

template <class In>
void add_weighted_rows(const In* rows, std::int64_t pitch, std::int64_t samples, std::int64_t n,
                       const Wide<In>* factors, Wide<In>* sum) {
  at::parallel_for(0, (n + kPiece - 1) / kPiece, 4, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin * kPiece; i < std::min(n, end * kPiece); i += kPiece) {
      const auto size = std::min(kPiece, n - i);
      for (std::int64_t b = 0; b < samples; ++b) {
        const auto factor = factors[b];
        if (factor == 0) continue;
        const In* row = rows + b * pitch + i;
        for (std::int64_t k = 0; k < size; ++k) sum[i + k] += factor * widened(row[k]);
      }
    }
  });
}

template void add_weighted_rows(const float*, std::int64_t, std::int64_t, std::int64_t,
                                const float*, float*);
template void add_weighted_rows(const Bf16*, std::int64_t, std::int64_t, std::int64_t, const float*,
                                float*);
template void add_weighted_rows(const F16*, std::int64_t, std::int64_t, std::int64_t, const float*,
                                float*);
template void add_weighted_rows(const double*, std::int64_t, std::int64_t, std::int64_t,
                                const double*, double*);

}  // namespace clipbench::kernels::cpu
