// The other side of observe.h: who listens to it.
#pragma once

#include <c10/core/Device.h>

#include <string_view>

#include "profiler/component.h"
#include "profiler/observe.h"

namespace clipbench::profiler {

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_claim(const void* storage, c10::Device device, Component component,
                        std::string_view owner, Since since) = 0;
  virtual void on_phase(const char* name) = 0;
  virtual void on_end_phase() = 0;
  virtual void on_snapshot(const char* name) = 0;
};

/// From now on observe.h speaks to this one; nullptr: to nobody. The caller sees to it that no
/// measured code runs on other threads meanwhile.
void set_observer(Observer* observer);

}  // namespace clipbench::profiler
