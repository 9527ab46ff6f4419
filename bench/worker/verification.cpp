#include "bench/worker/verification.h"

#include <chrono>
#include <cstdio>

#include <ATen/core/grad_mode.h>

#include "bench/methods/gradient_error.h"
#include "bench/models/scaled_losses.h"

namespace clipbench::bench {
namespace {

// Two blocks see every layer type and every residual path; T is no multiple of a tile.
const ModelInfo kReduced{"reduced", 2, 64, 4, 131, 0, ""};
constexpr std::int64_t kBatch = 5, kSeq = 37;

struct Outcome {
  Tensors grads;
  Tensor norms;
};

Outcome run(Schedule& schedule, const Model& model, const Batch& batch, double expected_batch) {
  GradientRelease release({/*noise_std=*/0, expected_batch, /*seed=*/0}, batch.ids.device());
  Outcome out;
  out.norms = schedule.step(model, batch, release).norms;
  for (const auto& param : model.parameters()) out.grads.push_back(param.grad().to(at::kDouble));
  model.zero_grad();
  return out;
}

class Verifier {
 public:
  Verifier(Schedule& timed, const Case& c)
      : timed_(timed),
        method_(find_method(c.method)),
        dtype_(storage_dtype(c.dtype)),
        device_(device_of(c)),
        clip_norm_(std::stod(c.knob("clip_norm"))),
        oracle_(make_oracle(method_, {make_clip_function(c.knob("clip")), clip_norm_})),
        batch_(make_zipf_tokens(kReduced.vocabulary, 1)->next(kBatch, kSeq, device_)) {}

  reporters::Verification run_all() {
    reporters::Verification out;
    out.tolerance = kTolerance;
    out.dtype_ratio_limit = kDtypeRatio;
    const auto narrow = make_gpt2(kReduced, kSeq, dtype_, device_, /*seed=*/0);
    const auto wide = widened(*narrow);
    const auto exact = check_wide(*wide, out);
    check_narrow(*narrow, exact, out);
    out.done = true;
    return out;
  }

 private:
  static std::unique_ptr<Schedule> make_oracle(const MethodInfo& method, Clipping clipping) {
    switch (method.schedule) {
      case ScheduleKind::per_layer:
        return make_microbatch_per_layer(std::move(clipping));
      case ScheduleKind::microbatch:
        return make_schedule(find_method("explicit"), std::move(clipping));
      default:
        return make_schedule(find_method("microbatch"), std::move(clipping));
    }
  }

  /// Vanilla clips nothing: its oracle must not either.
  bool slack() const { return !method_.is_private(); }
  double expected_batch() const { return slack() ? kBatch : 1; }

  std::unique_ptr<Model> widened(const Model& narrow) const {
    auto wide = make_gpt2(kReduced, kSeq, at::kDouble, device_, /*seed=*/0);
    const at::NoGradGuard no_grad;
    const auto from = narrow.parameters(), to = wide->parameters();
    for (std::size_t k = 0; k < from.size(); ++k) to[k].copy_(from[k]);
    return wide;
  }

  /// Losses scaled so that the median norm is the clip norm: half the samples are clipped, whatever
  /// C is.
  double scale_for(const Model& wide) {
    if (slack()) return 1e-6;
    const ScaledLosses model(wide, spread_by_first_token());
    auto probe =
        make_schedule(find_method("microbatch"), {make_clip_function("abadi"), clip_norm_});
    return clip_norm_ / run(*probe, model, batch_, 1).norms.median().item<double>();
  }

  Outcome check_wide(const Model& wide, reporters::Verification& out) {
    scale_ = scale_for(wide);
    const ScaledLosses model(wide, spread_by_first_token(scale_));
    auto expected = run(*oracle_, model, batch_, expected_batch());
    const auto actual = run(timed_, model, batch_, expected_batch());
    const auto worst = worst_gradient_error(model, actual.grads, expected.grads);
    out.max_relative_error = worst.error;
    out.worst_parameter = worst.parameter;
    if (actual.norms.defined()) {
      out.norm_error = actual.norms.div(expected.norms).sub(1).abs().max().item<double>();
    }
    if (!(worst.error <= kTolerance)) out.detail = describe(worst.parameter, worst.error);
    if (!(out.norm_error <= kTolerance)) out.detail = describe("a per-sample norm", out.norm_error);
    return expected;
  }

  std::string describe(const std::string& what, double error) const {
    char text[200];
    std::snprintf(text, sizeof text, "%s differs from %s by %.1e (tolerance %.0e, f64)",
                  what.c_str(),
                  method_.schedule == ScheduleKind::microbatch ? "explicit" : "microbatch", error,
                  kTolerance);
    return text;
  }

  void check_narrow(const Model& narrow, const Outcome& exact, reporters::Verification& out) {
    if (dtype_ == at::kDouble) return;
    const ScaledLosses model(narrow, spread_by_first_token(scale_));
    const auto oracle = run(*oracle_, model, batch_, expected_batch());
    const auto actual = run(timed_, model, batch_, expected_batch());
    const auto oracle_worst = worst_gradient_error(model, oracle.grads, exact.grads);
    const auto worst = worst_gradient_error(model, actual.grads, exact.grads);
    out.dtype_error_ratio = worst.error / oracle_worst.error;
    if (!(out.dtype_error_ratio <= kDtypeRatio)) {
      char text[200];
      std::snprintf(text, sizeof text,
                    "%s: error %.1e against f64, %.2f times the same-dtype oracle's (limit %.1f)",
                    worst.parameter.c_str(), worst.error, out.dtype_error_ratio, kDtypeRatio);
      out.detail = text;
    }
  }

  Schedule& timed_;
  const MethodInfo& method_;
  at::ScalarType dtype_;
  at::Device device_;
  double clip_norm_;
  std::unique_ptr<Schedule> oracle_;
  Batch batch_;
  double scale_ = 1;
};

}  // namespace

reporters::Verification verify(Schedule& timed, const Case& c) {
  const auto start = std::chrono::steady_clock::now();
  auto out = Verifier(timed, c).run_all();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return out;
}

}  // namespace clipbench::bench
