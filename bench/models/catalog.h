// The table of models: published configurations as plain data (no LibTorch; see models/model.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clipbench::bench {

/// A GPT-2-shaped transformer language model: pre-norm blocks, learned positions, GELU, a head
/// that is untied unless a case says otherwise.
struct ModelInfo {
  const char* name;
  std::int64_t layers, width, heads, vocabulary;
  std::int64_t max_seq;  ///< rows of the position table; 0: as many as the case's T
  const char* source;    ///< where the shape was published

  /// Trainable parameters at sequence length `seq`, in closed form.
  std::int64_t parameters(std::int64_t seq, bool tied_head = false) const;
  std::int64_t positions(std::int64_t seq) const { return max_seq > seq ? max_seq : seq; }
};

const std::vector<ModelInfo>& all_models();
/// Throws UsageError (bench/cases/case.h) listing the possible names.
const ModelInfo& find_model(const std::string& name);

}  // namespace clipbench::bench
