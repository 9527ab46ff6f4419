#include "reporters/figure_style.h"

#include <algorithm>
#include <array>

#include "reporters/step_timeline.h"

namespace clipbench::reporters {
namespace {

constexpr std::array<ComponentStyle, 16> kStyles = {{
    {"parameters", "parameters", "#0072B2", 0},
    {"optimizer_state", "optimizer state", "#56B4E9", 4},
    {"gradients", "gradients", "#009E73", 0},
    {"activations", "activations", "#F0E442", 0},
    {"activation_gradients", "activation gradients", "#E69F00", 5},
    {"logits_and_loss", "logits and loss", "#D9D9D9", 4},
    {"dp_saved", "saved for DP", "#D55E00", 1},
    {"gram", "Gram matrices", "#CC79A7", 5},
    {"per_sample_gradients", "per-sample gradients", "#D55E00", 4},
    {"norms", "norms", "#000000", 0},
    {"noise", "noise", "#CC79A7", 0},
    {"batch", "batch", "#56B4E9", 0},
    {"workspace", "workspace", "#999999", 1},
    {"communication", "communication", "#009E73", 5},
    {"temporary", "temporary", "#999999", 0},
    {"rounding", "rounding", "#666666", 0},
}};
constexpr ComponentStyle kOther = {"other", "other", "#F4F4F4", 1};

/// A component is shown from this part of the largest peak, or of the largest change from
/// vanilla's, on.
constexpr double kVisible = 0.004;

using Of = ShownComponents::Of;

std::int64_t most_of(const Record& r, const std::string& component, Of moments) {
  std::int64_t most = bytes_at_peak(r, component);
  const auto found = r.memory.timeline.components.find(component);
  if (moments == Of::peaks || found == r.memory.timeline.components.end()) return most;
  for (const std::int64_t bytes : found->second) most = std::max(most, bytes);
  return most;
}

std::int64_t largest_change(const Group& group, const std::string& component) {
  std::int64_t most = 0;
  if (!group.vanilla()) return most;
  const std::int64_t base = bytes_at_peak(group.vanilla()->first(), component);
  for (const CaseSummary& c : group.cases) {
    if (c.ok()) most = std::max(most, std::abs(bytes_at_peak(c.first(), component) - base));
  }
  return most;
}

std::int64_t largest_change(const Group& group) {
  std::int64_t most = 0;
  for (const ComponentStyle& style : kStyles)
    most = std::max(most, largest_change(group, style.key));
  return most;
}

/// Whether `part` of `whole` can be seen.
bool visible(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) > kVisible * static_cast<double>(whole);
}

}  // namespace

ShownComponents::ShownComponents(const Group& group, Of moments) {
  std::int64_t peak = 0;
  for (const CaseSummary& c : group.cases) peak = std::max(peak, c.peak_allocated_bytes);
  const std::int64_t change = moments == Of::peaks ? largest_change(group) : 0;
  for (const ComponentStyle& style : kStyles) {
    std::int64_t most = 0;
    for (const CaseSummary& c : group.cases) {
      if (c.ok()) most = std::max(most, most_of(c.first(), style.key, moments));
    }
    const bool changes = change > 0 && visible(largest_change(group, style.key), change);
    if (visible(most, peak) || changes) styles_.push_back(style);
  }
  std::int64_t other = 0;
  for (const CaseSummary& c : group.cases) {
    if (c.ok()) other = std::max(other, at_peak(c.first()).back());
  }
  has_other_ = styles_.empty() || visible(other, peak);
  if (has_other_) styles_.push_back(kOther);
}

/// What no style takes of the total is "other".
template <class Get>
std::vector<std::int64_t> ShownComponents::split(std::int64_t total, Get bytes_of) const {
  std::vector<std::int64_t> out;
  for (const ComponentStyle& style : styles_) {
    if (style.key == std::string(kOther.key)) continue;
    out.push_back(bytes_of(style.key));
    total -= out.back();
  }
  if (has_other_) out.push_back(std::max<std::int64_t>(0, total));
  return out;
}

std::vector<std::int64_t> ShownComponents::at_peak(const Record& record) const {
  return split(record.memory.peak_allocated_bytes,
               [&](const char* key) { return bytes_at_peak(record, key); });
}

std::vector<std::int64_t> ShownComponents::at_point(const Record& record, std::size_t point) const {
  const Timeline& timeline = record.memory.timeline;
  return split(timeline.allocated_bytes[point],
               [&](const char* key) { return component_bytes(timeline, key, point); });
}

Unit unit_for(std::int64_t largest_bytes) {
  constexpr double kMiB = 1 << 20, kGiB = 1 << 30;
  const bool large = static_cast<double>(largest_bytes) >= 10 * kGiB;
  return large ? Unit{"GiB", kGiB} : Unit{"MiB", kMiB};
}

}  // namespace clipbench::reporters
