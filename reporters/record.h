// One Record holds all that is known of one case's process. Every report is a pure function of
// records.
//
// The JSON keys are the members' names; add, never rename (results/README.md documents each). Bytes
// are integers, times milliseconds unless the name says otherwise, absent values null, never NaN.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clipbench::reporters {

inline constexpr const char* kRecordSchema = "clipbench.record/1";

/// ok and unsupported and oom are results; the others are findings (exit code 1).
enum class Status { ok, incorrect, unsupported, oom, timeout, crashed, invalid };

const char* to_string(Status);
Status status_from(const std::string&);  ///< throws std::invalid_argument naming the possible ones

/// The case's name taken apart, and every setting that could change a number.
struct Config {
  std::string model, method, dtype, device;
  std::int64_t seq = 0, batch = 0;
  std::map<std::string, std::string> knobs;  ///< those not at their default, as in the name
  std::string norm_way, schedule, clip;      ///< the method's point in the product; "" for vanilla
  std::string optimizer;
  double clip_norm = 0, noise_multiplier = 0, learning_rate = 0;
  std::int64_t seed = 0;
  bool deterministic = false;
  std::string data;  ///< "zipf", or the name of the file trained on
  std::int64_t parameters = 0, layers = 0, width = 0, heads = 0, vocabulary = 0;
};

struct StepTime {
  double median = 0, min = 0, mean = 0;
  std::pair<double, double> ci95{0, 0};  ///< bootstrap interval of the median
};

struct Time {
  StepTime step_ms;
  std::vector<double> samples_ms;  ///< one a training step, in order, all of them
  bool settled = false;  ///< false: the interval was still wider than ±1 % when time ran out
  std::int64_t warmup_steps = 0;
  double first_step_ms = 0;
  std::vector<double> losses;  ///< mean over the batch, of every warm-up step from the first on
  double samples_per_s = 0, tokens_per_s = 0;
  double recorded_step_ms = 0;  ///< a step of the recorded pass, to see what recording costs
};

/// A block that was live at the peak; the largest ones are listed.
struct LiveBlock {
  std::string component, owner;  ///< owner: layer's name where known, else ""
  std::int64_t bytes = 0;        ///< requested
};

/// Allocated bytes by component over one recorded step; the peak's own moment is one of the points.
struct Timeline {
  std::vector<std::int64_t> t_ns;
  std::vector<std::int64_t> allocated_bytes;
  std::map<std::string, std::vector<std::int64_t>> components;
};

struct Memory {
  std::int64_t peak_allocated_bytes = 0;
  std::optional<std::int64_t> peak_reserved_bytes;  ///< null on CPU: there is no reserved there
  std::string peak_phase;
  std::int64_t peak_t_ns = 0;
  std::int64_t timed_pass_peak_allocated_bytes = 0;
  std::int64_t first_step_peak_allocated_bytes = 0;
  std::map<std::string, std::int64_t> components_at_peak;  ///< closes: Σ = peak_allocated_bytes
  std::int64_t residual_bytes = 0;
  std::vector<LiveBlock> largest_at_peak;
  Timeline timeline;
  /// Waterfall of the device: allocated, allocator_unused, context_and_libraries, used, total. On
  /// CPU: rss_peak.
  std::map<std::string, std::int64_t> process_bytes;
};

struct Snapshot {
  std::string name;  ///< SPEC names: model_loaded … iter0_after_backward …
  std::int64_t allocated_bytes = 0;
  std::optional<std::int64_t> reserved_bytes;
  std::int64_t t_ns = 0;
};

struct Phase {
  std::string name;  ///< forward, backward, clip, backward2 or weighted_sum, noise, step
  double ms = 0;
  std::int64_t peak_allocated_bytes = 0;
};

/// One line of the account's law, (a)–(f); see results/README.md.
struct Check {
  std::string name;
  bool holds = false;
  std::int64_t expected = 0, actual = 0;
};

/// Norms and sums against the f64 gradients of the very operands that the method used.
struct OperandLevel {
  std::int64_t seq = 0, samples = 0;
  double norm_error_low = 0, norm_error_high = 0;  ///< n̂/n − 1 of a layer, before the guard
  std::string worst_layer;
  double least_guard = 0;           ///< min n_safe/n − 1 of a layer
  double most_over_clipped = 0;     ///< max n_safe/n − 1 of a sample
  double sum_error_over_bound = 0;  ///< of random projections
  std::string worst_parameter;
  double max_contribution_over_c = 0;
  std::map<std::string, double> kappa_sq;  ///< by role of layer
};

/// What was looked at.
struct Evidence {
  std::vector<std::string> levels;          ///< L0, L1 reduced, L1 timed, L2
  std::optional<OperandLevel> reduced;      ///< L1 at the reduced size
  std::optional<OperandLevel> timed;        ///< L1 with the timed model, batch and schedule
  std::map<std::string, std::string> path;  ///< role of layer → what ran when it was timed
  std::optional<bool> repeats_bitwise;      ///< deterministic mode: two steps gave equal bits
};

struct Verification {
  bool done = false;
  double max_relative_error = 0, tolerance = 0;  ///< f64, worst parameter, against `microbatch`
  std::string worst_parameter;
  double norm_error = 0;         ///< f64, worst sample's norm, before the guard
  double dtype_error_ratio = 0;  ///< case's dtype: error over same-dtype microbatch's
  double dtype_ratio_limit = 0;
  std::string detail;  ///< empty, or what failed
  double seconds = 0;
  std::optional<Evidence> evidence;  ///< absent in records of earlier versions
};

struct Kernel {
  std::string name, phase;
  std::int64_t calls = 0;
  double ms = 0;
};

/// What the process knew of where it ran. No host, user or absolute path.
struct Environment {
  std::string clipbench, git_sha, build_type, compiler;
  std::string torch, cuda, driver;
  std::string device_name;
  std::int64_t device_memory_bytes = 0;
  std::int64_t threads = 0;
  std::vector<std::string> argv;
  std::string allocator_settings, started_utc;
  /// sm_mhz, memory_mhz, power_w, temperature_c, throttle_reasons
  std::map<std::string, std::string> clocks;
  std::vector<std::int64_t> other_gpu_processes_bytes;
};

/// Where the process's seconds went: start, setup, warmup, timed, recorded, verification, total.
using Seconds = std::map<std::string, double>;

struct Record {
  std::string schema = kRecordSchema;
  std::string case_name;  ///< JSON key "case"
  Status status = Status::ok;
  std::optional<std::string> reason;
  std::int64_t repetition = 0;
  std::string key;  ///< identity of the measurement: case, binaries' hash, options, device, data
  Config config;
  Time time;
  Memory memory;
  std::vector<Snapshot> snapshots;
  std::vector<Phase> phases;
  std::vector<Check> checks;
  std::vector<Kernel> kernels;
  Verification verification;
  Environment environment;
  Seconds seconds;
};

}  // namespace clipbench::reporters
