#include "bench/kernels/overhead_table.h"

#include <algorithm>

#include "bench/cases/case.h"

namespace clipbench::bench {
namespace {

using reporters::OverheadCurve;
using reporters::OverheadLayer;

/// The element of that name, at the end where it is new.
template <class Named>
Named& named(std::vector<Named>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  if (found != all.end()) return *found;
  all.emplace_back().name = name;
  return all.back();
}

std::string layer_name(const Table& table, std::size_t row) {
  return table.cell(row, "p") + " → " + table.cell(row, "d") + ", " + table.cell(row, "dtype") +
         ", " + table.cell(row, "device");
}

void check_row(const Table& table, std::size_t row) {
  static const std::vector<std::string> ways{"stored", "gram", "fused_gram", "width", "sum"};
  const auto& way = table.cell(row, "way");
  if (std::find(ways.begin(), ways.end(), way) == ways.end())
    throw UsageError(unknown_name("way", way, ways));
  if (table.number(row, "T") <= 0)
    throw UsageError("T of row " + std::to_string(row + 1) + ": a number above 0 is needed");
}

void add_point(const Table& table, std::size_t row, OverheadCurve& curve) {
  const auto number = [&](const char* column) { return table.number(row, column); };
  curve.points.push_back({number("T"), number("extra_percent"), number("least_extra_percent"),
                          number("most_extra_percent"), number("model_extra_percent")});
}

}  // namespace

const std::vector<std::string>& overhead_columns() {
  static const std::vector<std::string> columns{"benchmark",
                                                "way",
                                                "T",
                                                "B",
                                                "p",
                                                "d",
                                                "dtype",
                                                "median_ms",
                                                "least_ms",
                                                "most_ms",
                                                "tflop_per_s",
                                                "percent_of_ceiling",
                                                "extra_percent",
                                                "least_extra_percent",
                                                "most_extra_percent",
                                                "model_extra_percent",
                                                "device"};
  return columns;
}

std::vector<OverheadLayer> overhead_layers(const Table& overhead) {
  std::vector<OverheadLayer> layers;
  for (std::size_t row = 0; row < overhead.size(); ++row) {
    if (overhead.cell(row, "way") == "vanilla") continue;
    check_row(overhead, row);
    auto& layer = named(layers, layer_name(overhead, row));
    layer.tokens = overhead.number(row, "T") * overhead.number(row, "B");
    add_point(overhead, row, named(layer.curves, overhead.cell(row, "way")));
  }
  if (layers.empty()) throw UsageError("no row of an overhead");
  return layers;
}

}  // namespace clipbench::bench
