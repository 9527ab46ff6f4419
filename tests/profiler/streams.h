// Event streams written by hand, for the pure parts of the profiler.
#pragma once

#include <string_view>

#include "profiler/event.h"

namespace clipbench::profiler::streams {

inline Event alloc(std::uintptr_t address, std::int64_t requested, std::int64_t block = 0) {
  Event e;
  e.kind = Event::Kind::alloc;
  e.address = address;
  e.requested_bytes = requested;
  e.block_bytes = block == 0 ? requested : block;
  return e;
}

inline Event scoped(Event e, Component component, std::string_view owner = {}) {
  e.tagged = true;
  e.component = component;
  e.name = owner;
  return e;
}

inline Event free(std::uintptr_t address) {
  Event e;
  e.kind = Event::Kind::free;
  e.address = address;
  return e;
}

inline Event claim(std::uintptr_t address, Component component, Since since = Since::birth,
                   std::string_view owner = {}) {
  Event e;
  e.kind = Event::Kind::claim;
  e.address = address;
  e.component = component;
  e.since = since;
  e.name = owner;
  return e;
}

inline Event mark(Event::Kind kind, std::string_view name = {}, std::int64_t index = 0) {
  Event e;
  e.kind = kind;
  e.name = name;
  e.index = index;
  return e;
}

inline Event phase(std::string_view name) { return mark(Event::Kind::phase, name); }
inline Event phase_ends() { return mark(Event::Kind::end_phase); }
inline Event iteration(std::int64_t i) { return mark(Event::Kind::iteration, {}, i); }
inline Event snapshot_row(std::int64_t row) { return mark(Event::Kind::snapshot, {}, row); }

}  // namespace clipbench::profiler::streams
