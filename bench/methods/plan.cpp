#include "bench/methods/plan.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>
#include <vector>

#include "bench/layers/linear.h"
#include "bench/methods/planner.h"

namespace clipbench::bench {
namespace {

// On an H200, in bf16.
constexpr double kTypicalFlopsPerByte = 160;  // products over copies
constexpr std::int64_t kTypicalGramTile = 256;

NormWay fastest(std::int64_t T, const Tensor& weight) {
  const LinearShape shape{.B = 1,
                          .T = T,
                          .p = weight.size(1),
                          .d = weight.size(0),
                          .element_bytes = weight.element_size(),
                          .on_chip = true,
                          .gram_tile = kTypicalGramTile};
  return options_of(shape, {kTypicalFlopsPerByte, 1}).front().way;
}

/// Of a linear layer.
NormWay resolved(NormWay way, std::int64_t T, const Tensor& weight) {
  const auto d = weight.size(0), p = weight.size(1);
  switch (way) {
    case NormWay::mixed:
      return 2 * T * T < p * d ? NormWay::gram : NormWay::materialise;
    case NormWay::fused:  // BT²(p+d) against 2BTpd
      return T * (p + d) < 2 * p * d ? NormWay::fused_gram : NormWay::width;
    case NormWay::planned:
      return fastest(T, weight);
    default:
      return way;
  }
}

/// "h.11.attn.q" → 11; −1 where the name has no number.
int block_of(const std::string& layer_name) {
  const auto digit = layer_name.find_first_of("0123456789");
  return digit == std::string::npos ? -1 : std::atoi(layer_name.c_str() + digit);
}

/// As a backward pass meets them: the last block first.
std::vector<std::pair<std::string, NormWay>> by_block(const Plan& plan) {
  std::vector<std::pair<std::string, NormWay>> entries(plan.begin(), plan.end());
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return block_of(a.first) > block_of(b.first);
  });
  return entries;
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

NormWay way_of(const Plan& plan, const Layer& layer) {
  auto found = plan.find(layer.name);
  if (found == plan.end()) found = plan.find(role_of(layer.name));
  return found == plan.end() ? NormWay::none : found->second;
}

Plan make_plan(NormWay way, const Model& model, std::int64_t seq) {
  Plan plan;
  for (const auto& layer : model.layers()) {
    if (is_stored(way)) {
      plan[role_of(layer->name)] = way;
    } else if (layer->rule == &linear_rule()) {
      const bool tied = layer->tied_to != nullptr;  // its owner keeps operands
      plan[role_of(layer->name)] =
          resolved(tied && way == NormWay::planned ? NormWay::fused : way, seq, layer->params[0]);
    }
  }
  return plan;
}

Plan fitted(const Plan& plan, const Model& model) {
  std::map<std::string, std::vector<NormWay>> ways;  // by role, the last block's first
  for (const auto& [name, way] : by_block(plan)) {
    auto& known = ways[role_of(name)];
    if (std::find(known.begin(), known.end(), way) == known.end()) known.push_back(way);
  }
  Plan out;
  std::map<std::string, std::size_t> seen;
  const auto& layers = model.layers();
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const auto role = role_of((*layer)->name);
    const auto known = ways.find(role);
    if (known == ways.end()) continue;
    out[(*layer)->name] = known->second[std::min(seen[role]++, known->second.size() - 1)];
  }
  return out;
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
