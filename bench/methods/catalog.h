// The table of methods: each is a point in norm way × schedule. Plain data, so that the parent
// process can list and explain methods without loading LibTorch; bench/methods/schedule.h turns a
// row into code.
#pragma once

#include <string>
#include <vector>

namespace clipbench::bench {

/// How a layer gets its per-sample squared norms from activations a [B,T,p] and output gradients g
/// [B,T,d].
enum class NormWay {
  none,          ///< no norms: not private
  stored,        ///< from the stored per-sample gradients, in a pass of its own
  stored_fused,  ///< from every stored tile while it is on chip
  materialise,   ///< a_iᵀ g_i of one layer at a time
  gram,          ///< ⟨a_i a_iᵀ, g_i g_iᵀ⟩, two T×T matrices
  mixed,         ///< gram where 2T² < pd, else materialise
  width,         ///< tiles of a_iᵀ g_i, reduced at once: no temporary grows with T² or p·d
  fused_gram,    ///< tiles of both Gram matrices, multiplied and reduced at once: likewise
  fused,         ///< fused_gram where T < 2pd/(p+d), which costs fewer FLOPs, else width
  planned,       ///< per layer the fastest of stored_fused, fused_gram and width that fits
};

/// Which passes, in which order.
enum class ScheduleKind { vanilla, microbatch, two_pass, book_keeping, per_layer };

struct MethodInfo {
  const char* name;
  NormWay norm_way;
  ScheduleKind schedule;
  const char* description;  ///< one line
  const char* literature;   ///< "" where there is none
  bool is_private() const { return schedule != ScheduleKind::vanilla; }
};

const std::vector<MethodInfo>& all_methods();
/// Throws UsageError (bench/cases/case.h) listing the possible names.
const MethodInfo& find_method(const std::string& name);
const char* to_string(NormWay);
/// The per-sample gradients are kept.
constexpr bool is_stored(NormWay way) {
  return way == NormWay::stored || way == NormWay::stored_fused;
}
const char* to_string(ScheduleKind);

}  // namespace clipbench::bench
