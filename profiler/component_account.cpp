#include "profiler/component_account.h"

#include <algorithm>
#include <numeric>

namespace clipbench::profiler {
namespace {

std::vector<std::size_t> order_of(std::span<const Position> positions) {
  std::vector<std::size_t> order(positions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return positions[a] < positions[b]; });
  return order;
}

}  // namespace

std::int64_t total(const ComponentBytes& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0});
}

ComponentAccount::ComponentAccount(std::span<const Lifetime> lifetimes,
                                   std::span<const PhaseSpan> phases)
    : lifetimes_(lifetimes) {
  for (const Lifetime& life : lifetimes) {
    stretches_.push_back(classify(life, phases));
    add_changes(life, stretches_.back());
  }
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const Change& a, const Change& b) { return a.position < b.position; });
}

void ComponentAccount::add_changes(const Lifetime& life, std::span<const Stretch> stretches) {
  const std::int64_t rounding = life.block_bytes - life.requested_bytes;
  changes_.push_back({life.birth, Component::rounding, rounding});
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const Position end = i + 1 < stretches.size() ? stretches[i + 1].from : life.death;
    changes_.push_back({stretches[i].from, stretches[i].component, life.requested_bytes});
    if (end != kNever) changes_.push_back({end, stretches[i].component, -life.requested_bytes});
  }
  if (life.death != kNever) changes_.push_back({life.death, Component::rounding, -rounding});
}

std::vector<ComponentBytes> ComponentAccount::at(std::span<const Position> positions) const {
  std::vector<ComponentBytes> rows(positions.size());
  ComponentBytes now{};
  auto change = changes_.begin();
  for (const std::size_t row : order_of(positions)) {
    for (; change != changes_.end() && change->position <= positions[row]; ++change) {
      now[static_cast<std::size_t>(change->component)] += change->bytes;
    }
    rows[row] = now;
  }
  return rows;
}

std::array<HighWater, kComponents> ComponentAccount::high_water() const {
  std::array<HighWater, kComponents> marks{};
  ComponentBytes now{};
  for (const Change& change : changes_) {  // a stretch's end stands before the next one's beginning
    const auto c = static_cast<std::size_t>(change.component);
    now[c] += change.bytes;
    if (now[c] > marks[c].bytes) marks[c] = {now[c], change.position};
  }
  return marks;
}

std::vector<ComponentAccount::Block> ComponentAccount::largest_at(Position position,
                                                                  std::size_t count) const {
  std::vector<Block> live;
  for (std::size_t i = 0; i < lifetimes_.size(); ++i) {
    if (!lifetimes_[i].live_at(position)) continue;
    live.push_back({&lifetimes_[i], stretch_at(stretches_[i], position)});
  }
  std::stable_sort(live.begin(), live.end(), [](const Block& a, const Block& b) {
    return a.life->requested_bytes > b.life->requested_bytes;
  });
  if (live.size() > count) live.resize(count);
  return live;
}

}  // namespace clipbench::profiler
