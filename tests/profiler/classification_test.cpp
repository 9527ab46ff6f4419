#include "profiler/classification.h"

#include <gtest/gtest.h>

#include "streams.h"

namespace clipbench::profiler {
namespace {

using namespace streams;

/// The component of the first block of `events` (or of the seed) at a position.
Component component_at(const std::vector<Event>& events, Position position,
                       const std::vector<SeedBlock>& seed = {}) {
  MemoryLedger ledger(seed);
  for (const Event& event : events) ledger.apply(event);
  const auto stretches = classify(ledger.lifetimes().front(), phase_spans(events));
  return stretch_at(stretches, position).component;
}

std::string_view owner_at(const std::vector<Event>& events, Position position) {
  MemoryLedger ledger({});
  for (const Event& event : events) ledger.apply(event);
  static std::vector<Stretch> stretches;
  stretches = classify(ledger.lifetimes().front(), phase_spans(events));
  return stretch_at(stretches, position).owner;
}

TEST(Classification, LiveAtTheEndOfItsForwardIsAnActivation) {
  EXPECT_EQ(component_at({phase("forward"), alloc(1, 8), phase("backward"), free(1)}, 2),
            Component::activations);
}

TEST(Classification, NeverFreedIsAnActivationToo) {
  EXPECT_EQ(component_at({phase("forward"), alloc(1, 8)}, 2), Component::activations);
}

TEST(Classification, BornAndDeadInForwardIsTemporary) {
  EXPECT_EQ(component_at({phase("forward"), alloc(1, 8), free(1), phase("backward")}, 2),
            Component::temporary);
}

TEST(Classification, FreedRightAfterForwardEndsIsAnActivation) {
  EXPECT_EQ(component_at({phase("forward"), alloc(1, 8), phase_ends(), free(1)}, 2),
            Component::activations);
}

TEST(Classification, BornInABackwardPhaseIsAnActivationGradient) {
  EXPECT_EQ(component_at({phase("backward"), alloc(1, 8), free(1)}, 2),
            Component::activation_gradients);
  EXPECT_EQ(component_at({phase("backward2"), alloc(1, 8), free(1)}, 2),
            Component::activation_gradients);
}

TEST(Classification, BornElsewhereIsTemporary) {
  EXPECT_EQ(component_at({phase("noise"), alloc(1, 8)}, 2), Component::temporary);
  EXPECT_EQ(component_at({alloc(1, 8), phase("forward")}, 2), Component::temporary);
  EXPECT_EQ(component_at({phase("forward")}, 1, {{1, 8, 8}}), Component::temporary);
}

TEST(Classification, ScopeBeatsLifetime) {
  EXPECT_EQ(component_at({phase("forward"), scoped(alloc(1, 8), Component::gram)}, 2),
            Component::gram);
}

TEST(Classification, ClaimBeatsScope) {
  const std::vector<Event> events{scoped(alloc(1, 8), Component::gram),
                                  claim(1, Component::gradients)};
  EXPECT_EQ(component_at(events, 1), Component::gradients);
}

TEST(Classification, ClaimSinceBirthHoldsForTheWholeLife) {
  const std::vector<Event> events{phase("backward"), alloc(1, 8), claim(1, Component::gradients)};
  EXPECT_EQ(component_at(events, 2), Component::gradients);
  EXPECT_EQ(component_at(events, 3), Component::gradients);
}

TEST(Classification, ClaimSinceNowLeavesTheTimeBefore) {
  const std::vector<Event> events{phase("forward"), alloc(1, 8), phase("backward"),
                                  claim(1, Component::dp_saved, Since::now), free(1)};
  EXPECT_EQ(component_at(events, 3), Component::activations);
  EXPECT_EQ(component_at(events, 4), Component::dp_saved);
}

TEST(Classification, LaterClaimWins) {
  const std::vector<Event> events{alloc(1, 8), claim(1, Component::dp_saved, Since::now),
                                  claim(1, Component::gradients, Since::now)};
  EXPECT_EQ(component_at(events, 2), Component::dp_saved);
  EXPECT_EQ(component_at(events, 3), Component::gradients);
}

TEST(Classification, ClaimWithoutOwnerKeepsTheKnownOne) {
  const std::vector<Event> events{scoped(alloc(1, 8), Component::gram, "block0.fc"),
                                  claim(1, Component::dp_saved)};
  EXPECT_EQ(owner_at(events, 2), "block0.fc");
}

TEST(PhaseSpans, APhaseEndsWhereTheNextBegins) {
  const std::vector<Event> events{phase("forward"), alloc(1, 8), phase("backward"), phase_ends(),
                                  alloc(2, 8)};
  const auto spans = phase_spans(events);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(phase_at(spans, 0), nullptr);
  EXPECT_EQ(phase_at(spans, 2)->name, "forward");
  EXPECT_EQ(phase_at(spans, 3)->name, "backward");
  EXPECT_EQ(phase_at(spans, 5), nullptr);
}

}  // namespace
}  // namespace clipbench::profiler
