// What transformer language models have in common: how weights are drawn, the head and the loss.
#pragma once

#include <memory>
#include <string>

#include "bench/models/model.h"

namespace clipbench::bench {

class LanguageModel : public Model {
 protected:
  LanguageModel(at::ScalarType dtype, at::Device device, std::uint64_t seed)
      : options_(at::TensorOptions().dtype(dtype).device(device)), seed_(seed) {}

  /// [rows,columns] ~ N(0, 0.02²): other numbers at each call.
  Tensor normal(std::int64_t rows, std::int64_t columns);
  const Layer* add_linear(const std::string& name, std::int64_t in, std::int64_t out,
                          bool has_bias);
  /// The last layer: a linear one without bias. `tied_to`: the token embedding whose weight it
  /// takes, or nullptr.
  void add_head(const ModelInfo&, const Layer* tied_to);

  /// The head's cross-entropy at x [B,T,d]: [B].
  Tensor loss_of(Tensor x, const Batch&, Tape*) const;

  at::TensorOptions options_;

 private:
  std::uint64_t seed_, drawn_ = 0;
  const Layer* head_ = nullptr;
};

std::unique_ptr<Model> make_gpt2(const ModelInfo& info, std::int64_t seq, at::ScalarType dtype,
                                 at::Device device, std::uint64_t seed, bool tied_head);
std::unique_ptr<Model> make_llama(const ModelInfo& info, at::ScalarType dtype, at::Device device,
                                  std::uint64_t seed, bool tied_head);

}  // namespace clipbench::bench
