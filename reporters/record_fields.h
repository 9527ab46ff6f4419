// The members of a record and their JSON keys, once: reading and writing both walk these lists.
//
// fields(object, visit) calls visit("key", object.member) for each member in the order of the file.
// `object` may be const (writing) or not (reading).
#pragma once

#include <concepts>
#include <type_traits>

#include "reporters/record.h"

namespace clipbench::reporters {

template <class T, class U>
concept Maybe = std::same_as<std::remove_const_t<T>, U>;

template <Maybe<Config> T, class Visit>
void fields(T& c, Visit&& visit) {
  visit("model", c.model);
  visit("method", c.method);
  visit("seq", c.seq);
  visit("batch", c.batch);
  visit("dtype", c.dtype);
  visit("device", c.device);
  visit("knobs", c.knobs);
  visit("norm_way", c.norm_way);
  visit("schedule", c.schedule);
  visit("clip", c.clip);
  visit("optimizer", c.optimizer);
  visit("clip_norm", c.clip_norm);
  visit("noise_multiplier", c.noise_multiplier);
  visit("learning_rate", c.learning_rate);
  visit("seed", c.seed);
  visit("deterministic", c.deterministic);
  visit("data", c.data);
  visit("parameters", c.parameters);
  visit("layers", c.layers);
  visit("width", c.width);
  visit("heads", c.heads);
  visit("vocabulary", c.vocabulary);
}

template <Maybe<StepTime> T, class Visit>
void fields(T& t, Visit&& visit) {
  visit("median", t.median);
  visit("min", t.min);
  visit("mean", t.mean);
  visit("ci95", t.ci95);
}

template <Maybe<Time> T, class Visit>
void fields(T& t, Visit&& visit) {
  visit("step_ms", t.step_ms);
  visit("samples_ms", t.samples_ms);
  visit("settled", t.settled);
  visit("warmup_steps", t.warmup_steps);
  visit("first_step_ms", t.first_step_ms);
  visit("losses", t.losses);
  visit("samples_per_s", t.samples_per_s);
  visit("tokens_per_s", t.tokens_per_s);
  visit("recorded_step_ms", t.recorded_step_ms);
}

template <Maybe<LiveBlock> T, class Visit>
void fields(T& b, Visit&& visit) {
  visit("component", b.component);
  visit("owner", b.owner);
  visit("bytes", b.bytes);
}

template <Maybe<Timeline> T, class Visit>
void fields(T& t, Visit&& visit) {
  visit("t_ns", t.t_ns);
  visit("allocated_bytes", t.allocated_bytes);
  visit("components", t.components);
}

template <Maybe<Memory> T, class Visit>
void fields(T& m, Visit&& visit) {
  visit("peak_allocated_bytes", m.peak_allocated_bytes);
  visit("peak_reserved_bytes", m.peak_reserved_bytes);
  visit("peak_phase", m.peak_phase);
  visit("peak_t_ns", m.peak_t_ns);
  visit("timed_pass_peak_allocated_bytes", m.timed_pass_peak_allocated_bytes);
  visit("first_step_peak_allocated_bytes", m.first_step_peak_allocated_bytes);
  visit("components_at_peak", m.components_at_peak);
  visit("residual_bytes", m.residual_bytes);
  visit("largest_at_peak", m.largest_at_peak);
  visit("timeline", m.timeline);
  visit("process_bytes", m.process_bytes);
}

template <Maybe<Snapshot> T, class Visit>
void fields(T& s, Visit&& visit) {
  visit("name", s.name);
  visit("allocated_bytes", s.allocated_bytes);
  visit("reserved_bytes", s.reserved_bytes);
  visit("t_ns", s.t_ns);
}

template <Maybe<Phase> T, class Visit>
void fields(T& p, Visit&& visit) {
  visit("name", p.name);
  visit("ms", p.ms);
  visit("peak_allocated_bytes", p.peak_allocated_bytes);
}

template <Maybe<Check> T, class Visit>
void fields(T& c, Visit&& visit) {
  visit("name", c.name);
  visit("holds", c.holds);
  visit("expected", c.expected);
  visit("actual", c.actual);
}

template <Maybe<OperandLevel> T, class Visit>
void fields(T& l, Visit&& visit) {
  visit("seq", l.seq);
  visit("samples", l.samples);
  visit("norm_error_low", l.norm_error_low);
  visit("norm_error_high", l.norm_error_high);
  visit("worst_layer", l.worst_layer);
  visit("least_guard", l.least_guard);
  visit("most_over_clipped", l.most_over_clipped);
  visit("sum_error_over_bound", l.sum_error_over_bound);
  visit("worst_parameter", l.worst_parameter);
  visit("max_contribution_over_c", l.max_contribution_over_c);
  visit("kappa_sq", l.kappa_sq);
}

template <Maybe<Evidence> T, class Visit>
void fields(T& e, Visit&& visit) {
  visit("levels", e.levels);
  visit("reduced", e.reduced);
  visit("timed", e.timed);
  visit("path", e.path);
  visit("repeats_bitwise", e.repeats_bitwise);
}

template <Maybe<Verification> T, class Visit>
void fields(T& v, Visit&& visit) {
  visit("done", v.done);
  visit("max_relative_error", v.max_relative_error);
  visit("tolerance", v.tolerance);
  visit("worst_parameter", v.worst_parameter);
  visit("norm_error", v.norm_error);
  visit("dtype_error_ratio", v.dtype_error_ratio);
  visit("dtype_ratio_limit", v.dtype_ratio_limit);
  visit("detail", v.detail);
  visit("seconds", v.seconds);
  visit("evidence", v.evidence);
}

template <Maybe<Kernel> T, class Visit>
void fields(T& k, Visit&& visit) {
  visit("name", k.name);
  visit("phase", k.phase);
  visit("calls", k.calls);
  visit("ms", k.ms);
}

template <Maybe<Environment> T, class Visit>
void fields(T& e, Visit&& visit) {
  visit("clipbench", e.clipbench);
  visit("git_sha", e.git_sha);
  visit("build_type", e.build_type);
  visit("compiler", e.compiler);
  visit("torch", e.torch);
  visit("cuda", e.cuda);
  visit("driver", e.driver);
  visit("device_name", e.device_name);
  visit("device_memory_bytes", e.device_memory_bytes);
  visit("threads", e.threads);
  visit("argv", e.argv);
  visit("allocator_settings", e.allocator_settings);
  visit("started_utc", e.started_utc);
  visit("clocks", e.clocks);
  visit("other_gpu_processes_bytes", e.other_gpu_processes_bytes);
}

template <Maybe<Record> T, class Visit>
void fields(T& r, Visit&& visit) {
  visit("schema", r.schema);
  visit("case", r.case_name);
  visit("status", r.status);
  visit("reason", r.reason);
  visit("repetition", r.repetition);
  visit("key", r.key);
  visit("config", r.config);
  visit("time", r.time);
  visit("memory", r.memory);
  visit("snapshots", r.snapshots);
  visit("phases", r.phases);
  visit("checks", r.checks);
  visit("kernels", r.kernels);
  visit("verification", r.verification);
  visit("environment", r.environment);
  visit("seconds", r.seconds);
}

}  // namespace clipbench::reporters
