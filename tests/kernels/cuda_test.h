// Tests that need a GPU are skipped where there is none.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAFunctions.h>
#include <gtest/gtest.h>

namespace clipbench::kernels {

class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    if (c10::cuda::device_count() == 0) GTEST_SKIP() << "no CUDA device";
  }
  at::TensorOptions bf16 = at::TensorOptions().device(at::kCUDA).dtype(at::kBFloat16);
  at::TensorOptions f16 = at::TensorOptions().device(at::kCUDA).dtype(at::kHalf);
  at::TensorOptions f32 = at::TensorOptions().device(at::kCUDA).dtype(at::kFloat);
};

/// ‖actual − expected‖ / ‖expected‖.
inline double relative(const at::Tensor& actual, const at::Tensor& expected) {
  const auto wide = expected.to(at::kDouble);
  return actual.to(at::kDouble).sub(wide).norm().div(wide.norm()).item<double>();
}

/// Largest relative error of an element.
inline double max_relative(const at::Tensor& actual, const at::Tensor& expected) {
  const auto wide = expected.to(at::kDouble);
  return actual.to(at::kDouble).sub(wide).div(wide).abs().max().item<double>();
}

}  // namespace clipbench::kernels
