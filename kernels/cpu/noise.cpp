#include "kernels/cpu/noise.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "kernels/cpu/inner_loops.h"

namespace clipbench::kernels::cpu {
namespace {

constexpr std::uint64_t kAtOnce = 4 * kNormalGroups;
constexpr std::int64_t kGrain = 256;  // × kAtOnce elements are worth another thread

}  // namespace

void set_noise(float* out, std::int64_t n, const Noise& noise) {
  const auto& loops = *inner_loop_sets().front();
  const auto last = noise.first + static_cast<std::uint64_t>(n);
  const auto first_piece = noise.first / kAtOnce,
             pieces = (last + kAtOnce - 1) / kAtOnce - first_piece;
  at::parallel_for(0, static_cast<std::int64_t>(pieces), kGrain, [&](auto begin, auto end) {
    float z[kAtOnce];
    for (auto k = begin; k < end; ++k) {
      const auto from = (first_piece + static_cast<std::uint64_t>(k)) * kAtOnce;
      loops.normals(noise.seed, noise.stream, from / 4, z);
      const auto low = std::max(from, noise.first), high = std::min(from + kAtOnce, last);
      float* to = out + (low - noise.first);
      for (auto i = low; i < high; ++i, ++to) *to = noise.std * z[i - from];
    }
  });
}

}  // namespace clipbench::kernels::cpu
