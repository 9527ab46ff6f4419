#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <clipbench/guard/memory_test.h>
#include <torch/csrc/autograd/autograd.h>

#include "two_layers.h"

namespace two_layers {
namespace {

using clipbench::profiler::Component;

constexpr std::int64_t kBatch = 32, kInputs = 64, kHidden = 128, kClasses = 10;

/// One step of training on a batch that stays; says who owns what.
struct Training {
  explicit Training(c10::Device device)
      : net(kInputs, kHidden, kClasses, device),
        x(at::randn({kBatch, kInputs}, device)),
        labels(at::randint(kClasses, {kBatch}, at::TensorOptions(device).dtype(at::kLong))) {
    step();  // what the first step allocates for good is there before anything is measured
  }

  void claim_what_stays() const {
    for (const at::Tensor& p : net.parameters()) claim(p, Component::parameters, "net");
    for (const at::Tensor& m : net.momenta()) claim(m, Component::optimizer_state, "net");
    for (const at::Tensor& t : {x, labels}) claim(t, Component::batch);
  }

  void step() {
    claim_what_stays();
    clipbench::profiler::begin_phase("forward");
    at::Tensor loss = net.loss(x, labels);
    clipbench::profiler::begin_phase("backward");
    torch::autograd::backward({loss}, {});
    for (const at::Tensor& p : net.parameters()) claim(p.grad(), Component::gradients, "net");
    clipbench::profiler::begin_phase("step");
    net.update(0.01);
    clipbench::profiler::end_phase();
  }

  TwoLayers net;
  at::Tensor x, labels;
};

TEST(TwoLayers, AStepNeedsLittleBesideWhatStays) {
  Training training(at::kCPU);
  EXPECT_PEAK_BYTES_LE(100 << 10, { training.step(); });
}

TEST(TwoLayers, StepsLeaveNothingBehind) {
  Training training(at::kCPU);
  EXPECT_NO_GROWTH(5, { training.step(); });
}

TEST(TwoLayers, EveryComponentIsWithinItsBudget) {
  Training training(at::kCPU);
  EXPECT_WITHIN_BUDGET("step", { training.step(); });
}

class CudaTwoLayers : public testing::Test {
 protected:
  void SetUp() override {
    if (!clipbench::guard::cuda_is_available()) GTEST_SKIP() << "no CUDA device";
  }
  const clipbench::guard::OnDevice on_device{at::kCUDA};
};

TEST_F(CudaTwoLayers, AStepNeedsLittleBesideWhatStays) {
  Training training(at::kCUDA);
  EXPECT_PEAK_BYTES_LE(100 << 10, { training.step(); });
}

TEST_F(CudaTwoLayers, StepsLeaveNothingBehind) {
  Training training(at::kCUDA);
  EXPECT_NO_GROWTH(5, { training.step(); });
}

TEST_F(CudaTwoLayers, EveryComponentIsWithinItsBudget) {
  Training training(at::kCUDA);
  EXPECT_WITHIN_BUDGET("step", { training.step(); });
}

}  // namespace
}  // namespace two_layers
