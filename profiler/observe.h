// What measured code says to the profiler. Each call is one relaxed load and a branch while nobody
// records.
//
// Models, layers, methods and optimizers include this header alone; they never see the recorder.
#pragma once

#include <string_view>

#include "profiler/component.h"

namespace at {
class Tensor;
}

namespace clipbench::profiler {

/// A claim's reach: a gradient is one from its first byte on, a kept activation is `dp_saved` only
/// from the moment at which plain training would have freed it.
enum class Since : bool { birth, now };

/// The tensor's storage belongs to `component` (until a later claim or its free). `owner`: the
/// layer's name; it must outlive the recording. Undefined and empty tensors are ignored.
void claim(const at::Tensor&, Component component, std::string_view owner = {},
           Since since = Since::birth);

/// Allocations made by this thread while the scope lives belong to `component`, unless claimed
/// later. Scopes nest; the innermost wins. Autograd's threads run a node inside the scope its own
/// code opens.
class Scope {
 public:
  explicit Scope(Component component, std::string_view owner = {});
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Component previous_component_;
  std::string_view previous_owner_;
  bool previous_set_;
};

/// A stretch of a step: forward, backward, clip, backward2 or weighted_sum, noise, step. Phases
/// don't nest: a phase ends where the next begins, or at end_phase(). `name` must be a string
/// literal.
void begin_phase(const char* name);
void end_phase();
/// The phase that runs, also while nobody records; "" between phases.
const char* current_phase();

/// Bytes at this moment, under the specification's name for it, without the `iter{i}_` prefix which
/// the recorder adds: before_forward, after_forward, after_backward, after_step. String literals.
void snapshot(const char* name);

}  // namespace clipbench::profiler
