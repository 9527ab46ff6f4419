#include "kernels/cpu/noised_update.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "kernels/cpu/inner_loops.h"

namespace clipbench::kernels::cpu {
namespace {

constexpr std::int64_t kPiece = 4 * kNormalGroups;  // elements whose noise is drawn at once
constexpr std::int64_t kGrain = 64;                 // pieces that are worth another thread

/// call(an element of this type).
template <class Call>
void with_type(at::ScalarType type, const Call& call) {
  switch (type) {
    case at::kBFloat16:
      return call(c10::BFloat16{});
    case at::kHalf:
      return call(c10::Half{});
    default:
      return call(float{});
  }
}

/// Elements [begin, end), at most a piece.
template <class Grad, class Param, class Copy, class Rule>
void update_piece(const UpdatedTensor& tensor, const Rule& rule, const float* noise,
                  std::int64_t begin, std::int64_t end) {
  const auto* grad = static_cast<const Grad*>(tensor.grad);
  auto* param = static_cast<Param*>(tensor.param);
  auto* copy = static_cast<Copy*>(tensor.copy);
  Param* const states[kMaxStates] = {static_cast<Param*>(tensor.states[0]),
                                     static_cast<Param*>(tensor.states[1])};
  for (std::int64_t i = begin; i < end; ++i) {
    float value = static_cast<float>(param[i]), of_state[kMaxStates] = {};
    for (int s = 0; s < Rule::kStates; ++s) of_state[s] = static_cast<float>(states[s][i]);
    apply_rule(rule, static_cast<float>(grad[i]) + noise[i - begin], value,
               [&](int s) -> float& { return of_state[s]; });
    for (int s = 0; s < Rule::kStates; ++s) states[s][i] = static_cast<Param>(of_state[s]);
    param[i] = static_cast<Param>(value);
    if (copy != nullptr) copy[i] = static_cast<Copy>(value);
  }
}

template <class Grad, class Param, class Copy, class Rule>
void update(const UpdatedTensor& tensor, const Rule& rule, const Noise& noise) {
  const auto& loops = *inner_loop_sets().front();
  const auto pieces = (tensor.n + kPiece - 1) / kPiece;
  at::parallel_for(0, pieces, kGrain, [&](auto first, auto last) {
    float z[kPiece] = {};
    for (auto k = first; k < last; ++k) {
      if (noise.std != 0) {
        loops.normals(noise.seed, tensor.noise_stream, static_cast<std::uint64_t>(k * kPiece / 4),
                      z);
        for (float& value : z) value *= noise.std;
      }
      update_piece<Grad, Param, Copy>(tensor, rule, z, k * kPiece,
                                      std::min(tensor.n, (k + 1) * kPiece));
    }
  });
}

}  // namespace

template <class Rule>
void noised_update(const UpdatedTensor& tensor, const UpdateTypes& types, const Rule& rule,
                   const Noise& noise) {
  with_type(types.grad, [&]<class Grad>(Grad) {
    with_type(types.param, [&]<class Param>(Param) {
      with_type(types.copy,
                [&]<class Copy>(Copy) { update<Grad, Param, Copy>(tensor, rule, noise); });
    });
  });
}

template void noised_update(const UpdatedTensor&, const UpdateTypes&, const AdamRule&,
                            const Noise&);
template void noised_update(const UpdatedTensor&, const UpdateTypes&, const SgdRule&, const Noise&);
template void noised_update(const UpdatedTensor&, const UpdateTypes&, const MomentumRule&,
                            const Noise&);

}  // namespace clipbench::kernels::cpu
