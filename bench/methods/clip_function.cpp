#include "bench/methods/clip_function.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/nan_to_num.h>

#include "bench/cases/case.h"

namespace clipbench::bench {
namespace {

constexpr double kAutosGamma = 0.01;  // γ of C/(n+γ)
constexpr double kPsacR = 0.1;        // r of C/(n + r/(n+r))

at::Tensor abadi(const at::Tensor& n, double C) { return n.reciprocal().mul_(C).clamp_max_(1); }
at::Tensor autos(const at::Tensor& n, double C) { return n.add(kAutosGamma).reciprocal_().mul_(C); }
at::Tensor psac(const at::Tensor& n, double C) {
  return n.add(kPsacR).reciprocal_().mul_(kPsacR).add_(n).reciprocal_().mul_(C);
}
/// Z = C: everything up to the bound counts in full, everything beyond not at all.
at::Tensor global(const at::Tensor& n, double C) { return n.le(C).to(n.scalar_type()); }

}  // namespace

const std::vector<ClipInfo>& all_clip_functions() {
  static const std::vector<ClipInfo> functions = {
      {"abadi", "min(1, C/n)", "Abadi et al. 2016", abadi},
      {"autos", "C/(n + 0.01)", "Bu et al. 2023, AUTO-S", autos},
      {"psac", "C/(n + r/(n + r)), r = 0.1", "Xia et al. 2023, DP-PSAC", psac},
      {"global", "1 where n <= C, else 0", "Bu et al. 2021, global clipping with Z = C", global},
  };
  return functions;
}

ClipFunction make_clip_function(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& function : all_clip_functions()) {
    if (name == function.name) {
      return [raw = function.raw](const at::Tensor& norms, double clip_norm) {
        const auto unusable = at::isfinite(norms).logical_not_();
        return raw(norms, clip_norm).masked_fill_(unusable, 0);
      };
    }
    names.push_back(function.name);
  }
  throw UsageError(unknown_name("clip function", name, names));
}

}  // namespace clipbench::bench
