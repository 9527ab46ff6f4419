#include "sample_record.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace clipbench::reporters {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

struct Shape {
  std::int64_t seq, batch, layers, width, heads, vocabulary;
  std::string dtype;
  double parameters_mib, activations_mib, logits_mib, step_ms;
};

const Shape& shape_of(const std::string& model) {
  static const std::map<std::string, Shape> shapes = {
      {"gpt2_tiny", {128, 8, 4, 128, 4, 2048, "f32", 5.1, 30.2, 8.0, 41.2}},
      {"gpt2_small", {1024, 16, 12, 768, 12, 50257, "bf16", 311.0, 9210.0, 4710.0, 182.0}},
      {"gpt2_large", {1024, 8, 36, 1280, 20, 50257, "bf16", 1598.0, 21400.0, 2360.0, 401.0}},
  };
  return shapes.at(model);
}

/// What a method adds to vanilla: MiB as a multiple of parameters or activations, and time.
struct Traits {
  std::string component;
  double of_parameters, of_activations, time;
  const char *norm_way, *schedule, *second;
};

const Traits& traits_of(const std::string& method) {
  static const std::map<std::string, Traits> all = {
      {"vanilla", {"", 0, 0, 1.0, "", "", ""}},
      {"microbatch", {"gradients", 1.0, 0, 6.1, "stored", "microbatch", ""}},
      {"explicit", {"per_sample_gradients", 6.5, 0, 1.551, "stored", "stored", "weighted_sum"}},
      {"fast_clip", {"per_sample_gradients", 0.9, 0, 1.72, "materialise", "two_pass", "backward2"}},
      {"ghost", {"gram", 0, 0.05, 1.799, "gram", "two_pass", "backward2"}},
      {"mixed_ghost", {"gram", 0, 0.02, 1.61, "mixed", "two_pass", "backward2"}},
      {"flash_clip", {"norms", 0.0001, 0, 1.68, "tiled", "two_pass", "backward2"}},
      {"bk", {"dp_saved", 0, 0.012, 1.22, "mixed", "book_keeping", "weighted_sum"}},
      {"per_layer", {"norms", 0.0002, 0, 1.31, "mixed", "per_layer", ""}},
  };
  return all.at(method);
}

std::string case_name(const std::string& model, const std::string& method,
                      const std::string& device) {
  const Shape& s = shape_of(model);
  return model + "/" + method + "/T:" + std::to_string(s.seq) + "/B:" + std::to_string(s.batch) +
         "/" + s.dtype + "/" + device;
}

Config config_of(const std::string& model, const std::string& method, const std::string& device) {
  const Shape& s = shape_of(model);
  Config c;
  c.model = model;
  c.method = method;
  c.dtype = s.dtype;
  c.device = device;
  c.seq = s.seq;
  c.batch = s.batch;
  const Traits& traits = traits_of(method);
  c.norm_way = traits.norm_way;
  c.schedule = traits.schedule;
  c.clip = method == "vanilla" ? "" : "abadi";
  c.optimizer = "adam";
  c.clip_norm = 1;
  c.noise_multiplier = 1;
  c.learning_rate = 1e-4;
  c.data = "zipf";
  c.parameters = static_cast<std::int64_t>(s.parameters_mib * kMiB / (s.dtype == "f32" ? 4 : 2));
  c.layers = s.layers;
  c.width = s.width;
  c.heads = s.heads;
  c.vocabulary = s.vocabulary;
  return c;
}

Environment environment_of(const std::string& device) {
  Environment e;
  e.clipbench = "0.1.0";
  e.git_sha = "3f2c1ab";
  e.build_type = "Release";
  e.compiler = "GNU 12.2.0";
  e.torch = "2.11.0+cu130";
  e.threads = 2;
  e.argv = {"clipbench", "--suite=default"};
  e.started_utc = "2026-11-22T15:03:12Z";
  e.device_name = device == "cpu" ? "Xeon 8481C" : "NVIDIA H200";
  e.device_memory_bytes = (device == "cpu" ? 24000 : 143771) * kMiB;
  if (device != "cpu") {
    e.cuda = "13.0";
    e.driver = "580.65";
    e.clocks = {{"sm_mhz", "1980"}, {"memory_mhz", "3201"}, {"throttle_reasons", "none"}};
  }
  return e;
}

Time time_of(const Shape& shape, const Traits& traits, std::int64_t repetition) {
  Time t;
  const double base =
      shape.step_ms * traits.time * (1 + 0.004 * static_cast<double>(repetition % 3));
  for (int i = 0; i < 10; ++i) t.samples_ms.push_back(base * (1 + 0.002 * ((i * 7) % 5 - 2)));
  t.step_ms.median = base;
  t.step_ms.min = base * 0.996;
  t.step_ms.mean = base;
  t.step_ms.ci95 = {base * 0.994, base * 1.006};
  t.settled = true;
  t.warmup_steps = 3;
  t.first_step_ms = base * 1.9;
  t.losses = {7.6, 7.5, 7.3};
  t.samples_per_s = static_cast<double>(shape.batch) / base * 1e3;
  t.tokens_per_s = t.samples_per_s * static_cast<double>(shape.seq);
  t.recorded_step_ms = base * 1.01;
  return t;
}

using Bytes = std::map<std::string, std::int64_t>;

std::int64_t total(const Bytes& bytes) {
  std::int64_t sum = 0;
  for (const auto& [component, n] : bytes) sum += n;
  return sum;
}

/// Bytes by component at a fraction of the way through forward (0..1), backward (1..2) and the step
/// (2..3).
Bytes moment(const Shape& s, const Traits& traits, double at) {
  const auto bytes = [](double mib) {
    return static_cast<std::int64_t>(std::max(0.0, mib) * kMiB / 512) * 512;
  };
  const double forward = std::min(at, 1.0), backward = std::clamp(at - 1, 0.0, 1.0);
  const bool last = at > 2.02;
  Bytes out;
  out["parameters"] = bytes(s.parameters_mib);
  out["optimizer_state"] = bytes(2 * s.parameters_mib);
  out["batch"] = 16384;
  out["gradients"] = bytes(s.parameters_mib * backward);
  out["activations"] = bytes(s.activations_mib * forward * (1 - 0.97 * backward) * (last ? 0 : 1));
  out["logits_and_loss"] = bytes(at > 0.93 && at < 1.12 ? s.logits_mib : 0);
  out["activation_gradients"] =
      bytes(backward > 0.02 && backward < 1 ? s.activations_mib * 0.06 : 0);
  out["temporary"] = bytes(at > 0.05 && at < 2 ? s.activations_mib * 0.008 : 0);
  out["rounding"] = 12288;
  if (!traits.component.empty() && backward > 0.02 && !last) {
    const double extra = traits.of_parameters * s.parameters_mib * (0.4 + 0.6 * backward) +
                         traits.of_activations * s.activations_mib;
    out[traits.component] = std::max<std::int64_t>(0, out[traits.component] + bytes(extra) + 512);
  }
  return out;
}

void add_timeline(Memory& memory, const Shape& shape, const Traits& traits, double step_ms) {
  constexpr int kPoints = 150;
  std::map<std::string, std::vector<std::int64_t>> series;
  for (int i = 0; i <= kPoints; ++i) {
    const double at = 3.0 * i / kPoints;
    const Bytes bytes = moment(shape, traits, at);
    const std::int64_t sum = total(bytes);
    memory.timeline.t_ns.push_back(static_cast<std::int64_t>(step_ms * 1e6 * at / 3));
    memory.timeline.allocated_bytes.push_back(sum);
    for (const auto& [component, n] : bytes) {
      auto& values = series[component];
      values.resize(static_cast<std::size_t>(i), 0);
      values.push_back(n);
    }
    if (sum <= memory.peak_allocated_bytes) continue;
    memory.peak_allocated_bytes = sum;
    memory.peak_t_ns = memory.timeline.t_ns.back();
    memory.peak_phase = at <= 1 ? "forward" : at <= 2 ? "backward" : "step";
    memory.components_at_peak = bytes;
  }
  for (auto& [component, values] : series) values.resize(kPoints + 1, 0);
  memory.timeline.components = std::move(series);
}

Memory memory_of(const Shape& shape, const Traits& traits, const std::string& device,
                 double step_ms) {
  Memory m;
  add_timeline(m, shape, traits, step_ms);
  m.timed_pass_peak_allocated_bytes = m.peak_allocated_bytes;
  m.first_step_peak_allocated_bytes =
      m.peak_allocated_bytes - static_cast<std::int64_t>(2 * shape.parameters_mib) * kMiB / 2;
  m.largest_at_peak = {
      {"logits_and_loss", "head", static_cast<std::int64_t>(shape.logits_mib) * kMiB},
      {"parameters", "wte", 4 * kMiB}};
  if (device == "cpu") {
    m.process_bytes = {{"rss_peak", m.peak_allocated_bytes + 310 * kMiB}};
    return m;
  }
  m.peak_reserved_bytes = (m.peak_allocated_bytes / (20 * kMiB) + 12) * 20 * kMiB;
  const std::int64_t context = 611 * kMiB;
  m.process_bytes = {{"allocated", m.peak_allocated_bytes},
                     {"allocator_unused", *m.peak_reserved_bytes - m.peak_allocated_bytes},
                     {"context_and_libraries", context},
                     {"used", *m.peak_reserved_bytes + context},
                     {"total", 143771 * kMiB}};
  return m;
}

std::vector<Phase> phases_of(const Traits& traits, double step_ms, std::int64_t peak) {
  std::vector<std::string> names = {"forward", "backward"};
  if (*traits.schedule) names.push_back("clip");
  if (*traits.second) names.push_back(traits.second);
  if (*traits.schedule) names.push_back("noise");
  names.push_back("step");
  std::vector<Phase> phases;
  for (const std::string& name : names) {
    const bool large = name == "forward" || name == "backward";
    const double rest = 1.0 / 3 / static_cast<double>(names.size() - 2);
    phases.push_back(
        {name, step_ms * (large ? 1.0 / 3 : rest), name == "backward" ? peak : peak / 2});
  }
  return phases;
}

std::vector<Snapshot> snapshots_of(const Record& r, const Shape& shape, const Traits& traits) {
  const auto at = [&](double t) { return total(moment(shape, traits, t)); };
  const std::int64_t parameters = moment(shape, traits, 0).at("parameters");
  std::vector<std::pair<std::string, std::int64_t>> named = {{"model_loaded", parameters}};
  if (r.config.method != "vanilla") named.emplace_back("wrapped_with_dp", parameters);
  named.emplace_back("optimizer_created", parameters);
  named.emplace_back("after_warmup", at(0));
  for (int i = 0; i < 2; ++i) {
    const std::string iteration = "iter" + std::to_string(i);
    named.emplace_back(iteration + "_before_forward", at(0));
    named.emplace_back(iteration + "_after_forward", at(1));
    named.emplace_back(iteration + "_after_backward", at(2));
    named.emplace_back(iteration + "_after_step", at(3));
  }
  std::vector<Snapshot> out;
  for (const auto& [name, bytes] : named) {
    out.push_back({name, bytes, r.memory.peak_reserved_bytes,
                   static_cast<std::int64_t>(out.size()) * 1000000});
  }
  return out;
}

std::vector<Check> checks_of(const Memory& m) {
  const std::int64_t peak = m.peak_allocated_bytes;
  return {{"a_requested_peak", true, peak - 12288, peak - 12288},
          {"b_components_at_peak", true, peak, total(m.components_at_peak)},
          {"c_snapshots", true, 12, 12},
          {"d_parameters", true, 3, 3},
          {"e_temporary", true, 2, 1},
          {"f_timed_pass_peak", true, peak, m.timed_pass_peak_allocated_bytes}};
}

}  // namespace

Evidence evidence() {
  const OperandLevel level{128,
                           8,
                           -2e-7,
                           1e-7,
                           "ln_f",
                           1.5e-7,
                           2.4e-5,
                           0.007,
                           "wte.weight",
                           1,
                           {{"h.*.mlp.c_fc", 49.5}}};
  return {{"L1 timed", "L0", "L1 reduced", "L2"}, level, level, {{"h.*.mlp.c_fc", "gram"}}, true};
}

Record sample_record(const std::string& method, std::int64_t repetition, const std::string& model,
                     const std::string& device) {
  const Shape& shape = shape_of(model);
  const Traits& traits = traits_of(method);
  Record r;
  r.case_name = case_name(model, method, device);
  r.repetition = repetition;
  r.key = "9f86d081884c7d65";
  r.config = config_of(model, method, device);
  r.time = time_of(shape, traits, repetition);
  r.memory = memory_of(shape, traits, device, r.time.step_ms.median);
  r.snapshots = snapshots_of(r, shape, traits);
  r.phases = phases_of(traits, r.time.step_ms.median, r.memory.peak_allocated_bytes);
  r.checks = checks_of(r.memory);
  r.kernels = {{"gemm", "forward", 48, shape.step_ms * 0.2}};
  if (method != "vanilla") {
    r.verification = {true, 3.1e-15, 1e-12,     "h.0.mlp.c_fc.weight", 1.2e-15, 1.1, 1.5,
                      "",   0.8,     evidence()};
  }
  r.environment = environment_of(device);
  r.seconds = {{"start", 0.3}, {"setup", 0.4}, {"timed", 1.1}, {"total", 2.9}};
  return r;
}

Record failed_record(const std::string& method, Status status, const std::string& reason,
                     const std::string& model, const std::string& device) {
  Record r;
  r.case_name = case_name(model, method, device);
  r.status = status;
  r.reason = reason;
  r.config = config_of(model, method, device);
  r.environment = environment_of(device);
  return r;
}

std::vector<Record> sample_run() {
  std::vector<Record> run;
  for (const char* method : {"vanilla", "explicit", "ghost", "flash_clip", "bk"}) {
    run.push_back(sample_record(method));
  }
  return run;
}

}  // namespace clipbench::reporters
