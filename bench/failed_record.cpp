#include "bench/failed_record.h"

#include "bench/cases/build_info.h"
#include "bench/cases/numbers.h"
#include "bench/file_path.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"
#include "bench/signals.h"

namespace clipbench::bench {
namespace {

using reporters::Record;
using reporters::Status;

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of("\n\r\t ");
  if (end == std::string::npos) return "";
  const auto start = text.find_last_of('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

std::string shortened(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t cut = bytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // whole UTF-8
  return text.substr(0, cut) + "...";
}

reporters::Config config_of(const Case& measured) {
  const ModelInfo& model = find_model(measured.model);
  const MethodInfo& method = find_method(measured.method);
  reporters::Config config;
  config.model = measured.model, config.method = measured.method;
  config.seq = measured.seq, config.batch = measured.batch;
  config.dtype = measured.dtype, config.device = measured.device;
  config.knobs = measured.knobs;
  if (method.is_private()) {
    config.norm_way = to_string(method.norm_way), config.schedule = to_string(method.schedule);
    config.clip = measured.knob("clip");
  }
  config.optimizer = measured.knob("optimizer");
  config.clip_norm = parse_number(measured.knob("clip_norm")).value_or(0);
  config.noise_multiplier = parse_number(measured.knob("noise_multiplier")).value_or(0);
  config.seed = parse_integer(measured.knob("seed")).value_or(0);
  config.deterministic = measured.knob("deterministic") == "1";
  config.parameters = model.parameters(measured.seq, measured.knob("head") == "tied");
  config.layers = model.layers, config.width = model.width;
  config.heads = model.heads, config.vocabulary = model.vocabulary;
  return config;
}

}  // namespace

Failure timed_out(double timeout_seconds) {
  return {Status::timeout, "stopped after " + print_number(timeout_seconds) + " s (--timeout)"};
}

Failure crashed_by(int signal) {
  return {Status::crashed, "signal " + std::to_string(signal) + " (" + signal_name(signal) + ")"};
}

Record failed_record(const Case& measured, const Failure& failure, const std::string& stage,
                     const std::string& stderr_tail) {
  Record record;
  record.case_name = measured.name();
  record.status = failure.status;
  record.config = config_of(measured);
  std::string reason = failure.reason;
  if (!stage.empty()) reason += " in " + stage;
  if (const std::string words = last_line(stderr_tail); !words.empty()) reason += ": " + words;
  record.reason = shortened(without_paths(reason), 300);
  record.environment.clipbench = build_info().version;
  record.environment.git_sha = build_info().git_sha;
  record.environment.build_type = build_info().build_type;
  record.environment.compiler = build_info().compiler;
  record.environment.torch = build_info().torch;
  record.environment.started_utc = utc_now();
  return record;
}

}  // namespace clipbench::bench
