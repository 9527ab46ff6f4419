// Tensors for the kernels of kernels/cpu.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include "kernels/cpu/element.h"

namespace clipbench::kernels {

/// f32, bf16, f16 and f64.
inline bool is_cpu_element(at::ScalarType dtype) {
  return dtype == at::kFloat || dtype == at::kBFloat16 || dtype == at::kHalf ||
         dtype == at::kDouble;
}

/// Calls run(an element of the type that stands for `dtype`).
template <class Run>
void with_cpu_element(at::ScalarType dtype, const Run& run) {
  switch (dtype) {
    case at::kFloat:
      return run(float{});
    case at::kBFloat16:
      return run(cpu::Bf16{});
    case at::kHalf:
      return run(cpu::F16{});
    case at::kDouble:
      return run(double{});
    default:
      TORCH_INTERNAL_ASSERT(false, "no CPU kernel for ", dtype);
  }
}

}  // namespace clipbench::kernels
