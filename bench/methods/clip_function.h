// Clip functions: per-sample norms n [B] to factors c [B], with sup n·c(n) ≤ C for every one of
// them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace clipbench::bench {

/// norms [B] → factors [B] of the same dtype. A norm that is NaN or infinite gets factor 0.
using ClipFunction = std::function<at::Tensor(const at::Tensor& norms, double clip_norm)>;

struct ClipInfo {
  const char* name;
  const char* formula;
  const char* literature;
  at::Tensor (*raw)(const at::Tensor& norms, double clip_norm);
};
const std::vector<ClipInfo>& all_clip_functions();

/// Throws UsageError (bench/cases/case.h) listing the possible names.
ClipFunction make_clip_function(const std::string& name);

}  // namespace clipbench::bench
