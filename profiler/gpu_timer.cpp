#include "profiler/gpu_timer.h"

#include <c10/cuda/CUDAStream.h>

#include <chrono>

#include "profiler/cuda_event.h"

namespace clipbench::profiler {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

cudaStream_t current_stream(c10::Device device) {
  return c10::cuda::getCurrentCUDAStream(device.has_index() ? device.index() : -1).stream();
}

class WallTimer final : public StepTimer {
 public:
  void start() override { begin_ = Clock::now(); }
  StepDuration stop() override {
    const double ms = ms_since(begin_);
    return {ms, ms};
  }

 private:
  Clock::time_point begin_;
};

class CudaStepTimer final : public StepTimer {
 public:
  explicit CudaStepTimer(c10::Device device) : device_(device) {}
  void start() override {
    wall_begin_ = Clock::now();
    begin_.record(current_stream(device_));
  }
  StepDuration stop() override {
    end_.record(current_stream(device_));
    end_.synchronize();
    return {end_.ms_since(begin_), ms_since(wall_begin_)};
  }

 private:
  c10::Device device_;
  CudaEvent begin_, end_;
  Clock::time_point wall_begin_;
};

class HostPhases final : public PhaseTimer {
 public:
  void begin() override {}
  void end() override {}
  std::vector<double> take_ms() override { return {}; }
};

/// One event a boundary, from a pool that was created before the step.
class CudaPhases final : public PhaseTimer {
 public:
  explicit CudaPhases(c10::Device device) : device_(device), pool_(kPool) {}

  void begin() override {
    const std::size_t boundary = mark();
    if (open_) spans_.back().end = boundary;
    spans_.push_back({boundary, boundary});
    open_ = true;
  }
  void end() override {
    if (!open_) return;
    spans_.back().end = mark();
    open_ = false;
  }
  std::vector<double> take_ms() override {
    end();
    if (used_ > 0) pool_[used_ - 1].synchronize();
    std::vector<double> ms;
    for (const Span& span : spans_) ms.push_back(pool_[span.end].ms_since(pool_[span.begin]));
    spans_.clear();
    used_ = 0;
    return ms;
  }

 private:
  static constexpr std::size_t kPool = 256;
  struct Span {
    std::size_t begin, end;
  };
  std::size_t mark() {
    if (used_ == pool_.size()) pool_.emplace_back();
    pool_[used_].record(current_stream(device_));
    return used_++;
  }

  c10::Device device_;
  std::vector<CudaEvent> pool_;
  std::size_t used_ = 0;
  std::vector<Span> spans_;
  bool open_ = false;
};

}  // namespace

std::unique_ptr<StepTimer> StepTimer::make(c10::Device device) {
  if (device.is_cuda()) return std::make_unique<CudaStepTimer>(device);
  return std::make_unique<WallTimer>();
}

std::unique_ptr<PhaseTimer> PhaseTimer::make(c10::Device device) {
  if (device.is_cuda()) return std::make_unique<CudaPhases>(device);
  return std::make_unique<HostPhases>();
}

}  // namespace clipbench::profiler
