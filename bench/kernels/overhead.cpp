#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/ceilings.h"
#include "bench/kernels/comparisons.h"
#include "bench/kernels/interleaved.h"
#include "bench/kernels/linear_step.h"
#include "bench/kernels/overhead_model.h"
#include "bench/kernels/overhead_table.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

using reporters::fixed;
using reporters::pad_left;

constexpr LayerShape kLayers[] = {{1280, 5120}, {1280, 1280}};
constexpr std::int64_t kTokens = 8192, kShortest = 64;

struct Way {
  const char* name;
  NormWay way;
};
constexpr Way kWays[] = {{"stored", NormWay::stored_fused},
                         {"gram", NormWay::gram},
                         {"fused_gram", NormWay::fused_gram},
                         {"width", NormWay::width},
                         {"sum", NormWay::none}};

double percent(double ratio) { return 100 * (ratio - 1); }

/// One layer at one T: vanilla first, then each way.
class Setting {
 public:
  Setting(const LayerShape& shape, std::int64_t B, std::int64_t T)
      : shape_(shape), B_(B), T_(T), step_(B, T, {shape}) {}

  void run(Table& table) {
    std::vector<Candidate> candidates{{"vanilla", step_.flops(), [&](int) { step_.vanilla(); }}};
    for (const auto& [name, way] : kWays) {
      const auto ways = step_.everywhere(way);
      candidates.push_back({name, step_.flops(), [this, ways](int) { step_.clipped(ways); }});
    }
    const auto timings = time_interleaved(candidates, {.ms_a_turn = 12});
    print(timings);
    add("vanilla", timings[0], 0, table);
    for (std::size_t k = 0; k < std::size(kWays); ++k)
      add(kWays[k].name, timings[k + 1], model(kWays[k].way), table);
  }

 private:
  double model(NormWay way) const { return 100 * modelled_overhead(way, shape_, T_, ceilings()); }

  void print(const std::vector<Timing>& timings) const {
    std::string line = pad_left(std::to_string(T_), 6) + pad_left(fixed(timings[0].ms, 4), 12);
    for (std::size_t k = 0; k < std::size(kWays); ++k) {
      line += pad_left(fixed(percent(timings[k + 1].ratio), 1), 9) + " (" +
              pad_left(fixed(model(kWays[k].way), 1), 5) + ")";
    }
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  void add(const std::string& way, const Timing& t, double model_percent, Table& table) const {
    const Heading heading{.words = {},
                          .layer = shape_,
                          .sizes = {{'B', B_}, {'T', T_}},
                          .family = "overhead",
                          .dtype = bench_dtype()};
    const double rate = step_.flops() / t.ms * 1e-9;
    table.add({heading.row(way), way, std::to_string(T_), std::to_string(B_),
               std::to_string(shape_.p), std::to_string(shape_.d), bench_dtype(), digits(t.ms),
               digits(t.least_ms), digits(t.most_ms), digits(rate),
               digits(100 * rate / ceilings().tflop_per_s), digits(percent(t.ratio)),
               digits(percent(t.low)), digits(percent(t.high)), digits(model_percent),
               device_name()});
  }

  LayerShape shape_;
  std::int64_t B_, T_;
  LinearStep step_;
};

void sweep(const LayerShape& shape, std::int64_t tokens, std::int64_t shortest, Table& table) {
  std::printf("\n%lld → %lld, B·T = %lld: per cent added to forward + dX + dW (model)\n%6s%12s",
              static_cast<long long>(shape.p), static_cast<long long>(shape.d),
              static_cast<long long>(tokens), "T", "vanilla, ms");
  for (const auto& way : kWays) std::printf("%17s", way.name);
  std::printf("\n");
  for (std::int64_t T = shortest; T <= tokens; T *= 2) Setting(shape, tokens / T, T).run(table);
}

}  // namespace

Table sweep_overhead(std::int64_t shrink) {
  Table table(overhead_columns());
  std::printf("ceilings: product %s TFLOP/s, copy %s TB/s\n",
              fixed(ceilings().tflop_per_s, 1).c_str(), fixed(ceilings().tb_per_s, 2).c_str());
  for (const auto& [p, d] : kLayers)
    sweep({p / shrink, d / shrink}, kTokens / shrink, std::max<std::int64_t>(1, kShortest / shrink),
          table);
  for (const auto& layer : overhead_layers(table))
    std::printf("\n%s\n%s", layer.name.c_str(), reporters::crossovers_text(layer).c_str());
  return table;
}

}  // namespace clipbench::bench
