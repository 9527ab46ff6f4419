#include "bench/worker/verification.h"

#include <chrono>
#include <cstdio>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>

#include "bench/methods/contract.h"
#include "bench/methods/operand_check.h"
#include "bench/methods/wide_sums.h"
#include "bench/models/scaled_losses.h"

namespace clipbench::bench {
namespace {

using reporters::OperandLevel;
using reporters::Verification;

// Two blocks see every layer type and every residual path; T is no multiple of a tile.
// Kernels ask whether rows lie on 16 bytes, so a vocabulary that is a multiple of 8 stays one.
ModelInfo reduced_model(const Case& c) {
  const auto& model = find_model(c.model);
  const std::int64_t vocabulary = model.vocabulary % 8 == 0 ? 136 : 131;
  if (model.family == Family::gpt2) return {"reduced", 2, 64, 4, vocabulary, 0, ""};
  const std::int64_t kv_heads = model.kv_heads < model.heads ? 2 : 4;
  return {"reduced", 2, 64, 4, vocabulary, 0, "", model.family, kv_heads, /*hidden=*/176};
}
constexpr std::int64_t kBatch = 5, kSeq = 37;

void fail(Verification& out, const std::string& detail) {
  if (out.detail.empty()) out.detail = detail;
}

OperandLevel level_of(const OperandReport& report, std::int64_t seq) {
  OperandLevel out;
  out.seq = seq;
  out.samples = report.samples;
  out.norm_error_low = report.norm_error_low;
  out.norm_error_high = report.norm_error_high;
  out.worst_layer = report.worst_layer;
  out.least_guard = report.least_guard;
  out.most_over_clipped = report.most_over_clipped;
  out.sum_error_over_bound = report.sum_error_over_bound;
  out.worst_parameter = report.worst_parameter;
  out.max_contribution_over_c = report.max_contribution_over_c;
  out.kappa_sq = report.kappa_sq;
  return out;
}

/// The gradients that are summed are those whose norms are known. Attention's backward adds up in
/// any order on a GPU unless it is told not to, so a second pass forms other gradients than the
/// first.
bool sums_what_it_bounded(const Case& c) {
  if (find_method(c.method).schedule != ScheduleKind::two_pass) return true;
  const bool repeats = c.device == "cpu" || c.knob("deterministic") == "1";
  return repeats && c.knob("second_pass") == "unscaled";
}

/// L1: the step through a checking sink.
OperandReport check_operands(Schedule& schedule, const Model& model, const Batch& batch,
                             const Case& c) {
  OperandCheck check(model, batch.size());
  schedule.set_watcher(&check);
  const auto step = wide_step(schedule, model, batch);
  schedule.set_watcher(nullptr);
  return check.report(step.gradients, step.sums, clipping_of(c), sums_what_it_bounded(c));
}

bool has_sinks(const MethodInfo& method) {
  return method.is_private() && method.schedule != ScheduleKind::microbatch;
}

class Reduced {
 public:
  Reduced(Schedule& timed, const Case& c)
      : timed_(timed),
        case_(c),
        method_(find_method(c.method)),
        clipping_(clipping_of(c)),
        dtype_(storage_dtype(c.dtype)),
        device_(device_of(c)),
        tied_head_(c.knob("head") == "tied"),
        info_(reduced_model(c)),
        batch_(make_zipf_tokens(info_.vocabulary, 1)->next(kBatch, kSeq, device_)) {}

  void run_all(Verification& out) {
    out.tolerance = kTolerance;
    out.dtype_ratio_limit = kDtypeRatio;
    const auto narrow = make_model(info_, kSeq, dtype_, device_, /*seed=*/0, tied_head_);
    if (const auto plan = timed_.plan(); !plan.empty()) timed_.force_plan(fitted(plan, *narrow));
    const auto wide = widened(*narrow);
    scale_ = scale_for(*wide);
    auto& levels = out.evidence->levels;
    const ScaledLosses scaled_wide(*wide, spread_by_first_token(scale_));
    check_level_0(scaled_wide, out);
    levels.push_back("L0");
    const ScaledLosses scaled(*narrow, spread_by_first_token(scale_));
    if (has_sinks(method_)) {
      check_level_1(scaled, out);
      levels.push_back("L1 reduced");
    }
    if (dtype_ == at::kDouble) return;
    check_level_2(scaled, scaled_wide, out);
    levels.push_back("L2");
  }

 private:
  std::unique_ptr<Model> widened(const Model& narrow) const {
    auto wide = make_model(info_, kSeq, at::kDouble, device_, /*seed=*/0, tied_head_);
    const at::NoGradGuard no_grad;
    const auto from = narrow.parameters(), to = wide->parameters();
    for (std::size_t k = 0; k < from.size(); ++k) to[k].copy_(from[k]);
    return wide;
  }

  /// Losses scaled so that the median norm is the clip norm: half the samples are clipped, whatever
  /// C is.
  double scale_for(const Model& wide) const {
    if (!method_.is_private()) return 1;
    const ScaledLosses model(wide, spread_by_first_token());
    auto probe = make_schedule(find_method("microbatch"), clipping_);
    return clipping_.clip_norm /
           run_step(*probe, model, batch_).gradients.norms.median().item<double>();
  }

  void check_level_0(const Model& model, Verification& out) const {
    const auto report = check_contract(timed_, model, batch_, clipping_);
    out.max_relative_error = report.sum.error;
    out.worst_parameter = report.sum.parameter;
    out.norm_error = report.norm_error;
    if (!report.violation.empty()) fail(out, report.violation);
  }

  void check_level_1(const Model& model, Verification& out) const {
    const auto report = check_operands(timed_, model, batch_, case_);
    out.evidence->reduced = level_of(report, kSeq);
    if (!report.violation.empty()) fail(out, report.violation + " (reduced size)");
  }

  /// Both with the method's own factors: its norms are level 1's, and guarded.
  void check_level_2(const Model& narrow, const Model& wide, Verification& out) const {
    const auto step = run_step(timed_, narrow, batch_);
    const auto exact = sum_one_by_one(wide, batch_, step.gradients.factors);
    const auto one_by_one = sum_one_by_one(narrow, batch_, step.gradients.factors);
    const auto oracle = worst_gradient_error(narrow, one_by_one, exact);
    const auto method = worst_gradient_error(narrow, step.sums, exact);
    out.dtype_error_ratio = method.error / oracle.error;
    if (out.dtype_error_ratio <= kDtypeRatio) return;
    char text[200];
    std::snprintf(text, sizeof text,
                  "%s: error %.1e against f64, %.2f times the same-dtype oracle's (limit %.1f)",
                  method.parameter.c_str(), method.error, out.dtype_error_ratio, kDtypeRatio);
    fail(out, text);
  }

  Schedule& timed_;
  const Case& case_;
  const MethodInfo& method_;
  Clipping clipping_;
  at::ScalarType dtype_;
  at::Device device_;
  bool tied_head_;
  ModelInfo info_;
  Batch batch_;
  double scale_ = 1;
};

class Timer {
 public:
  explicit Timer(double& seconds) : seconds_(seconds) {}
  ~Timer() {
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    seconds_ += std::chrono::duration<double>(elapsed).count();
  }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bool equal_bits(const Tensors& x, const Tensors& y) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!at::equal(x[k], y[k])) return false;
  }
  return true;
}

bool repeats(Schedule& schedule, const Model& model, const Batch& batch) {
  const auto bits = [&] {
    auto step = wide_step(schedule, model, batch);
    for (const auto& t : {step.gradients.norms, step.gradients.factors}) {
      if (t.defined()) step.sums.push_back(t);
    }
    return step.sums;
  };
  const auto first = bits();
  return equal_bits(first, bits());
}

std::string first_difference(const Path& timed, const Path& verified) {
  for (const auto& [role, computation] : timed) {
    const auto found = verified.find(role);
    if (found == verified.end() || found->second != computation) {
      return role + " ran as \"" + computation + "\" when timed, as \"" +
             (found == verified.end() ? "nothing" : found->second) + "\" when verified";
    }
  }
  return "";
}

}  // namespace

TimedCheck check_timed(Trainer& trainer, const Case& c, const Path& timed_path) {
  TimedCheck out;
  const Timer timer(out.seconds);
  auto& schedule = trainer.schedule();
  const auto batch = trainer.physical_batch();
  if (has_sinks(find_method(c.method))) {
    const auto report = check_operands(schedule, trainer.model(), batch, c);
    out.level = level_of(report, c.seq);
    if (!report.violation.empty()) out.detail = report.violation + " (timed shape)";
    if (out.detail.empty()) out.detail = first_difference(timed_path, schedule.path());
  }
  if (c.knob("deterministic") == "1") {
    out.repeats_bitwise = repeats(schedule, trainer.model(), batch);
    if (!*out.repeats_bitwise) out.detail = "two steps with the same seed give other bits";
  }
  return out;
}

Verification verify(Schedule& schedule, const Case& c, const Path& timed_path, TimedCheck timed) {
  Verification out;
  out.detail = timed.detail;
  out.evidence.emplace();
  out.evidence->timed = timed.level;
  out.evidence->repeats_bitwise = timed.repeats_bitwise;
  out.evidence->path = timed_path;
  if (timed.level) out.evidence->levels.push_back("L1 timed");
  {
    const Timer timer(out.seconds);
    Reduced(schedule, c).run_all(out);
  }
  if (!timed_path.empty()) fail(out, first_difference(timed_path, schedule.path()));
  out.seconds += timed.seconds;
  out.done = true;
  return out;
}

}  // namespace clipbench::bench
