#include "bench/kernels/bench_device.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>

#include "kernels/linear_on_cuda.h"

namespace clipbench::bench {
namespace {

std::string gpu_name() {
  cudaDeviceProp properties{};
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
  const bool portable = kernels::linear_family(at::kCUDA) == kernels::LinearFamily::portable;
  return properties.name + std::string(portable ? ", portable kernels" : "");
}

}  // namespace

at::Device bench_device() { return c10::cuda::device_count() > 0 ? at::kCUDA : at::kCPU; }

const std::string& device_name() {
  static const std::string name = bench_device().is_cuda() ? gpu_name() : "cpu";
  return name;
}

at::TensorOptions bench_options() {
  const auto device = bench_device();
  return at::TensorOptions(device).dtype(device.is_cuda() ? at::kBFloat16 : at::kFloat);
}

const char* bench_dtype() { return bench_device().is_cuda() ? "bf16" : "f32"; }

}  // namespace clipbench::bench
