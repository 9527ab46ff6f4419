#include "kernels/cpu/inner_loops.h"

namespace clipbench::kernels::cpu {

#if defined(__x86_64__)
extern const InnerLoopSet avx512_loops, avx2_loops;
#endif
extern const InnerLoopSet plain_loops;

const std::vector<const InnerLoopSet*>& inner_loop_sets() {
  static const auto sets = [] {
    std::vector<const InnerLoopSet*> all;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) all.push_back(&avx512_loops);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&avx2_loops);
#endif
    all.push_back(&plain_loops);
    return all;
  }();
  return sets;
}

template <>
const InnerLoops<float>& InnerLoopSet::of() const {
  return f32;
}
template <>
const InnerLoops<Bf16>& InnerLoopSet::of() const {
  return bf16;
}
template <>
const InnerLoops<F16>& InnerLoopSet::of() const {
  return f16;
}
template <>
const InnerLoops<double>& InnerLoopSet::of() const {
  return f64;
}

}  // namespace clipbench::kernels::cpu
