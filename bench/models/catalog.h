// The table of models: published configurations as plain data (no LibTorch; see models/model.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clipbench::bench {

/// gpt2: layer norms, biases, learned positions, an MLP of GELU. llama: RMS norms, no biases,
/// rotary positions, keys and values shared by groups of heads, an MLP gated by SiLU.
enum class Family { gpt2, llama };

/// A transformer language model of pre-norm blocks, with a head that is untied unless a case says
/// otherwise.
struct ModelInfo {
  const char* name;
  std::int64_t layers, width, heads, vocabulary;
  std::int64_t max_seq;  ///< gpt2: rows of the position table; 0: as many as the case's T
  const char* source;    ///< where the shape was published
  Family family = Family::gpt2;
  std::int64_t kv_heads = 0, hidden = 0;  ///< llama: heads of keys and values; width inside its MLP

  /// Trainable parameters at sequence length `seq`, in closed form.
  std::int64_t parameters(std::int64_t seq, bool tied_head = false) const;
  /// Rows of gpt2's position table.
  std::int64_t positions(std::int64_t seq) const { return max_seq > seq ? max_seq : seq; }
};

const std::vector<ModelInfo>& all_models();
/// Throws UsageError (bench/cases/case.h) listing the possible names.
const ModelInfo& find_model(const std::string& name);

}  // namespace clipbench::bench
