#include "bench/models/tokens.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

namespace clipbench::bench {
namespace {

class ZipfTokens final : public TokenSource {
 public:
  ZipfTokens(std::int64_t vocabulary, std::uint64_t seed) : random_(seed) {
    double total = 0;
    for (std::int64_t k = 1; k <= vocabulary; ++k) cumulative_.push_back(total += 1.0 / k);
  }

 private:
  void fill(std::int64_t* window, std::int64_t tokens) override {
    for (std::int64_t t = 0; t < tokens; ++t) {
      // 53 bits by hand: the standard's distributions differ between libraries.
      const double u = static_cast<double>(random_() >> 11) * 0x1p-53 * cumulative_.back();
      const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, u);
      window[t] = at - cumulative_.begin();
    }
  }

  std::mt19937_64 random_;
  std::vector<double> cumulative_;
};

class FileTokens final : public TokenSource {
 public:
  FileTokens(const std::string& path, std::int64_t vocabulary, std::uint64_t seed)
      : path_(path), random_(seed), tokens_(read(path)) {
    for (const auto token : tokens_) {
      if (token >= vocabulary) {
        throw std::runtime_error(path + ": token " + std::to_string(token) +
                                 " is outside the model's vocabulary of " +
                                 std::to_string(vocabulary));
      }
    }
  }

 private:
  static std::vector<std::uint16_t> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!path.ends_with(".bin"))
      return {reinterpret_cast<const unsigned char*>(bytes.data()),
              reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size()};
    const auto skipped = header_bytes(bytes);
    std::vector<std::uint16_t> tokens((bytes.size() - skipped) / 2);
    std::memcpy(tokens.data(), bytes.data() + skipped, tokens.size() * 2);
    return tokens;
  }

  static std::size_t header_bytes(const std::vector<char>& bytes) {
    constexpr std::int32_t kLlmcMagic = 20240520;
    constexpr std::size_t kLlmcHeader = 1024;
    std::int32_t magic = 0;
    if (bytes.size() >= kLlmcHeader) std::memcpy(&magic, bytes.data(), sizeof magic);
    return magic == kLlmcMagic ? kLlmcHeader : 0;
  }

  void fill(std::int64_t* window, std::int64_t tokens) override {
    const auto available = static_cast<std::int64_t>(tokens_.size());
    if (available < tokens) {
      throw std::runtime_error(path_ + ": " + std::to_string(available) +
                               " tokens, a sample needs " + std::to_string(tokens));
    }
    const auto start = random_() % static_cast<std::uint64_t>(available - tokens + 1);
    std::copy_n(tokens_.begin() + static_cast<std::ptrdiff_t>(start), tokens, window);
  }

  std::string path_;
  std::mt19937_64 random_;
  std::vector<std::uint16_t> tokens_;
};

}  // namespace

Batch TokenSource::next(std::int64_t B, std::int64_t T, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  Batch batch{at::empty({B, T}, options), at::empty({B, T}, options)};
  refill(batch);
  return batch;
}

void TokenSource::refill(Batch& batch) {
  const auto B = batch.ids.size(0), T = batch.ids.size(1);
  std::vector<std::int64_t> window(static_cast<std::size_t>(T + 1));
  std::vector<std::int64_t> ids, targets;
  for (std::int64_t b = 0; b < B; ++b) {
    fill(window.data(), T + 1);
    ids.insert(ids.end(), window.begin(), window.end() - 1);
    targets.insert(targets.end(), window.begin() + 1, window.end());
  }
  batch.ids.copy_(at::from_blob(ids.data(), {B, T}, at::kLong));
  batch.targets.copy_(at::from_blob(targets.data(), {B, T}, at::kLong));
}

std::unique_ptr<TokenSource> make_zipf_tokens(std::int64_t vocabulary, std::uint64_t seed) {
  return std::make_unique<ZipfTokens>(vocabulary, seed);
}

std::unique_ptr<TokenSource> make_file_tokens(const std::string& path, std::int64_t vocabulary,
                                              std::uint64_t seed) {
  return std::make_unique<FileTokens>(path, vocabulary, seed);
}

}  // namespace clipbench::bench
