#include "guard/account.h"

#include <algorithm>
#include <limits>

namespace clipbench::guard {
namespace {

constexpr auto kRounding = static_cast<std::size_t>(profiler::Component::rounding);

}  // namespace

Account::Account(const profiler::Recording& recording)
    : ledger_(recording.seed), phases_(profiler::phase_spans(recording.events)) {
  live_bytes_.push_back(ledger_.live_requested_bytes());
  for (const profiler::Event& event : recording.events) {
    ledger_.apply(event);
    live_bytes_.push_back(ledger_.live_requested_bytes());
  }
  const auto highest = std::max_element(live_bytes_.begin(), live_bytes_.end());
  peak_ = static_cast<Position>(highest - live_bytes_.begin());
  components_.emplace(ledger_.lifetimes(), phases_);
}

std::string Account::phase(Position position) const {
  const profiler::PhaseSpan* const span = profiler::phase_at(phases_, position);
  return span ? std::string(span->name) : "";
}

profiler::ComponentBytes Account::components(Position position) const {
  profiler::ComponentBytes bytes = components_->at(std::vector{position}).front();
  bytes[kRounding] = 0;
  return bytes;
}

std::array<profiler::HighWater, profiler::kComponents> Account::high_water() const {
  auto marks = components_->high_water();
  marks[kRounding] = {};
  return marks;
}

std::optional<Account::Block> Account::largest(
    Position position, const std::function<bool(const Block&)>& counts) const {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  for (const Block& block : components_->largest_at(position, all)) {
    if (counts(block)) return block;
  }
  return std::nullopt;
}

std::vector<Position> snapshot_positions(const profiler::Recording& recording) {
  std::vector<Position> positions;
  for (Position i = 0; i < recording.events.size(); ++i) {
    if (recording.events[i].kind == profiler::Event::Kind::snapshot) positions.push_back(i + 1);
  }
  return positions;
}

}  // namespace clipbench::guard
