#include "bench/worker/dump.h"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "bench/methods/passes.h"
#include "bench/methods/wide_sums.h"
#include "bench/models/hugging_face_names.h"
#include "bench/worker/tensor_file.h"
#include "bench/worker/trainer.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct DumpedStep {
  std::unique_ptr<Model> model;
  Batch batch;
  Gradients gradients;
  Tensors sums;  ///< of model->parameters()
};

DumpedStep first_step(Schedule& schedule, const Case& c, const WorkerOptions& options) {
  const auto device = device_of(c);
  DumpedStep step{initial_model(c), token_source(c, options)->next(c.batch, c.seq, device), {}, {}};
  auto wide = wide_step(schedule, *step.model, step.batch);
  step.gradients = std::move(wide.gradients);
  step.sums = std::move(wide.sums);
  if (!find_method(c.method).is_private()) {
    for (auto& mean : step.sums) mean = mean.mul(static_cast<double>(c.batch));
  }
  return step;
}

NamedTensors by_name(const Model& model, const Tensors& tensors) {
  NamedTensors named;
  const auto names = model.parameter_names();
  for (std::size_t k = 0; k < tensors.size(); ++k)
    named.emplace_back(hugging_face_name(names[k]), tensors[k]);
  return named;
}

NamedTensors defined_only(NamedTensors tensors) {
  std::erase_if(tensors, [](const auto& named) { return !named.second.defined(); });
  return tensors;
}

/// Parameters by clip group, in the order of the norms' rows.
json clip_groups(const Model& model, bool by_layer) {
  json groups = json::array();
  for (const auto& layer : model.layers()) {
    if (!layer->owns_params()) continue;
    if (by_layer || groups.empty()) groups.push_back(json::array());
    for (const auto& name : layer->param_names)
      groups.back().push_back(hugging_face_name(layer->name + "." + name));
  }
  return groups;
}

json clipping(const Case& c, const DumpedStep& step) {
  if (!find_method(c.method).is_private()) return nullptr;
  const auto clipping = clipping_of(c);
  const bool by_layer = step.gradients.norms.dim() == 2;
  return {
      {"function", c.knob("clip")},
      {"clip_norm", clipping.clip_norm},
      {"group_clip_norm", by_layer ? group_clip_norm(clipping, *step.model) : clipping.clip_norm},
      {"groups", clip_groups(*step.model, by_layer)},
      {"second_pass", c.knob("second_pass")}};
}

json model_shape(const Case& c) {
  const auto& info = find_model(c.model);
  if (info.family == Family::llama) {
    return {{"family", "llama"},
            {"layers", info.layers},
            {"width", info.width},
            {"heads", info.heads},
            {"key_value_heads", info.kv_heads},
            {"hidden", info.hidden},
            {"vocabulary", info.vocabulary},
            {"head", c.knob("head")},
            {"activation", "silu"},
            {"rotary_base", 10000},
            {"rms_norm_epsilon", 1e-5}};
  }
  return {{"family", "gpt2"},
          {"layers", info.layers},
          {"width", info.width},
          {"heads", info.heads},
          {"vocabulary", info.vocabulary},
          {"positions", info.positions(c.seq)},
          {"head", c.knob("head")},
          {"activation", "gelu"},
          {"layer_norm_epsilon", 1e-5}};
}

json meta(const Case& c, const Schedule& schedule, const DumpedStep& step) {
  json shapes = json::object();
  for (const auto& [name, param] : by_name(*step.model, step.model->parameters()))
    shapes[name] = param.sizes().vec();
  return {{"schema", "clipbench.dump/1"},
          {"case", c.name()},
          {"method", c.method},
          {"seq", c.seq},
          {"batch", c.batch},
          {"physical_batch", std::stoll(c.knob("physical_batch"))},
          {"dtype", c.dtype},
          {"device", c.device},
          {"noise_multiplier", 0},
          {"sum_divided_by", 1},
          {"clipping", clipping(c, step)},
          {"model", model_shape(c)},
          {"shapes", shapes},
          {"path", schedule.path()}};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UsageError("--dump " + folder.string() + ": " + error.message());
  fs::remove(folder / "meta.json", error);  // an older dump's would vouch for a half-written one
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text << std::flush)) throw UsageError("--dump " + path.string() + ": not written");
}

}  // namespace

void dump_first_step(Schedule& schedule, const Case& c, const WorkerOptions& options) {
  const fs::path folder = options.dump;
  make_folder(folder);
  const auto step = first_step(schedule, c, options);
  const auto& gradients = step.gradients;
  write_tensors(folder / "batch.pt", {{"ids", step.batch.ids}, {"targets", step.batch.targets}});
  write_tensors(folder / "parameters.pt", by_name(*step.model, step.model->parameters()));
  write_tensors(folder / "norms.pt", defined_only({{"guarded", gradients.norms},
                                                   {"before_guard", gradients.raw_norms}}));
  write_tensors(folder / "factors.pt", defined_only({{"factors", gradients.factors}}));
  write_tensors(folder / "sums.pt", by_name(*step.model, step.sums));
  write_text(folder / "meta.json", meta(c, schedule, step).dump(1) + "\n");
}

}  // namespace clipbench::bench
