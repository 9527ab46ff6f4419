#include "guard/findings.h"

#include <algorithm>
#include <vector>

namespace clipbench::guard {
namespace {

using profiler::Component;
using profiler::ComponentBytes;
using profiler::kComponentNames;
using profiler::kComponents;

std::string number(std::int64_t n) { return std::to_string(n); }

std::string excess(std::int64_t measured, std::int64_t allowed) {
  return number(allowed) + " allowed: " + number(measured - allowed) + " too many";
}

std::string moment(const Account& account, Position position) {
  const std::string phase = account.phase(position);
  return phase.empty() ? "" : " (" + phase + ")";
}

/// "activations 4096, parameters 512", largest first; `sign` stands before each number.
std::string list(const ComponentBytes& bytes, const char* sign) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (bytes[c] > 0) order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return bytes[a] > bytes[b]; });
  std::string text;
  for (const std::size_t c : order) {
    text += (text.empty() ? "" : ", ") + std::string(kComponentNames[c]) + " " + sign +
            number(bytes[c]);
  }
  return text;
}

ComponentBytes added(const Account& account, Position from, Position to) {
  ComponentBytes bytes = account.components(to);
  const ComponentBytes before = account.components(from);
  for (std::size_t c = 0; c < kComponents; ++c) bytes[c] -= before[c];
  return bytes;
}

/// "; largest block: 4096 bytes of activations, fc1", of blocks born after `since`.
std::string largest(const Account& account, Position position, Position since) {
  const auto block =
      account.largest(position, [&](const Account::Block& b) { return b.life->birth > since; });
  if (!block) return "";
  const std::string owner(block->stretch.owner);
  return "; largest block: " + number(block->life->requested_bytes) + " bytes of " +
         to_string(block->stretch.component) + (owner.empty() ? "" : ", " + owner);
}

std::string largest_of(const Account& account, Position position, Component component) {
  const auto block = account.largest(
      position, [&](const Account::Block& b) { return b.stretch.component == component; });
  const std::string owner(block ? block->stretch.owner : "");
  return "largest block: " + number(block ? block->life->requested_bytes : 0) + " bytes" +
         (owner.empty() ? "" : " of " + owner);
}

std::string component_finding(const Account& account, std::size_t c,
                              const profiler::HighWater& most, std::int64_t allowed) {
  const auto component = static_cast<Component>(c);
  return number(most.bytes) + " bytes of " + kComponentNames[c] + ", " +
         excess(most.bytes, allowed) + "; at its most" + moment(account, most.position) + " the " +
         largest_of(account, most.position, component);
}

}  // namespace

std::string peak_finding(const Account& account, std::int64_t allowed_bytes) {
  const Position peak = account.peak();
  const std::int64_t bytes = account.live_bytes(peak) - account.live_bytes(0);
  if (bytes <= allowed_bytes) return "";
  return "the peak is " + number(bytes) + " bytes above the start, " +
         excess(bytes, allowed_bytes) + "; added at the peak" + moment(account, peak) + ": " +
         list(added(account, 0, peak), "+") + largest(account, peak, 0);
}

std::string growth_finding(const Account& account, std::span<const Position> ends) {
  const std::int64_t allowed = account.live_bytes(ends.front());
  for (std::size_t i = 1; i < ends.size(); ++i) {
    const std::int64_t bytes = account.live_bytes(ends[i]);
    if (bytes <= allowed) continue;
    return number(bytes) + " bytes are live after repetition " + std::to_string(i + 1) + " of " +
           std::to_string(ends.size()) + ", " + number(allowed) + " after the first: grown by " +
           number(bytes - allowed) + "; " + list(added(account, ends.front(), ends[i]), "+") +
           largest(account, ends[i], ends.front());
  }
  return "";
}

Budget measured_budget(const Account& account) {
  Budget budget;
  budget.peak_bytes = account.live_bytes(account.peak());
  const auto most = account.high_water();
  for (std::size_t c = 0; c < kComponents; ++c) budget.components[c] = most[c].bytes;
  return budget;
}

std::string budget_findings(const Account& account, const Budget& budget, const std::string& name) {
  std::vector<std::string> lines;
  const Position peak = account.peak();
  const std::int64_t bytes = account.live_bytes(peak);
  if (bytes > budget.peak_bytes) {
    lines.push_back("the peak is " + number(bytes) + " bytes, " + excess(bytes, budget.peak_bytes) +
                    "; held at the peak" + moment(account, peak) + ": " +
                    list(account.components(peak), ""));
  }
  const auto most = account.high_water();
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (most[c].bytes > budget.components[c])
      lines.push_back(component_finding(account, c, most[c], budget.components[c]));
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + name + ": " + line;
  return text;
}

}  // namespace clipbench::guard
