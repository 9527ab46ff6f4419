#include "profiler/observe.h"

#include <ATen/core/Tensor.h>

#include <atomic>

#include "profiler/event_log.h"
#include "profiler/observer.h"

namespace clipbench::profiler {
namespace {

std::atomic<Observer*> active_observer{nullptr};
std::atomic<const char*> running_phase{""};
thread_local ScopeTag scope_of_thread;

Observer* observer() { return active_observer.load(std::memory_order_relaxed); }

}  // namespace

void set_observer(Observer* observer) { active_observer.store(observer); }

ScopeTag current_scope() { return scope_of_thread; }

void claim(const at::Tensor& tensor, Component component, std::string_view owner, Since since) {
  Observer* const o = observer();
  if (!o || !tensor.defined() || !tensor.has_storage()) return;
  const void* data = tensor.storage().data();
  if (data) o->on_claim(data, tensor.device(), component, owner, since);
}

Scope::Scope(Component component, std::string_view owner)
    : previous_component_(scope_of_thread.component),
      previous_owner_(scope_of_thread.owner),
      previous_set_(scope_of_thread.set) {
  scope_of_thread = {component, owner, true};
}

Scope::~Scope() { scope_of_thread = {previous_component_, previous_owner_, previous_set_}; }

void begin_phase(const char* name) {
  running_phase.store(name, std::memory_order_relaxed);
  if (Observer* const o = observer()) o->on_phase(name);
}

void end_phase() {
  running_phase.store("", std::memory_order_relaxed);
  if (Observer* const o = observer()) o->on_end_phase();
}

const char* current_phase() { return running_phase.load(std::memory_order_relaxed); }

void snapshot(const char* name) {
  if (Observer* const o = observer()) o->on_snapshot(name);
}

}  // namespace clipbench::profiler
