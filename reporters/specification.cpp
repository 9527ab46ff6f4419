// The specification's per-experiment object. Its `_mb` are MiB, 2^20 bytes.
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "reporters/record_io.h"

namespace clipbench::reporters {
namespace {

using nlohmann::json;

/// Components with a name of their own in the specification; the others keep theirs, with `_mb`.
constexpr std::array<std::pair<const char*, const char*>, 6> kSpecificationNames = {{
    {"parameters", "model_parameters_mb"},
    {"gradients", "gradients_mb"},
    {"optimizer_state", "optimizer_states_mb"},
    {"dp_saved", "activation_hooks_mb"},
    {"norms", "norm_samples_mb"},
    {"gram", "temporary_matrices_mb"},
}};

double mib(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

json mib(const std::optional<std::int64_t>& bytes) { return bytes ? json(mib(*bytes)) : json(); }

std::string key_of(const std::string& component) {
  for (const auto& [ours, theirs] : kSpecificationNames) {
    if (component == ours) return theirs;
  }
  return component + "_mb";
}

json breakdown(const Memory& memory) {
  json out = json::object();
  for (const auto& [ours, theirs] : kSpecificationNames) out[theirs] = 0.0;
  for (const auto& [component, bytes] : memory.components_at_peak) {
    out[key_of(component)] = mib(bytes);
  }
  out["peak_allocated_mb"] = mib(memory.peak_allocated_bytes);
  out["peak_reserved_mb"] = mib(memory.peak_reserved_bytes);
  return out;
}

json snapshots(const std::vector<Snapshot>& all) {
  json out = json::array();
  for (const Snapshot& s : all) {
    out.push_back({{"name", s.name},
                   {"allocated_mb", mib(s.allocated_bytes)},
                   {"reserved_mb", mib(s.reserved_bytes)},
                   {"timestamp", static_cast<double>(s.t_ns) * 1e-9}});
  }
  return out;
}

/// Mean of all samples; null where there is none.
json average_ms(const std::vector<double>& samples) {
  const double mean =
      std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  return std::isfinite(mean) ? json(mean) : json();
}

json config(const Config& c) {
  return {{"model", c.model},
          {"method", c.method},
          {"seq_len", c.seq},
          {"batch_size", c.batch},
          {"dtype", c.dtype},
          {"device", c.device},
          {"num_layers", c.layers},
          {"hidden_dim", c.width},
          {"num_heads", c.heads},
          {"vocab_size", c.vocabulary},
          {"num_parameters", c.parameters},
          {"optimizer", c.optimizer},
          {"clip", c.clip},
          {"max_grad_norm", c.clip_norm},
          {"noise_multiplier", c.noise_multiplier},
          {"learning_rate", c.learning_rate},
          {"seed", c.seed},
          {"deterministic", c.deterministic},
          {"data", c.data},
          {"knobs", c.knobs}};
}

}  // namespace

json specification_json(const Record& record) {
  return {{"experiment", record.config.method},
          {"status", to_string(record.status)},
          {"peak_memory_mb", mib(record.memory.peak_allocated_bytes)},
          {"avg_time_ms", average_ms(record.time.samples_ms)},
          {"breakdown", breakdown(record.memory)},
          {"snapshots", snapshots(record.snapshots)},
          {"config", config(record.config)}};
}

}  // namespace clipbench::reporters
