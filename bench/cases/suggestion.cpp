// "did you mean": the nearest of the possible names by edit distance.
#include <algorithm>
#include <numeric>

#include "bench/cases/case.h"

namespace clipbench::bench {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

/// Lower is nearer. A name that continues what was typed ("flash" → "flash_clip") counts as one
/// edit.
std::size_t remoteness(const std::string& typed, const std::string& name) {
  if (typed.size() >= 2 && name.starts_with(typed)) return 1;
  return edit_distance(typed, name);
}

std::string nearest(const std::string& typed, const std::vector<std::string>& possible) {
  const std::size_t limit =
      std::max<std::size_t>(1, std::min<std::size_t>(3, typed.size() / 3 + 1));
  std::string best;
  std::size_t best_distance = limit + 1;
  for (const auto& name : possible) {
    const std::size_t distance = remoteness(typed, name);
    if (distance < best_distance) best = name, best_distance = distance;
  }
  return best;
}

}  // namespace

std::string unknown_name(const std::string& kind, const std::string& name,
                         const std::vector<std::string>& possible) {
  std::string text = "unknown " + kind + " \"" + name + "\"; ";
  if (const std::string guess = nearest(name, possible); !guess.empty())
    text += "did you mean " + guess + "? ";
  text += "one of: ";
  for (std::size_t i = 0; i < possible.size(); ++i) text += (i ? ", " : "") + possible[i];
  return text;
}

}  // namespace clipbench::bench
