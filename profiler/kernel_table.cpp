#include "profiler/kernel_table.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

namespace clipbench::profiler {
namespace {

constexpr std::size_t kNameLength = 96;

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? text.get() : name;
}

void erase_all(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
}

/// Cuts "(int, float)" off the end: the parenthesis that matches the last one.
void cut_parameters(std::string& text) {
  if (text.empty() || text.back() != ')') return;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    depth += text[i] == ')' ? 1 : text[i] == '(' ? -1 : 0;
    if (depth == 0 && i > 0) return text.resize(i);
  }
}

std::unordered_map<std::uint32_t, std::int64_t> launch_times(
    std::span<const KernelLaunch> launches) {
  std::unordered_map<std::uint32_t, std::int64_t> times;
  for (const KernelLaunch& launch : launches) {
    const auto [at, is_new] = times.emplace(launch.correlation, launch.t_ns);
    if (!is_new) at->second = std::min(at->second, launch.t_ns);
  }
  return times;
}

std::string phase_at_time(std::span<const PhaseSpan> phases, std::int64_t t_ns) {
  for (const PhaseSpan& phase : phases) {
    if (phase.begin_ns <= t_ns && t_ns < phase.end_ns) return std::string(phase.name);
  }
  return {};
}

}  // namespace

std::string short_kernel_name(const std::string& mangled) {
  std::string name = demangled(mangled);
  cut_parameters(name);
  if (name.starts_with("void ")) name.erase(0, 5);
  for (const char* noise :
       {"(anonymous namespace)::", "<unnamed>::", "at::native::", "at::cuda::"}) {
    erase_all(name, noise);
  }
  if (name.size() > kNameLength) name = name.substr(0, kNameLength - 3) + "...";
  return name;
}

std::vector<KernelRow> kernel_table(const KernelActivity& activity,
                                    std::span<const PhaseSpan> phases) {
  const auto launched = launch_times(activity.launches);
  std::map<std::pair<std::string, std::string>, KernelRow> table;
  for (const KernelRun& run : activity.runs) {
    const auto launch = launched.find(run.correlation);
    const std::int64_t t_ns = launch == launched.end() ? run.begin_ns : launch->second;
    const std::string name = short_kernel_name(run.name), phase = phase_at_time(phases, t_ns);
    KernelRow& row = table.try_emplace({name, phase}, KernelRow{name, phase, 0, 0}).first->second;
    ++row.calls;
    row.ms += static_cast<double>(run.end_ns - run.begin_ns) / 1e6;
  }
  std::vector<KernelRow> rows;
  for (const auto& [key, row] : table) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const KernelRow& a, const KernelRow& b) { return a.ms > b.ms; });
  return rows;
}

}  // namespace clipbench::profiler
