#include "bench/google_benchmark_output.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reporters/text.h"

namespace clipbench::bench {
namespace {

using json = nlohmann::ordered_json;

double units_a_second(const std::string& unit) {
  static const std::map<std::string, double> units = {
      {"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1}};
  return units.at(unit);
}

void change_unit(json& benchmark, const std::string& unit) {
  const std::string had = benchmark.value("time_unit", "ns");
  // A coefficient of variation is a ratio, it has no unit to change.
  if (had == unit || benchmark.value("aggregate_unit", "time") == "percentage") return;
  for (const char* key : {"real_time", "cpu_time"})
    if (benchmark.contains(key) && benchmark[key].is_number())
      benchmark[key] = benchmark[key].get<double>() / units_a_second(had) * units_a_second(unit);
  benchmark["time_unit"] = unit;
}

void drop_single_repetitions(json& benchmarks) {
  std::set<std::string> aggregated;
  for (const auto& one : benchmarks)
    if (one.value("run_type", "") == "aggregate") aggregated.insert(one.value("run_name", ""));
  json kept = json::array();
  for (const auto& one : benchmarks)
    if (one.value("run_type", "") == "aggregate" || !aggregated.count(one.value("run_name", "")))
      kept.push_back(one);
  benchmarks = std::move(kept);
}

std::string cell(const json& benchmark, const char* key) {
  if (!benchmark.contains(key)) return "";
  const auto& value = benchmark[key];
  return reporters::csv_field(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

std::string adapted_json(const std::string& text, const OutputOptions& output) {
  json document = json::parse(text);
  for (const auto& [key, value] : output.context) document["context"][key] = value;
  if (output.aggregates_only) drop_single_repetitions(document["benchmarks"]);
  for (auto& benchmark : document["benchmarks"]) change_unit(benchmark, output.time_unit);
  return document.dump(2) + "\n";
}

std::string as_csv(const std::string& text) {
  static constexpr const char* kColumns[] = {
      "name",           "iterations",       "real_time",        "cpu_time",
      "time_unit",      "bytes_per_second", "items_per_second", "label",
      "error_occurred", "error_message"};
  const json document = json::parse(text);
  std::string csv;
  for (const char* column : kColumns) csv += (csv.empty() ? "" : ",") + std::string(column);
  for (const auto& benchmark : document.at("benchmarks")) {
    csv += "\n";
    for (const char* column : kColumns)
      csv += (column == kColumns[0] ? "" : ",") + cell(benchmark, column);
  }
  return csv + "\n";
}

}  // namespace clipbench::bench
