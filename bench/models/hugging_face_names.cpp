#include "bench/models/hugging_face_names.h"

namespace clipbench::bench {
namespace {

struct Renamed {
  const char *ours, *theirs;
};

constexpr Renamed kParts[] = {
    {".attn.q.", ".attn.q_proj."},    {".attn.k.", ".attn.k_proj."}, {".attn.v.", ".attn.v_proj."},
    {".attn.proj.", ".attn.c_proj."}, {".mlp.fc.", ".mlp.c_fc."},    {".mlp.proj.", ".mlp.c_proj."},
};

}  // namespace

std::string hugging_face_name(const std::string& parameter) {
  if (parameter.starts_with("head.")) return "lm_" + parameter;
  std::string name = "transformer." + parameter;
  for (const auto& [ours, theirs] : kParts) {
    const auto found = name.find(ours);
    if (found != std::string::npos) return name.replace(found, std::string(ours).size(), theirs);
  }
  return name;
}

}  // namespace clipbench::bench
