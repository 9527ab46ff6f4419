#include "profiler/kernel_table.h"

#include <gmock/gmock.h>

namespace clipbench::profiler {
namespace {

using testing::SizeIs;

TEST(KernelTable, AKernelBelongsToThePhaseThatLaunchedIt) {
  const std::vector<PhaseSpan> phases{{"forward", 0, 1, 0, 100}, {"backward", 1, 2, 100, 200}};
  KernelActivity activity;
  activity.launches = {{1, 50}, {2, 150}, {3, 90}};
  // The device is behind: what forward launched runs during backward.
  activity.runs = {
      {"gemm", 1, 120, 1'000'120}, {"gemm", 2, 2'000'000, 5'000'000}, {"gemm", 3, 130, 1'000'130}};
  const auto rows = kernel_table(activity, phases);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].phase, "backward");
  EXPECT_DOUBLE_EQ(rows[0].ms, 3.0);
  EXPECT_EQ(rows[1].phase, "forward");
  EXPECT_EQ(rows[1].calls, 2);
}

TEST(KernelTable, LaunchOutsideAllPhasesHasNone) {
  KernelActivity activity;
  activity.runs = {{"fill", 7, 10, 20}};
  EXPECT_EQ(kernel_table(activity, {}).front().phase, "");
}

TEST(KernelTable, NamesAreReadable) {
  EXPECT_EQ(short_kernel_name("_ZN2at6native3fooIfEEvi"), "foo<float>");
  EXPECT_EQ(short_kernel_name("sm90_xmma_gemm_bf16"), "sm90_xmma_gemm_bf16");
  EXPECT_THAT(short_kernel_name(std::string(500, 'x')), SizeIs(96));
}

}  // namespace
}  // namespace clipbench::profiler
