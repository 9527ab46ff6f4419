#include "profiler/classification.h"

#include <algorithm>

namespace clipbench::profiler {
namespace {

Component by_lifetime(const Lifetime& life, std::span<const PhaseSpan> phases) {
  const PhaseSpan* phase = phase_at(phases, life.birth);
  if (!phase) return Component::temporary;
  if (phase->name == "forward") {
    return life.death >= phase->end ? Component::activations : Component::temporary;
  }
  const bool backward = phase->name == "backward" || phase->name == "backward2";
  return backward ? Component::activation_gradients : Component::temporary;
}

void apply(const ClaimAt& claim, Position birth, std::vector<Stretch>& stretches) {
  const std::string_view owner = claim.owner.empty() ? stretches.back().owner : claim.owner;
  if (claim.since == Since::birth) {
    stretches.assign(1, {birth, claim.component, owner});
  } else {
    stretches.push_back({claim.position, claim.component, owner});
  }
}

}  // namespace

std::vector<Stretch> classify(const Lifetime& life, std::span<const PhaseSpan> phases) {
  const Component unclaimed = life.tagged ? life.component : by_lifetime(life, phases);
  std::vector<Stretch> stretches{{life.birth, unclaimed, life.owner}};
  for (const ClaimAt& claim : life.claims) apply(claim, life.birth, stretches);
  return stretches;
}

const Stretch& stretch_at(std::span<const Stretch> stretches, Position position) {
  const auto after =
      std::upper_bound(stretches.begin(), stretches.end(), position,
                       [](Position p, const Stretch& stretch) { return p < stretch.from; });
  return after == stretches.begin() ? *after : *(after - 1);
}

}  // namespace clipbench::profiler
