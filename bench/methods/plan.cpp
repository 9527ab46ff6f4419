#include "bench/methods/plan.h"

#include <algorithm>
#include <cctype>

#include "bench/layers/linear.h"

namespace clipbench::bench {
namespace {

NormWay mixed_way(std::int64_t T, const Tensor& weight) {
  return 2 * T * T < weight.numel() ? NormWay::gram : NormWay::materialise;
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
    plan[role_of(layer->name)] = way == NormWay::mixed ? mixed_way(seq, layer->params[0]) : way;
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
