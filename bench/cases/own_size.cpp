#include "bench/cases/own_size.h"

#include <map>
#include <string>

namespace clipbench::bench {

Size own_size(const ModelInfo& model) {
  static const std::map<std::string, Size> sizes = {
      {"gpt2_tiny", {128, 8}},      {"gpt2_small", {1024, 16}}, {"gpt2_medium", {1024, 8}},
      {"gpt2_large", {1024, 8}},    {"gpt2_xl", {1024, 4}},     {"gpt_1b3", {1024, 4}},
      {"spec_20x2048", {16384, 1}}, {"llama_tiny", {128, 8}},   {"llama_1b", {2048, 4}},
      {"llama_7b", {2048, 2}},
  };
  const auto found = sizes.find(model.name);
  return found != sizes.end() ? found->second : Size{1024, 8};
}

}  // namespace clipbench::bench
