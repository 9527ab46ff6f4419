#include "bench/methods/planner.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "kernels/cost.h"

namespace clipbench::bench {
namespace {

// Rates of the kernels over that of the weight gradient's plain product, measured on an H200 at
// GPT-2's sizes, on a CPU at f32; elsewhere products of slices, one sample at a time.
struct Efficiency {
  double stored, width, sum;
};
constexpr Efficiency kOnChip{1.0, 1.2, 1.1}, kInCaches{0.9, 1.0, 0.9}, kBySlices{0.9, 0.7, 0.9};
constexpr double kGramHalfLength = 256;  // T at which the Gram kernel reaches half of the rate
// What a tile of the width kernel takes beside its products, as tokens; the efficiency is that of
// sequences as long as kWidthLength and longer.
constexpr double kWidthStart = 20, kWidthLength = 256;
constexpr double kGramInCaches = 0.9, kGramBySlices = 0.9;

Efficiency efficiency_of(const LinearShape& shape) {
  if (shape.on_chip) return kOnChip;
  return shape.in_caches ? kInCaches : kBySlices;
}

class Costs {
 public:
  Costs(const LinearShape& shape, const DeviceRates& rates)
      : s_(shape),
        size_{shape.B, shape.T, shape.p, shape.d},
        rates_(rates),
        efficiency_(efficiency_of(shape)) {}

  Option stored() const {
    const auto norm = kernels::stored_norm_cost(size_, s_.element_bytes);
    const auto sum = kernels::weighted_sum_cost(size_, s_.element_bytes);
    // Elsewhere the norm is a second pass over what was written.
    const double read_again = s_.on_chip || s_.in_caches ? 0 : norm.bytes;
    const double seconds =
        at(norm, efficiency_.stored) + (read_again + sum.bytes) / rates_.bytes + copy();
    return {NormWay::stored_fused, seconds, static_cast<std::int64_t>(norm.bytes)};
  }

  Option gram() const {
    return {NormWay::fused_gram,
            at(fused_gram_norm_cost(size_), gram_efficiency()) + copy() + sum(), operand_bytes()};
  }

  Option width() const {
    return {NormWay::width, at(width_norm_cost(size_), width_efficiency()) + copy() + sum(),
            operand_bytes()};
  }

 private:
  double at(const kernels::Cost& cost, double efficiency) const {
    return cost.seconds(rates_.flops * efficiency, rates_.bytes);
  }
  double gram_efficiency() const {
    if (s_.in_caches) return kGramInCaches;
    if (s_.gram_tile == 0) return kGramBySlices / 2;  // slices know no triangle
    const double formed = std::max(tokens(), static_cast<double>(s_.gram_tile));
    const double useful = tokens() / formed;  // a side of a tile that is not full
    return useful * useful / (1 + kGramHalfLength / formed);
  }
  double width_efficiency() const {
    if (!s_.on_chip || tokens() >= kWidthLength) return efficiency_.width;
    return efficiency_.width / (1 + kWidthStart * (1 / tokens() - 1 / kWidthLength));
  }
  double tokens() const { return static_cast<double>(s_.T); }
  double sum() const { return at(clipped_sum_cost(size_), efficiency_.sum) + copy(); }
  double copy() const {
    const double gradient_bytes = static_cast<double>(s_.element_bytes * s_.B * s_.T * s_.d);
    return s_.copied ? 2 * gradient_bytes / rates_.bytes : 0;
  }
  std::int64_t operand_bytes() const {
    return s_.element_bytes * s_.B * s_.T * (s_.p / s_.sharing_a + s_.d);
  }

  const LinearShape& s_;
  kernels::LinearSize size_;
  const DeviceRates& rates_;
  Efficiency efficiency_;
};

using Choice = std::vector<std::size_t>;

/// The most bytes above the budget at any visit or before the first sum, where this is kept; and
/// the visit after which it is.
struct Excess {
  std::int64_t bytes = 0;
  std::size_t visits = 0;
};

Excess excess(const std::vector<PlannedLayer>& layers, const Choice& choice, std::int64_t budget) {
  Excess worst{std::numeric_limits<std::int64_t>::min(), 0};
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    kept += layers[i].options[choice[i]].kept_bytes;
    const auto above = layers[i].live_bytes + layers[i].passing_bytes + kept - budget;
    if (above > worst.bytes) worst = {above, i + 1};
  }
  return worst;
}

struct Exchange {
  std::size_t layer, option;
  double seconds_a_byte;
};

/// Of the layers visited until then, what saves bytes at the least time.
std::optional<Exchange> cheapest_exchange(const std::vector<PlannedLayer>& layers,
                                          const Choice& choice, std::size_t visits) {
  std::optional<Exchange> best;
  for (std::size_t i = 0; i < visits; ++i) {
    const auto& now = layers[i].options[choice[i]];
    for (std::size_t k = 0; k < layers[i].options.size(); ++k) {
      const auto& other = layers[i].options[k];
      const auto saved = now.kept_bytes - other.kept_bytes;
      if (saved <= 0) continue;
      const double price = (other.seconds - now.seconds) / static_cast<double>(saved);
      if (!best || price < best->seconds_a_byte) best = {i, k, price};
    }
  }
  return best;
}

}  // namespace

std::vector<Option> options_of(const LinearShape& shape, const DeviceRates& rates) {
  const Costs costs(shape, rates);
  std::vector<Option> options{costs.stored(), costs.gram(), costs.width()};
  std::stable_sort(options.begin(), options.end(),
                   [](const Option& a, const Option& b) { return a.seconds < b.seconds; });
  return options;
}

std::vector<std::size_t> choose(const std::vector<PlannedLayer>& layers,
                                std::int64_t budget_bytes) {
  Choice choice(layers.size(), 0);
  while (true) {
    const auto worst = excess(layers, choice, budget_bytes);
    if (worst.bytes <= 0) return choice;
    const auto exchange = cheapest_exchange(layers, choice, worst.visits);
    if (!exchange) return choice;
    choice[exchange->layer] = exchange->option;
  }
}

}  // namespace clipbench::bench
