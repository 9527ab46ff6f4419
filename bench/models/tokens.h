// Token batches: seeded ids with a text-like (Zipf) frequency, or a file's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/models/model.h"

namespace clipbench::bench {

/// An endless, seeded stream of batches; equal seeds give equal batches on all devices.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  /// ids and targets [B,T] on `device`: B independent windows of T+1 tokens.
  Batch next(std::int64_t B, std::int64_t T, at::Device device);
  /// The same into tensors that exist: no allocation on their device.
  void refill(Batch& batch);

 protected:
  /// T+1 consecutive tokens into `window`.
  virtual void fill(std::int64_t* window, std::int64_t tokens) = 0;
};

/// Independent ids; id k (0-based) with probability ∝ 1/(k+1): the frequencies of words in text.
std::unique_ptr<TokenSource> make_zipf_tokens(std::int64_t vocabulary, std::uint64_t seed);

/// Random windows of a file: uint16 tokens where it ends in `.bin` (as nanoGPT and llm.c write
/// them; llm.c's 1024-byte header is recognised and skipped), else its bytes. Throws
/// std::runtime_error when the file can't be read, is shorter than a window or holds a token
/// outside the vocabulary.
std::unique_ptr<TokenSource> make_file_tokens(const std::string& path, std::int64_t vocabulary,
                                              std::uint64_t seed);

}  // namespace clipbench::bench
