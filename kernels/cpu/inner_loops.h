// What runs inside the products of kernels/cpu: packing, a tile of outer products, a tile of dot
// products. One set for each instruction set, compiled with its flags; the best one that this CPU
// has is taken at run time.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/element.h"

namespace clipbench::kernels::cpu {

/// Of operands `In`, computed in Wide<In>.
template <class In>
struct InnerLoops {
  using W = Wide<In>;

  int rows, columns;  ///< of a tile of outer()
  /// to [k][rows] or [k][columns] = scale · from[k·step + i] for i < width, 0 from there on.
  void (*pack_rows)(const In* from, std::int64_t step, std::int64_t k, int width, W scale, W* to);
  void (*pack_columns)(const In* from, std::int64_t step, std::int64_t k, int width, W scale,
                       W* to);
  /// c [rows][columns] = Σ_k a [k][rows] ⊗ b [k][columns].
  void (*outer)(std::int64_t k, const W* a, const W* b, W* c);
  /// Σ c² of a tile of outer().
  double (*squares)(const W* c);

  int dot_rows, dot_columns;  ///< of a tile of dots()
  /// c [dot_rows][dot_columns] = ⟨a[r], b[s]⟩; rows of n elements next to each other.
  void (*dots)(std::int64_t n, const In* const* a, const In* const* b, W* c);
};

constexpr int kNormalGroups = 16;  ///< groups of four that normals() writes

struct InnerLoopSet {
  const char* name;  ///< of the instruction set
  InnerLoops<float> f32;
  InnerLoops<Bf16> bf16;
  InnerLoops<F16> f16;
  InnerLoops<double> f64;
  /// Standard normal numbers of elements 4·group … 4·(group + kNormalGroups) − 1 of a stream.
  void (*normals)(std::uint64_t seed, std::uint64_t stream, std::uint64_t group, float* out);

  template <class In>
  const InnerLoops<In>& of() const;
};

/// What this build has and this CPU can run, the best first.
const std::vector<const InnerLoopSet*>& inner_loop_sets();

}  // namespace clipbench::kernels::cpu
