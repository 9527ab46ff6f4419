// Releases that treat a parameter, the noise or their buffers wrongly (traps 6, 9, 10, 12).
#include "tests/training/given_operands.h"
#include "tests/training/mutated_release.h"
#include "tests/training/mutations.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

using Defect = ReleaseDefect;

MakeRelease release_with(Defect defect, const std::string& layer) {
  return [=](ReleaseOptions options, at::Device device) {
    return std::make_unique<MutatedRelease>(options, device, defect, layer);
  };
}

/// Three samples in physical batches of two, an expected batch of eight.
std::string noise_of(const MakeRelease& make) {
  const auto model = small_gpt2(7, at::kFloat);
  const auto schedule = schedule_of("bk", 1);
  schedule->set_physical_batch(2);
  return check_noise(*schedule, *model, small_batch(3, 7),
                     {/*noise_std=*/2, /*expected_batch=*/8, /*seed=*/5}, make);
}

std::string contract_of(const MakeRelease& make) {
  const auto model = small_gpt2(7, at::kDouble);
  const auto batch = small_batch(3, 7);
  const auto C = median_norm(*model, batch);
  return check_contract(*schedule_of("bk", C), *model, batch, clipping(C), kTolerance, make)
      .violation;
}

Mutation noise(int trap, const char* name, Defect defect, const char* layer = "") {
  return {trap, name, "check_noise", [=](bool defective) {
            return noise_of(release_with(defective ? defect : Defect::none, layer));
          }};
}

Mutation contract(int trap, const char* name, Defect defect, const char* layer = "") {
  return {trap, name, "check_contract", [=](bool defective) {
            return contract_of(release_with(defective ? defect : Defect::none, layer));
          }};
}

/// A model whose third layer is never called, and whose first is called once or `uses` times.
std::string contract_of_uses(const char* method, int uses, const MakeRelease& make) {
  const ManyUses model(uses, at::kDouble);
  const auto batch = model.batch();
  const auto C = median_norm(model, batch);
  return check_contract(*schedule_of(method, C), model, batch, clipping(C), kTolerance, make)
      .violation;
}

std::string two_uses_clipped_apart(bool defective) {
  return contract_of_uses("ghost", defective ? 2 : 1, release_with(Defect::adds_uses, ""));
}

std::string unused_parameter_dropped(bool defective) {
  const auto defect = defective ? Defect::drops_one_layer : Defect::none;
  return contract_of_uses("bk", 1, release_with(defect, "third"));
}

std::string unused_parameter_without_noise(bool defective) {
  const ManyUses model(1, at::kDouble);
  const auto defect = defective ? Defect::no_noise_for_one_layer : Defect::none;
  return check_noise(*schedule_of("flash_clip", 1), model, model.batch(),
                     {/*noise_std=*/2, /*expected_batch=*/8, /*seed=*/5},
                     release_with(defect, "third"));
}

}  // namespace

std::vector<Mutation> release_mutations() {
  return {
      {6, "a module called twice: two norms, no cross term", "check_contract",
       two_uses_clipped_apart},
      {6, "a parameter that no sample uses gets no gradient", "check_contract",
       unused_parameter_dropped},
      {6, "a parameter that no sample uses gets no noise", "check_noise",
       unused_parameter_without_noise},
      noise(9, "noise in bf16 for an f32 parameter", Defect::noise_in_bf16),
      noise(9, "noise divided by the realised batch", Defect::noise_over_the_realised_batch),
      noise(9, "noise once for each physical batch", Defect::noise_in_every_physical_batch),
      noise(9, "equal seeds across tensors", Defect::same_noise_for_tensors),
      noise(9, "equal seeds across steps", Defect::same_noise_for_steps),
      noise(9, "equal seeds across ranks", Defect::same_noise_for_seeds),
      contract(10, "a sum that survives its step", Defect::keeps_the_last_sum, "ln_f"),
      contract(10, "accumulators that are not zeroed", Defect::does_not_zero),
      contract(12, "a layer without a gradient", Defect::drops_one_layer, "h.0.attn.k"),
      noise(12, "a layer norm without noise", Defect::no_noise_for_one_layer, "ln_f"),
  };
}

}  // namespace clipbench::bench::test
