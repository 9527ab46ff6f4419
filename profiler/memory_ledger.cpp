#include "profiler/memory_ledger.h"

#include <algorithm>
#include <utility>

namespace clipbench::profiler {
namespace {

constexpr std::size_t kFaultsKept = 20;

Lifetime lifetime_of(const Event& event, Position birth) {
  Lifetime life;
  life.address = event.address;
  life.requested_bytes = event.requested_bytes;
  life.block_bytes = event.block_bytes;
  life.birth = birth;
  life.tagged = event.tagged;
  life.component = event.component;
  life.owner = event.name;
  return life;
}

}  // namespace

MemoryLedger::MemoryLedger(std::span<const SeedBlock> seed) {
  for (const SeedBlock& block : seed) {
    Lifetime life;
    life.address = block.address;
    life.requested_bytes = block.requested_bytes;
    life.block_bytes = block.block_bytes;
    add(std::move(life));
  }
  note_peaks();
}

void MemoryLedger::apply(const Event& event) {
  ++position_;
  switch (event.kind) {
    case Event::Kind::alloc:
      return allocate(event);
    case Event::Kind::free:
      return free(event.address);
    case Event::Kind::claim:
      return claim(event);
    default:
      return;  // marks move no bytes
  }
}

void MemoryLedger::allocate(const Event& event) {
  Lifetime life = lifetime_of(event, position_);
  if (life.block_bytes == kUnknownBytes) {
    fault("allocation of " + std::to_string(life.requested_bytes) + " bytes without a block size");
    life.block_bytes = life.requested_bytes;
  }
  if (live_.contains(life.address)) {
    fault("address allocated while it was live (event " + std::to_string(position_ - 1) + ")");
    free(life.address);
  }
  add(std::move(life));
  note_peaks();
}

void MemoryLedger::free(std::uintptr_t address) {
  const auto found = live_.find(address);
  if (found == live_.end()) {
    return fault("free of an unknown block (event " + std::to_string(position_ - 1) + ")");
  }
  Lifetime& life = lifetimes_[found->second];
  life.death = position_;
  live_requested_bytes_ -= life.requested_bytes;
  live_block_bytes_ -= life.block_bytes;
  live_.erase(found);
}

/// Storage that the allocator doesn't know (a mapped file) may be claimed; it isn't in the account.
void MemoryLedger::claim(const Event& event) {
  const auto found = live_.find(event.address);
  if (found == live_.end()) return;
  lifetimes_[found->second].claims.push_back({position_, event.component, event.name, event.since});
}

void MemoryLedger::add(Lifetime life) {
  live_requested_bytes_ += life.requested_bytes;
  live_block_bytes_ += life.block_bytes;
  live_[life.address] = lifetimes_.size();
  lifetimes_.push_back(std::move(life));
}

void MemoryLedger::note_peaks() {
  peak_requested_bytes_ = std::max(peak_requested_bytes_, live_requested_bytes_);
  if (live_block_bytes_ < peak_block_bytes_) return;
  peak_block_bytes_ = live_block_bytes_;
  peak_position_ = position_;
}

void MemoryLedger::fault(std::string text) {
  if (faults_.size() < kFaultsKept) faults_.push_back(std::move(text));
}

}  // namespace clipbench::profiler
