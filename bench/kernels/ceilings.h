// What the device reaches at best, in this process: the ceilings beside which kernels are judged.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace clipbench::bench {

struct Ceilings {
  double
      tflop_per_s;  ///< a product of two square matrices of random bf16, 8192³; on a CPU f32, 512³
  double tb_per_s;  ///< a copy, read and written: 2 · 512 MiB; on a CPU 2 · 16 MiB
};

/// Measured at the first call, interleaved, and kept.
const Ceilings& ceilings();

/// "NVIDIA H200"; "cpu".
const std::string& device_name();

/// bf16 on a GPU; f32 on the CPU, where products of bf16 are slow.
at::TensorOptions bench_options();

}  // namespace clipbench::bench
