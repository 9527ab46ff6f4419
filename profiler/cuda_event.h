// A CUDA event that frees itself, and the check for CUDA's return codes.
#pragma once

#include <c10/util/Exception.h>
#include <cuda_runtime_api.h>

#include <utility>

namespace clipbench::profiler {

inline void check_cuda(cudaError_t code, const char* what) {
  TORCH_CHECK(code == cudaSuccess, what, ": ", cudaGetErrorName(code));
}

class CudaEvent {
 public:
  CudaEvent() { check_cuda(cudaEventCreate(&event_), "cudaEventCreate"); }
  ~CudaEvent() {
    if (event_) cudaEventDestroy(event_);
  }
  CudaEvent(CudaEvent&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  CudaEvent& operator=(CudaEvent&&) = delete;

  void record(cudaStream_t stream) {
    check_cuda(cudaEventRecord(event_, stream), "cudaEventRecord");
  }
  void synchronize() const { check_cuda(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
  float ms_since(const CudaEvent& earlier) const {
    float ms = 0;
    check_cuda(cudaEventElapsedTime(&ms, earlier.event_, event_), "cudaEventElapsedTime");
    return ms;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace clipbench::profiler
