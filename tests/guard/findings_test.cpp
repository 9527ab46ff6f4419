#include "guard/findings.h"

#include <gmock/gmock.h>

#include "guard/account.h"
#include "tests/profiler/explain.h"
#include "tests/profiler/streams.h"

namespace clipbench::guard {
namespace {

using namespace profiler::streams;
using profiler::Component;
using profiler::of;
using profiler::Recording;
using profiler::Since;

/// Held before: a parameter. Each block is 8 bytes larger than what was asked for.
Recording step() {
  Recording r;
  r.seed = {{1, 100, 108}};
  r.events = {claim(1, Component::parameters, Since::birth, "fc"),
              phase("forward"),
              alloc(2, 40, 48),
              alloc(3, 7, 15),
              phase("backward"),
              free(3),
              alloc(4, 90, 98),
              free(2),
              alloc(5, 30, 38),
              claim(5, Component::gradients, Since::birth, "fc"),
              free(4),
              phase_ends(),
              snapshot_row(0)};
  return r;
}

/// Two activations of 8 bytes are kept by each of three repetitions, one of them freed by the last.
Recording leak() {
  Recording r;
  r.seed = {{1, 100, 108}};
  r.events = {phase("forward"), alloc(2, 8), alloc(3, 8), phase_ends(), snapshot_row(0),
              phase("forward"), alloc(4, 8), alloc(5, 9), phase_ends(), snapshot_row(1),
              phase("forward"), alloc(6, 8), free(2),     phase_ends(), snapshot_row(2)};
  return r;
}

TEST(Account, CountsWhatWasAskedForNotBlocks) {
  const Recording recording = step();
  const Account account(recording);
  EXPECT_EQ(account.live_bytes(0), 100);
  EXPECT_EQ(account.live_bytes(account.peak()), 100 + 40 + 90);
  EXPECT_EQ(account.phase(account.peak()), "backward");
  EXPECT_EQ(of(account.components(account.peak()), Component::rounding), 0);
  EXPECT_EQ(profiler::total(account.components(account.peak())), 230);
}

TEST(Account, ComponentsReachTheirMostAtMomentsOfTheirOwn) {
  const Recording recording = step();
  const auto most = Account(recording).high_water();
  const auto bytes = [&](Component c) { return most[static_cast<std::size_t>(c)].bytes; };
  EXPECT_EQ(bytes(Component::parameters), 100);
  EXPECT_EQ(bytes(Component::activations), 47);
  EXPECT_EQ(bytes(Component::activation_gradients), 90);
  EXPECT_EQ(bytes(Component::gradients), 30);
  EXPECT_EQ(bytes(Component::rounding), 0);
}

TEST(Account, ABlockThatIsClaimedAgainCountsOnce) {
  Recording recording;
  recording.events = {alloc(1, 40), claim(1, Component::batch, Since::now),
                      claim(1, Component::batch, Since::now)};
  const auto most = Account(recording).high_water();
  EXPECT_EQ(most[static_cast<std::size_t>(Component::batch)].bytes, 40);
  EXPECT_EQ(most[static_cast<std::size_t>(Component::batch)].position, 2u);
}

TEST(PeakFinding, NamesMeasuredAllowedDifferenceAndHolders) {
  const Recording recording = step();
  const Account account(recording);
  EXPECT_EQ(peak_finding(account, 130), "");
  EXPECT_EQ(peak_finding(account, 129),
            "the peak is 130 bytes above the start, 129 allowed: 1 too many; added at the peak "
            "(backward): activation_gradients +90, activations +40; largest block: 90 bytes of "
            "activation_gradients");
}

TEST(GrowthFinding, ComparesWithTheFirstRepetitionAndShowsWhatWasLeft) {
  const Recording recording = leak();
  const std::vector<Position> ends = snapshot_positions(recording);
  EXPECT_EQ(growth_finding(Account(recording), ends),
            "133 bytes are live after repetition 2 of 3, 116 after the first: grown by 17; "
            "activations +17; largest block: 9 bytes of activations");
}

TEST(GrowthFinding, LessThanAfterTheFirstIsNone) {
  Recording recording;
  recording.events = {alloc(1, 8),     snapshot_row(0), free(1),
                      snapshot_row(1), alloc(2, 8),     snapshot_row(2)};
  EXPECT_EQ(growth_finding(Account(recording), snapshot_positions(recording)), "");
}

TEST(BudgetFindings, TheMeasuredBudgetIsKept) {
  const Recording recording = step();
  const Account account(recording);
  EXPECT_EQ(measured_budget(account).peak_bytes, 230);
  EXPECT_EQ(budget_findings(account, measured_budget(account), "step/cpu"), "");
}

TEST(BudgetFindings, EachComponentAboveItsBudgetHasALine) {
  const Recording recording = step();
  const Account account(recording);
  Budget budget = measured_budget(account);
  budget.components[static_cast<std::size_t>(Component::parameters)] = 64;
  budget.components[static_cast<std::size_t>(Component::activations)] = 0;
  EXPECT_EQ(budget_findings(account, budget, "step/cpu"),
            "step/cpu: 100 bytes of parameters, 64 allowed: 36 too many; at its most the largest "
            "block: 100 bytes of fc\n"
            "step/cpu: 47 bytes of activations, 0 allowed: 47 too many; at its most (forward) the "
            "largest block: 40 bytes");
}

TEST(BudgetFindings, ThePeakHasALine) {
  const Recording recording = step();
  const Account account(recording);
  Budget budget = measured_budget(account);
  budget.peak_bytes = 200;
  EXPECT_EQ(budget_findings(account, budget, "step/cpu"),
            "step/cpu: the peak is 230 bytes, 200 allowed: 30 too many; held at the peak "
            "(backward): parameters 100, activation_gradients 90, activations 40");
}

}  // namespace
}  // namespace clipbench::guard
