// Where clipbench-kernels measures, and in which dtype.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace clipbench::bench {

/// A GPU where there is one, else the CPU.
at::Device bench_device();

/// "NVIDIA H200", where portable kernels run with ", portable kernels"; "cpu".
const std::string& device_name();

/// bf16 on a GPU; f32 on the CPU, where products of bf16 are slow.
at::TensorOptions bench_options();
const char* bench_dtype();  ///< its name

}  // namespace clipbench::bench
