#include "bench/methods/plan.h"

#include <algorithm>
#include <cctype>

#include "bench/layers/linear.h"

namespace clipbench::bench {
namespace {

NormWay resolved(NormWay way, std::int64_t T, const Tensor& weight) {
  const auto d = weight.size(0), p = weight.size(1);
  switch (way) {
    case NormWay::mixed:
      return 2 * T * T < p * d ? NormWay::gram : NormWay::materialise;
    case NormWay::fused:  // BT²(p+d) against 2BTpd
      return T * (p + d) < 2 * p * d ? NormWay::fused_gram : NormWay::width;
    default:
      return way;
  }
}

}  // namespace

std::string role_of(const std::string& layer_name) {
  std::string role;
  for (std::size_t i = 0; i < layer_name.size(); ++i) {
    const bool number = std::isdigit(static_cast<unsigned char>(layer_name[i])) &&
                        (i == 0 || layer_name[i - 1] == '.');
    if (!number) {
      role += layer_name[i];
      continue;
    }
    role += '*';
    i = std::min(layer_name.find('.', i), layer_name.size()) - 1;
  }
  return role;
}

Plan make_plan(NormWay way, const Model& model, std::int64_t seq) {
  Plan plan;
  for (const auto& layer : model.layers()) {
    if (layer->rule != &linear_rule()) continue;
    plan[role_of(layer->name)] = resolved(way, seq, layer->params[0]);
  }
  return plan;
}

void note(Path& path, const Layer& layer, const std::string& computation) {
  auto& known = path[role_of(layer.name)];
  if (known.empty()) {
    known = computation;
  } else if (known.find(computation) == std::string::npos) {
    known += " and " + computation;
  }
}

}  // namespace clipbench::bench
