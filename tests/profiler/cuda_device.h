// Tests that need a GPU are skipped where there is none.
#pragma once

#include <c10/core/TensorOptions.h>
#include <c10/cuda/CUDAFunctions.h>
#include <gtest/gtest.h>

namespace clipbench::profiler {

class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    if (c10::cuda::device_count() == 0) GTEST_SKIP() << "no CUDA device";
  }
  c10::Device device{at::kCUDA, 0};
  at::TensorOptions bf16 = at::TensorOptions().device(at::kCUDA).dtype(at::kBFloat16);
  at::TensorOptions bytes = at::TensorOptions().device(at::kCUDA).dtype(at::kByte);
};

}  // namespace clipbench::profiler
