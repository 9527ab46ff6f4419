// Deterministic mode: two steps from one state give equal norms, factors and sums, bit for bit, on
// the CPU and on a GPU; and the contract on a GPU.
#include <cstdlib>

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/ops/equal.h>

#include "bench/methods/operand_check.h"
#include "bench/methods/wide_sums.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

/// The settings of a case with `deterministic:1`, for the life of this object.
class DeterministicMode {
 public:
  DeterministicMode() {
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicFillUninitializedMemory(false);
  }
  ~DeterministicMode() { at::globalContext().setDeterministicAlgorithms(false, false); }
};

class Tf32 {
 public:
  explicit Tf32(bool on) { at::globalContext().setAllowTF32CuBLAS(on); }
  ~Tf32() { at::globalContext().setAllowTF32CuBLAS(false); }
};

Tensors bits_of(Schedule& schedule, const Model& model, const Batch& batch) {
  auto step = wide_step(schedule, model, batch);
  const auto& out = step.gradients;
  for (const auto& t : {out.losses, out.norms, out.factors}) {
    if (t.defined()) step.sums.push_back(t);
  }
  return step.sums;
}

void expect_equal_bits(const std::string& method, at::ScalarType dtype, at::Device device) {
  const DeterministicMode mode;
  const auto model = small_gpt2(65, dtype, device);
  const auto batch = small_batch(5, 65, device);
  const auto schedule = schedule_of(method, 0.5);
  const auto first = bits_of(*schedule, *model, batch), second = bits_of(*schedule, *model, batch);
  for (std::size_t k = 0; k < first.size(); ++k) EXPECT_TRUE(at::equal(first[k], second[k])) << k;
}

std::vector<std::string> all_names() {
  auto names = private_methods();
  names.push_back("vanilla");
  return names;
}

constexpr auto kName = [](const auto& info) { return info.param; };

class Repeatability : public testing::TestWithParam<std::string> {};
TEST_P(Repeatability, TwoStepsGiveEqualBits) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    expect_equal_bits(GetParam(), dtype, at::kCPU);
  }
}
INSTANTIATE_TEST_SUITE_P(Methods, Repeatability, testing::ValuesIn(all_names()), kName);

class CudaMethods : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no GPU";
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  }
  bool is_private() const { return find_method(GetParam()).is_private(); }
  bool has_sinks() const { return is_private() && GetParam() != "microbatch"; }
  const at::Device device_{at::kCUDA, 0};
};

TEST_P(CudaMethods, TwoDeterministicStepsGiveEqualBits) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    expect_equal_bits(GetParam(), dtype, device_);
  }
}

TEST_P(CudaMethods, KeepTheContractInF64) {
  if (!is_private()) GTEST_SKIP() << "nothing is clipped";
  for (const auto T : {1, 7, 127, 1000, 1025}) {
    for (const bool tied_head : {false, GetParam() != "per_layer"}) {
      const auto inner = small_gpt2(T, at::kDouble, device_, tied_head);
      const ScaledLosses model(*inner, spread_by_first_token());
      const auto batch = small_batch(3, T, device_);
      const auto C = median_norm(model, batch);
      const auto report = check_contract(*schedule_of(GetParam(), C), model, batch, clipping(C));
      EXPECT_EQ(report.violation, "") << "T = " << T << ", tied " << tied_head;
    }
  }
}

struct Precision {
  at::ScalarType dtype;
  bool tf32;
};

TEST_P(CudaMethods, SumWhatWasBoundedInEveryPrecision) {
  if (!has_sinks()) GTEST_SKIP() << "native autograd alone";
  const DeterministicMode mode;  // else a second pass sums other gradients than it bounded
  for (const auto& [dtype, tf32] : {Precision{at::kFloat, false}, Precision{at::kFloat, true},
                                    Precision{at::kBFloat16, false}}) {
    const Tf32 setting(tf32);
    for (const bool tied_head : {false, GetParam() != "per_layer"}) {
      const auto inner = small_gpt2(300, dtype, device_, tied_head);
      const ScaledLosses model(*inner, spread_by_first_token());
      const auto batch = small_batch(6, 300, device_);
      const auto C = median_norm(model, batch);
      const auto schedule = schedule_of(GetParam(), C);
      OperandCheck check(model, batch.size());
      schedule->set_watcher(&check);
      const auto step = wide_step(*schedule, model, batch);
      const auto report = check.report(step.gradients, step.sums, clipping(C), /*bounded=*/true);
      EXPECT_EQ(report.violation, "") << dtype << " tf32 " << tf32 << " tied " << tied_head;
    }
  }
}

TEST_P(CudaMethods, DrawIndependentNoiseOfTheRightSize) {
  if (!is_private()) GTEST_SKIP() << "no noise";
  const auto batch = small_batch(3, 64, device_);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const auto model = small_gpt2(64, dtype, device_);
    const auto schedule = schedule_of(GetParam(), 1);
    schedule->set_physical_batch(2);
    EXPECT_EQ(check_noise(*schedule, *model, batch, {/*noise_std=*/2, /*expected_batch=*/8, 5}), "")
        << dtype;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, CudaMethods, testing::ValuesIn(all_names()), kName);

}  // namespace
}  // namespace clipbench::bench::test
