#include "bench/models/hugging_face_names.h"

#include <span>

namespace clipbench::bench {
namespace {

struct Renamed {
  const char *ours, *theirs;
};

constexpr Renamed kGpt2Parts[] = {
    {".attn.q.", ".attn.q_proj."},    {".attn.k.", ".attn.k_proj."}, {".attn.v.", ".attn.v_proj."},
    {".attn.proj.", ".attn.c_proj."}, {".mlp.fc.", ".mlp.c_fc."},    {".mlp.proj.", ".mlp.c_proj."},
};

constexpr Renamed kLlamaParts[] = {
    {".ln_1.", ".input_layernorm."},    {".ln_2.", ".post_attention_layernorm."},
    {".attn.q.", ".self_attn.q_proj."}, {".attn.k.", ".self_attn.k_proj."},
    {".attn.v.", ".self_attn.v_proj."}, {".attn.proj.", ".self_attn.o_proj."},
    {".mlp.gate.", ".mlp.gate_proj."},  {".mlp.up.", ".mlp.up_proj."},
    {".mlp.down.", ".mlp.down_proj."},  {".embed.", ".embed_tokens."},
};

std::string renamed(std::string name, std::span<const Renamed> parts) {
  for (const auto& [ours, theirs] : parts) {
    const auto found = name.find(ours);
    if (found != std::string::npos) return name.replace(found, std::string(ours).size(), theirs);
  }
  return name;
}

bool is_llamas(const std::string& parameter) {
  return parameter.starts_with("layers.") || parameter.starts_with("embed.") ||
         parameter.starts_with("norm.");
}

}  // namespace

std::string hugging_face_name(const std::string& parameter) {
  if (parameter.starts_with("head.")) return "lm_" + parameter;
  if (is_llamas(parameter)) return renamed("model." + parameter, kLlamaParts);
  return renamed("transformer." + parameter, kGpt2Parts);
}

}  // namespace clipbench::bench
