// The stream while it is being written, by every thread that allocates.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "profiler/event.h"

namespace clipbench::profiler {

/// Appends cost 16–40 ns. Events are stamped with time and thread under the lock, so their order in
/// the vector is their order in time.
class EventLog {
 public:
  /// Room for `capacity` events is set aside at once, so that an append seldom allocates.
  explicit EventLog(std::size_t capacity = std::size_t{1} << 19);

  /// Returns the event's place.
  std::size_t append(Event event);

  /// Appends only if nothing was appended since the log had `expected_size` events: the caller read
  /// something in between that must belong to this very place in the stream.
  bool append_at(std::size_t expected_size, Event event);

  /// The allocator told an allocation's block size after the allocation.
  void set_block_bytes(std::size_t place, std::int64_t block_bytes);

  std::size_t size() const;
  /// Empty again, with room as at first.
  void clear();
  std::vector<Event> take();

 private:
  mutable std::mutex mutex_;
  std::size_t capacity_;
  std::vector<Event> events_;
};

/// What the innermost Scope of the calling thread says; `set` is false outside all scopes.
struct ScopeTag {
  Component component = Component::temporary;
  std::string_view owner;
  bool set = false;
};
ScopeTag current_scope();

/// An allocation of the calling thread, tagged with its scope.
Event allocation_event(const void* address, std::int64_t requested_bytes, std::int64_t block_bytes);
Event free_event(const void* address);

}  // namespace clipbench::profiler
