#include "profiler/law.h"

#include <gtest/gtest.h>

namespace clipbench::profiler {
namespace {

ComponentBytes bytes(std::initializer_list<std::pair<Component, std::int64_t>> values) {
  ComponentBytes b{};
  for (const auto& [component, n] : values) b[static_cast<std::size_t>(component)] = n;
  return b;
}

TEST(Law, OneByteTooManyBreaksEveryEquality) {
  const ComponentBytes at_peak = bytes({{Component::parameters, 90}, {Component::rounding, 10}});
  EXPECT_TRUE(check_requested_peak(100, 100).holds);
  EXPECT_FALSE(check_requested_peak(100, 101).holds);
  EXPECT_TRUE(check_components_at_peak(100, at_peak).holds);
  EXPECT_FALSE(check_components_at_peak(99, at_peak).holds);
  EXPECT_TRUE(check_timed_pass(7, 7).holds);
  EXPECT_FALSE(check_timed_pass(8, 7).holds);
}

TEST(Law, AgreementsShowTheFirstMomentThatDiffers) {
  const std::vector<Agreement> moments{{"a", 1, 1}, {"b", 5, 6}, {"c", 2, 2}, {"d", 3, 9}};
  const LawCheck check = check_agreements("c_allocated_at_snapshots", moments);
  EXPECT_FALSE(check.holds);
  EXPECT_EQ(check.expected, 5);
  EXPECT_EQ(check.actual, 6);
}

TEST(Law, SwappedTagBreaksTheClosedForm) {
  const ClosedForm expected{40, 40, 80};
  const ComponentBytes right = bytes(
      {{Component::parameters, 40}, {Component::gradients, 40}, {Component::optimizer_state, 80}});
  EXPECT_TRUE(all_hold(check_closed_form(expected, right, right)));
  const ComponentBytes swapped =
      bytes({{Component::gradients, 80}, {Component::optimizer_state, 80}});
  const auto checks = check_closed_form(expected, swapped, swapped);
  EXPECT_FALSE(checks[0].holds);
  EXPECT_FALSE(checks[1].holds);
  EXPECT_TRUE(checks[2].holds);
}

TEST(Law, TemporaryMayBeTwoPercentOfThePeakAndNoMore) {
  EXPECT_TRUE(
      check_temporary(bytes({{Component::parameters, 98}, {Component::temporary, 2}})).holds);
  EXPECT_FALSE(
      check_temporary(bytes({{Component::parameters, 97}, {Component::temporary, 3}})).holds);
}

}  // namespace
}  // namespace clipbench::profiler
