#include "bench/methods/catalog.h"

#include "bench/cases/case.h"

namespace clipbench::bench {

const std::vector<MethodInfo>& all_methods() {
  using enum NormWay;
  using K = ScheduleKind;
  static const std::vector<MethodInfo> methods = {
      {"vanilla", none, K::vanilla, "plain training, no privacy: the baseline", ""},
      {"microbatch", stored, K::microbatch,
       "one sample at a time: slow, obviously right, the oracle", "Abadi et al. 2016"},
      {"explicit", stored, K::book_keeping,
       "per-sample gradients of all layers are stored, then summed", "Abadi et al. 2016"},
      {"fast_clip", materialise, K::two_pass,
       "norms from one layer's per-sample gradients at a time, then a second backward pass",
       "Lee & Kifer 2021"},
      {"ghost", gram, K::two_pass, "norms from T x T Gram matrices, then a second backward pass",
       "Li et al. 2022"},
      {"mixed_ghost", mixed, K::two_pass, "per layer the smaller of Gram and per-sample gradient",
       "Bu et al. 2022"},
      {"flash_clip", fused, K::two_pass,
       "norms from tiles that are reduced at once, then a second backward pass", ""},
      {"bk", mixed, K::book_keeping,
       "one backward pass; activations and output gradients are kept and summed afterwards",
       "Bu et al. 2023"},
      {"flash_bk", fused, K::book_keeping, "bk with norms from tiles that are reduced at once", ""},
      {"flash_stored", stored_fused, K::book_keeping,
       "explicit with norms taken where the per-sample gradients form", ""},
      {"auto", planned, K::book_keeping,
       "per layer the fastest of flash_stored and flash_bk in the memory of plain training", ""},
      {"per_layer", mixed, K::per_layer,
       "every layer clips with a norm of its own inside the backward pass", "He et al. 2023"},
  };
  return methods;
}

const MethodInfo& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& method : all_methods()) {
    if (name == method.name) return method;
    names.push_back(method.name);
  }
  throw UsageError(unknown_name("method", name, names));
}

const char* to_string(NormWay way) {
  switch (way) {
    case NormWay::none:
      return "none";
    case NormWay::stored:
      return "stored";
    case NormWay::stored_fused:
      return "stored_fused";
    case NormWay::materialise:
      return "materialise";
    case NormWay::gram:
      return "gram";
    case NormWay::mixed:
      return "mixed";
    case NormWay::width:
      return "width";
    case NormWay::fused_gram:
      return "fused_gram";
    case NormWay::fused:
      return "fused";
    case NormWay::planned:
      return "planned";
  }
  return "?";
}

const char* to_string(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::vanilla:
      return "vanilla";
    case ScheduleKind::microbatch:
      return "microbatch";
    case ScheduleKind::two_pass:
      return "two_pass";
    case ScheduleKind::book_keeping:
      return "book_keeping";
    case ScheduleKind::per_layer:
      return "per_layer";
  }
  return "?";
}

}  // namespace clipbench::bench
