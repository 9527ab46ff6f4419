#include "profiler/event_log.h"

#include <atomic>
#include <utility>

#include "profiler/clock.h"

namespace clipbench::profiler {
namespace {

std::uint32_t thread_number() {
  static std::atomic<std::uint32_t> next{0};
  thread_local const std::uint32_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

EventLog::EventLog(std::size_t capacity) : capacity_(capacity) { events_.reserve(capacity_); }

std::size_t EventLog::append(Event event) {
  event.thread = thread_number();
  const std::lock_guard lock(mutex_);
  event.t_ns = now_ns();
  events_.push_back(event);
  return events_.size() - 1;
}

bool EventLog::append_at(std::size_t expected_size, Event event) {
  event.thread = thread_number();
  const std::lock_guard lock(mutex_);
  if (events_.size() != expected_size) return false;
  event.t_ns = now_ns();
  events_.push_back(event);
  return true;
}

void EventLog::set_block_bytes(std::size_t place, std::int64_t block_bytes) {
  const std::lock_guard lock(mutex_);
  if (place < events_.size()) events_[place].block_bytes = block_bytes;
}

std::size_t EventLog::size() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

void EventLog::clear() {
  const std::lock_guard lock(mutex_);
  events_.clear();
  events_.reserve(capacity_);
}

std::vector<Event> EventLog::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

Event allocation_event(const void* address, std::int64_t requested_bytes,
                       std::int64_t block_bytes) {
  const ScopeTag scope = current_scope();
  Event event;
  event.kind = Event::Kind::alloc;
  event.tagged = scope.set;
  event.component = scope.component;
  event.name = scope.owner;
  event.address = reinterpret_cast<std::uintptr_t>(address);
  event.requested_bytes = requested_bytes;
  event.block_bytes = block_bytes;
  return event;
}

Event free_event(const void* address) {
  Event event;
  event.kind = Event::Kind::free;
  event.address = reinterpret_cast<std::uintptr_t>(address);
  return event;
}

}  // namespace clipbench::profiler
