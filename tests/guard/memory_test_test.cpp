#include "guard/memory_test.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/guard/temporary_file.h"

namespace clipbench::guard {
namespace {

using profiler::Component;
using testing::HasSubstr;

/// What the macro's failures say; "" if it has none.
#define FAILURES_OF(statement)                                                                 \
  [&] {                                                                                        \
    testing::TestPartResultArray results;                                                      \
    {                                                                                          \
      const testing::ScopedFakeTestPartResultReporter reporter(                                \
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results); \
      statement;                                                                               \
    }                                                                                          \
    std::string text;                                                                          \
    for (int i = 0; i < results.size(); ++i) text += results.GetTestPartResult(i).message();   \
    return text;                                                                               \
  }()

at::Tensor bytes(std::int64_t n) { return at::empty({n}, at::kByte); }

TEST(ExpectPeakBytes, HoldsAtTheLimitToTheByte) {
  const at::Tensor before = bytes(5000);
  EXPECT_PEAK_BYTES_LE(300, { const at::Tensor a = bytes(100), b = bytes(200); });
  EXPECT_PEAK_BYTES_LE(300, bytes(300));
}

TEST(ExpectPeakBytes, FailsOneByteAboveAndSaysWhoHeldIt) {
  const at::Tensor before = bytes(5000);
  const std::string text = FAILURES_OF(EXPECT_PEAK_BYTES_LE(299, {
    const profiler::Scope scope(Component::norms, "fc1");
    const at::Tensor a = bytes(100), b = bytes(200);
  }));
  EXPECT_EQ(text,
            "Failed\nthe peak is 300 bytes above the start, 299 allowed: 1 too many; added at the "
            "peak: norms +300; largest block: 200 bytes of norms, fc1");
}

TEST(ExpectPeakBytes, CodeThatThrowsLeavesTheNextCheckIntact) {
  EXPECT_THROW(EXPECT_PEAK_BYTES_LE(0, { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_PEAK_BYTES_LE(10, bytes(10));
}

TEST(ExpectNoGrowth, HoldsForACacheThatTheFirstRepetitionFills) {
  std::vector<at::Tensor> cache;
  EXPECT_NO_GROWTH(4, {
    if (cache.empty()) cache.push_back(bytes(64));
    bytes(1000);
  });
}

TEST(ExpectNoGrowth, FailsForALeak) {
  std::vector<at::Tensor> leak;
  EXPECT_THAT(FAILURES_OF(EXPECT_NO_GROWTH(3, { leak.push_back(bytes(64)); })),
              HasSubstr("after the first: grown by 64; temporary +64; largest block: 64 bytes of "
                        "temporary"));
}

TEST(ExpectNoGrowth, OneRepetitionShowsNothingAndIsRefused) {
  EXPECT_THROW(static_cast<void>(check_no_growth(1, [] {})), c10::Error);
}

class ExpectWithinBudget : public testing::Test {
 protected:
  ~ExpectWithinBudget() override { ::unsetenv("CLIPBENCH_UPDATE_BUDGETS"); }

  /// Of a step that holds `activations` bytes for its backward phase.
  std::string check(std::int64_t activations) const {
    return check_budget(file.path, "step", [&] {
      profiler::claim(weight, Component::parameters, "fc");
      profiler::begin_phase("forward");
      const at::Tensor kept = bytes(activations);
      profiler::begin_phase("backward");
      const at::Tensor gradient = bytes(64);
      profiler::claim(gradient, Component::gradients, "fc");
      profiler::end_phase();
    });
  }
  void update(std::int64_t activations) const {
    ::setenv("CLIPBENCH_UPDATE_BUDGETS", "1", 1);
    EXPECT_EQ(check(activations), "");
    ::unsetenv("CLIPBENCH_UPDATE_BUDGETS");
  }

  const TemporaryFile file;
  const at::Tensor weight = bytes(64);
};

TEST_F(ExpectWithinBudget, AnUpdateMakesTheFileThatTheNextRunKeeps) {
  update(100);
  EXPECT_THAT(file.text(), HasSubstr(R"("step/cpu": {
      "peak_bytes": 228,
      "components": {
        "parameters": 64,
        "gradients": 64,
        "activations": 100
      })"));
  EXPECT_EQ(check(100), "");
  EXPECT_EQ(check(99), "");
}

TEST_F(ExpectWithinBudget, NamesPeakAndComponentAboveTheirBudget) {
  update(100);
  EXPECT_EQ(check(132),
            "step/cpu: the peak is 260 bytes, 228 allowed: 32 too many; held at the peak "
            "(backward): activations 132, parameters 64, gradients 64\n"
            "step/cpu: 132 bytes of activations, 100 allowed: 32 too many; at its most (forward) "
            "the largest block: 132 bytes\n"
            "budgets: " +
                file.path.string());
}

TEST_F(ExpectWithinBudget, FailsForAMissingFile) {
  EXPECT_THAT(check(100), HasSubstr("budgets.json: No such file or directory; "
                                    "CLIPBENCH_UPDATE_BUDGETS=1 writes what is measured"));
}

TEST_F(ExpectWithinBudget, MacroWithoutAFileSaysWhereItIsNamed) {
  EXPECT_EQ(FAILURES_OF(EXPECT_WITHIN_BUDGET("step", bytes(1))),
            "Failed\nno file of budgets; BUDGETS of clipbench_add_memory_test names it");
}

class CudaGuard : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda_is_available()) GTEST_SKIP() << "no CUDA device";
  }
  static at::Tensor device_bytes(std::int64_t n) {
    return at::empty({n}, at::TensorOptions(at::kCUDA).dtype(at::kByte));
  }
  const OnDevice on_device{at::kCUDA};
};

TEST_F(CudaGuard, PeakCountsWhatWasAskedForOnTheDeviceNotBlocks) {
  EXPECT_PEAK_BYTES_LE(1000, {
    const at::Tensor on_host = bytes(5000);
    device_bytes(1000);
  });
  EXPECT_THAT(FAILURES_OF(EXPECT_PEAK_BYTES_LE(999, device_bytes(1000))),
              HasSubstr("the peak is 1000 bytes above the start, 999 allowed: 1 too many"));
}

TEST_F(CudaGuard, NoGrowthFailsForALeak) {
  std::vector<at::Tensor> leak;
  EXPECT_THAT(FAILURES_OF(EXPECT_NO_GROWTH(3, { leak.push_back(device_bytes(1000)); })),
              HasSubstr("after the first: grown by 1000; temporary +1000"));
}

TEST_F(CudaGuard, BudgetsHaveTheDevicesName) {
  const TemporaryFile file;
  EXPECT_THAT(check_budget(file.path, "step", [] {}), HasSubstr("budgets.json: No such file"));
  ::setenv("CLIPBENCH_UPDATE_BUDGETS", "1", 1);
  EXPECT_EQ(check_budget(file.path, "step", [] { device_bytes(1000); }), "");
  ::unsetenv("CLIPBENCH_UPDATE_BUDGETS");
  EXPECT_THAT(file.text(), HasSubstr("\"step/cuda\""));
}

}  // namespace
}  // namespace clipbench::guard
