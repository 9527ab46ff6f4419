// An embedding table's gradients, on an emulated GPU, against f64 sums of tokens with equal ids.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cuda/embedding_rows.h"
#include "rows.h"

namespace clipbench::kernels {
namespace {

constexpr double kTolerance = 2e-6;  // f32 sums of some hundred terms

using Ids = std::vector<std::int64_t>;

/// Lists of tokens with their gradients; `ids` in the order of tokens.
template <class In>
struct Tokens {
  std::vector<Ids> ids;
  std::size_t count, columns;
  std::vector<std::int64_t> sorted, order;  // of all lists
  Rows<In> g;

  Tokens(const std::vector<Ids>& of, std::size_t d, std::mt19937& random)
      : ids(of), count(of[0].size()), columns(d), g(of.size() * count, d, random) {
    for (const Ids& list : ids) {
      Ids places(count);
      std::iota(places.begin(), places.end(), 0);
      std::ranges::stable_sort(places, {}, [&](std::int64_t t) { return list[std::size_t(t)]; });
      for (const auto t : places) sorted.push_back(list[std::size_t(t)]), order.push_back(t);
    }
  }

  cuda::SortedTokens view() const {
    return {sorted.data(),   order.data(),        g.data(),    kElement<In>,
            int(ids.size()), std::int64_t(count), int(columns)};
  }

  /// Rows of a list's gradient, of the ids that it has. Tokens with factor 0 do not count.
  std::map<std::int64_t, std::vector<double>> gradient(std::size_t list,
                                                       const std::vector<float>& factors,
                                                       std::size_t tokens_per_sample) const {
    std::map<std::int64_t, std::vector<double>> rows;
    for (std::size_t t = 0; t < count; ++t) {
      auto& row = rows[ids[list][t]];
      row.resize(columns);
      const double factor = factors[t / tokens_per_sample];
      for (std::size_t c = 0; factor != 0 && c < columns; ++c) {
        row[c] += factor * g.at(list * count + t, c);
      }
    }
    return rows;
  }

  double sq_norm(std::size_t list) const {
    double sum = 0;
    for (const auto& [id, row] : gradient(list, {1}, count))
      sum += std::pow(root_of_squares(row), 2);
    return sum;
  }
};

class EmulatedEmbedding : public OneGpu {
 protected:
  /// Ids below `vocabulary`.
  Ids random_ids(std::size_t count, std::int64_t vocabulary) {
    Ids ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(random() % vocabulary);
    return ids;
  }
  /// Runs of equal ids of these lengths once sorted, in any order before.
  Ids ids_of_runs(const std::vector<int>& lengths) {
    Ids ids;
    for (std::int64_t id = 3; const int length : lengths)
      ids.insert(ids.end(), length, id), id += 2;
    std::shuffle(ids.begin(), ids.end(), random);
    return ids;
  }
  /// Runs that end with a window of 32 positions, begin with its last, hold whole windows, and
  /// cross blocks of 128.
  Ids ids_that_cross() { return ids_of_runs({31, 2, 31, 32, 31, 66, 1, 31, 130, 1, 5, 200, 7}); }

  template <class In>
  static std::vector<float> partials_of(const Tokens<In>& tokens) {
    const auto view = tokens.view();
    Buffer<float> pieces(std::size_t(cuda::embedding_pieces(view)), NAN),
        partials(tokens.ids.size() * std::size_t(cuda::embedding_partials(view)), NAN);
    cuda::embedding_sq_norms(view, pieces.data(), partials.data(), nullptr);
    return {partials.data(), partials.data() + partials.size()};
  }

  template <class In>
  static void check_norms(const Tokens<In>& tokens) {
    const auto partials = partials_of(tokens);
    const std::size_t of_list = partials.size() / tokens.ids.size();
    for (std::size_t list = 0; list < tokens.ids.size(); ++list) {
      const auto first = partials.begin() + std::ptrdiff_t(list * of_list);
      const double norm = std::accumulate(first, first + std::ptrdiff_t(of_list), 0.);
      EXPECT_LE(std::abs(norm / tokens.sq_norm(list) - 1), kTolerance)
          << "list " << list << " of " << tokens.count << " tokens, " << tokens.columns;
    }
  }

  struct Block {
    std::int64_t first, count;
  };

  /// Adds the first list's rows to a block of them, with kMargin rows before and behind it that are
  /// not its own.
  template <class In>
  static void add(const Tokens<In>& tokens, const std::vector<float>& factors,
                  std::size_t tokens_per_sample, const Block& block, Rows<float>& sum) {
    const auto view = tokens.view();
    Buffer<float> pieces(std::size_t(cuda::embedding_pieces(view)), NAN);
    cuda::embedding_sum(view, factors.data(), std::int64_t(tokens_per_sample), pieces.data(),
                        sum.row(kMargin), block.first, block.count, nullptr);
  }

  /// Those around the block hold −0, which adding 0 would change.
  static Rows<float> some_rows(const Block& block, std::size_t columns) {
    std::mt19937 always_the_same;
    Rows<float> rows(std::size_t(block.count) + 2 * kMargin, columns, always_the_same);
    std::fill_n(rows.data(), kMargin * columns, -0.f);
    std::fill_n(rows.row(rows.count - kMargin), kMargin * columns, -0.f);
    return rows;
  }

  template <class In>
  static void check_sum(const Tokens<In>& tokens, const std::vector<float>& factors,
                        std::size_t tokens_per_sample, const Block& block) {
    const auto held = some_rows(block, tokens.columns);
    auto sum = some_rows(block, tokens.columns);
    add(tokens, factors, tokens_per_sample, block, sum);
    const auto gradient = tokens.gradient(0, factors, tokens_per_sample);
    for (std::size_t i = 0; i < sum.count; ++i) {
      const std::int64_t place = std::int64_t(i) - std::int64_t(kMargin);
      const auto row = gradient.find(block.first + place);
      if (row == gradient.end() || place < 0 || place >= block.count) {
        EXPECT_TRUE(equal(sum.elements(i), held.elements(i))) << "row " << place;
        continue;
      }
      auto expected = row->second;
      for (std::size_t c = 0; c < expected.size(); ++c) expected[c] += held.at(i, c);
      EXPECT_LE(relative(sum.elements(i), expected), kTolerance) << "row " << place;
    }
  }

  static constexpr std::size_t kMargin = 100;
};

TEST_P(EmulatedEmbedding, RowsOfEqualIdsAreAddedBeforeTheNorm) {
  for_types([&]<class In>(In) {
    for (const std::size_t count : {1, 32, 33, 301}) {
      for (const std::int64_t vocabulary : {1, 2, 13, 400}) {
        check_norms(Tokens<In>({random_ids(count, vocabulary)}, 24, random));
      }
    }
  });
}

TEST_P(EmulatedEmbedding, RunsMayCrossWindowsAndBlocks) {
  for_types([&]<class In>(In) {
    const Tokens<In> tokens({ids_that_cross()}, 16, random);
    check_norms(tokens);
    check_sum(tokens, {0.5f}, tokens.count, {0, 32});
  });
}

TEST_P(EmulatedEmbedding, ListsAndColumnsAreManyBlocks) {
  const Tokens<cuda::bf16> tokens({random_ids(140, 9), random_ids(140, 300), Ids(140, 7)}, 520,
                                  random);
  check_norms(tokens);
  check_sum(Tokens<cuda::f16>({random_ids(140, 9)}, 520, random), {1.f}, 140, {0, 9});
}

TEST_P(EmulatedEmbedding, AnyBlockOfRowsOfASumIsFormed) {
  const Tokens<cuda::bf16> tokens({random_ids(300, 40)}, 24, random);
  const std::vector<float> factors{0.25f, 1.f, 3.f};
  for (const auto& [first, count] : {Block{0, 40}, {0, 1}, {13, 20}, {39, 5}, {100, 3}}) {
    check_sum(tokens, factors, 100, {first, count});
  }
  const Tokens<float> runs({ids_that_cross()}, 8, random);  // 3, 5, …, 27: the last ones cross
  for (const auto& [first, count] : {Block{0, 19}, {19, 1}, {20, 5}, {25, 9}}) {
    check_sum(runs, {2.f}, runs.count, {first, count});
  }
}

TEST_P(EmulatedEmbedding, TokensWithFactorZeroAreNotRead) {
  for (const std::int64_t vocabulary : {1, 5, 200}) {
    Tokens<cuda::bf16> tokens({random_ids(280, vocabulary)}, 16, random);
    const std::vector<float> factors{0.f, 0.5f, 0.f, 2.f};
    for (std::size_t t = 0; t < 280; ++t) {
      if (factors[t / 70] == 0) tokens.g.spoil(t);
    }
    check_sum(tokens, factors, 70, {0, vocabulary});
  }
}

TEST_P(EmulatedEmbedding, RepeatsItsBitsInWhateverOrderWarpsRun) {
  const Tokens<float> tokens({ids_that_cross()}, 264, random);
  const Block block{0, 32};
  const auto partials = partials_of(tokens);
  auto sum = some_rows(block, 264), again = some_rows(block, 264);
  add(tokens, {0.3f}, tokens.count, block, sum);
  emulated::use({.multiprocessors = 3, .seed = 99});
  EXPECT_TRUE(equal(partials, partials_of(tokens)));
  add(tokens, {0.3f}, tokens.count, block, again);
  for (std::size_t i = 0; i < sum.count; ++i) {
    EXPECT_TRUE(equal(sum.elements(i), again.elements(i))) << i;
  }
}

CLIPBENCH_ON_ALL_GPUS(EmulatedEmbedding);

}  // namespace
}  // namespace clipbench::kernels
