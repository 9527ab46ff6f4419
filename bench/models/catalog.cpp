#include "bench/models/catalog.h"

#include "bench/cases/case.h"

namespace clipbench::bench {

const std::vector<ModelInfo>& all_models() {
  static const std::vector<ModelInfo> models = {
      {"gpt2_tiny", 4, 256, 4, 1024, 128, "small enough for a CPU suite of a minute"},
      {"gpt2_small", 12, 768, 12, 50257, 1024, "Radford et al. 2019"},
      {"gpt2_medium", 24, 1024, 16, 50257, 1024, "Radford et al. 2019"},
      {"gpt2_large", 36, 1280, 20, 50257, 1024, "Radford et al. 2019"},
      {"gpt2_xl", 48, 1600, 25, 50257, 1024, "Radford et al. 2019"},
      {"gpt_1b3", 24, 2048, 16, 50257, 1024, "the 1.3B shape of Brown et al. 2020"},
      {"spec_20x2048", 20, 2048, 16, 32000, 0, "20 layers of width 2048, vocabulary 32k"},
      {"llama_tiny", 4, 256, 4, 1024, 0, "small enough for a CPU", Family::llama, 2, 688},
      {"llama_1b", 16, 2048, 32, 128256, 0, "Llama 3.2 1B, Meta 2024", Family::llama, 8, 8192},
      {"llama_7b", 32, 4096, 32, 32000, 0, "Touvron et al. 2023", Family::llama, 32, 11008},
  };
  return models;
}

const ModelInfo& find_model(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& model : all_models()) {
    if (name == model.name) return model;
    names.push_back(model.name);
  }
  throw UsageError(unknown_name("model", name, names));
}

namespace {

std::int64_t llama_block(const ModelInfo& model) {
  const std::int64_t d = model.width, kv = d / model.heads * model.kv_heads;
  return 2 * d * d + 2 * d * kv + 3 * d * model.hidden + 2 * d;  // q, proj; k, v; MLP; norms
}

}  // namespace

std::int64_t ModelInfo::parameters(std::int64_t seq, bool tied_head) const {
  const std::int64_t d = width;
  if (family == Family::llama) {
    return (tied_head ? 1 : 2) * vocabulary * d + layers * llama_block(*this) + d;
  }
  const std::int64_t attention = 4 * (d * d + d);  // q, k, v, projection
  const std::int64_t mlp = (4 * d * d + 4 * d) + (4 * d * d + d);
  const std::int64_t norms = 2 * 2 * d;
  const std::int64_t embeddings = vocabulary * d + positions(seq) * d;
  const std::int64_t head = tied_head ? 0 : vocabulary * d;
  return embeddings + layers * (attention + mlp + norms) + 2 * d + head;
}

}  // namespace clipbench::bench
