#include "profiler/cupti_session.h"

#include <c10/util/Exception.h>
#include <cupti.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "profiler/clock.h"

namespace clipbench::profiler {
namespace {

std::string error_name(CUptiResult code) {
  const char* text = nullptr;
  return cuptiGetResultString(code, &text) == CUPTI_SUCCESS ? text : std::to_string(code);
}

#define CUPTI_CHECK(call)                                               \
  do {                                                                  \
    const CUptiResult code_ = (call);                                   \
    TORCH_CHECK(code_ == CUPTI_SUCCESS, #call ": ", error_name(code_)); \
  } while (false)

constexpr std::size_t kBufferBytes = std::size_t{4} << 20;
constexpr std::size_t kBufferAlignment = 8;

constexpr std::array kKinds = {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_RUNTIME,
                               CUPTI_ACTIVITY_KIND_DRIVER};

/// CUPTI's callbacks are plain functions on a thread of its own; what they read is gathered here.
struct Gathered {
  std::mutex mutex;
  KernelActivity activity;
};
Gathered& gathered() {
  static Gathered* const the_one = new Gathered;
  return *the_one;
}

void add_kernel(const CUpti_Activity* record, KernelActivity& activity) {
  const auto* k = reinterpret_cast<const CUpti_ActivityKernel10*>(record);
  activity.runs.push_back({k->name ? k->name : "", k->correlationId,
                           static_cast<std::int64_t>(k->start), static_cast<std::int64_t>(k->end)});
}

void add_launch(const CUpti_Activity* record, KernelActivity& activity) {
  const auto* call = reinterpret_cast<const CUpti_ActivityAPI*>(record);
  activity.launches.push_back({call->correlationId, static_cast<std::int64_t>(call->start)});
}

void add(const CUpti_Activity* record, KernelActivity& activity) {
  switch (record->kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      return add_kernel(record, activity);
    case CUPTI_ACTIVITY_KIND_RUNTIME:
    case CUPTI_ACTIVITY_KIND_DRIVER:
      return add_launch(record, activity);
    default:
      return;
  }
}

void note_dropped(CUcontext context, std::uint32_t stream, KernelActivity& activity) {
  std::size_t dropped = 0;
  const CUptiResult code = cuptiActivityGetNumDroppedRecords(context, stream, &dropped);
  if (code != CUPTI_SUCCESS) {
    activity.faults.push_back("cuptiActivityGetNumDroppedRecords: " + error_name(code));
  } else if (dropped > 0) {
    activity.faults.push_back("CUPTI dropped " + std::to_string(dropped) + " records");
  }
}

void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* bytes, std::size_t* max_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kBufferAlignment, kBufferBytes));
  *bytes = *buffer ? kBufferBytes : 0;
  *max_records = 0;  // as many as fit
}

void CUPTIAPI take_buffer(CUcontext context, std::uint32_t stream, std::uint8_t* buffer,
                          std::size_t, std::size_t valid_bytes) {
  Gathered& g = gathered();
  const std::lock_guard lock(g.mutex);
  CUpti_Activity* record = nullptr;
  while (valid_bytes > 0 &&
         cuptiActivityGetNextRecord(buffer, valid_bytes, &record) == CUPTI_SUCCESS) {
    add(record, g.activity);
  }
  note_dropped(context, stream, g.activity);
  std::free(buffer);
}

/// So that CUPTI's times and ours are of one clock.
std::uint64_t CUPTIAPI our_clock() { return static_cast<std::uint64_t>(now_ns()); }

class Session final : public CuptiSession {
 public:
  Session() {
    CUPTI_CHECK(cuptiActivityRegisterTimestampCallback(&our_clock));
    CUPTI_CHECK(cuptiActivityRegisterCallbacks(&give_buffer, &take_buffer));
    for (const CUpti_ActivityKind kind : kKinds) CUPTI_CHECK(cuptiActivityEnable(kind));
    running_ = true;
  }

  ~Session() override {
    if (running_) disable();
  }

  /// Disables before it flushes: nothing is left over for a later session.
  KernelActivity stop() override {
    running_ = false;
    const CUptiResult code = disable();
    CUPTI_CHECK(cuptiActivityFlushAll(0));
    Gathered& g = gathered();
    const std::lock_guard lock(g.mutex);
    if (code != CUPTI_SUCCESS) {
      g.activity.faults.push_back("cuptiActivityDisable: " + error_name(code));
    }
    return std::exchange(g.activity, {});
  }

 private:
  static CUptiResult disable() {
    CUptiResult worst = CUPTI_SUCCESS;
    for (const CUpti_ActivityKind kind : kKinds) {
      const CUptiResult code = cuptiActivityDisable(kind);
      if (code != CUPTI_SUCCESS) worst = code;
    }
    return worst;
  }
  bool running_ = false;
};

}  // namespace

std::unique_ptr<CuptiSession> CuptiSession::start() {
  {
    const std::lock_guard lock(gathered().mutex);
    gathered().activity = {};
  }
  return std::make_unique<Session>();
}

}  // namespace clipbench::profiler
