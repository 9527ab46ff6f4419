#include "bench/kernels/heading.h"

#include <map>
#include <regex>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/table.h"

namespace clipbench::bench {
namespace {

/// What a title says, taken apart: "head 768 → 50304, B 8, T 1024".
struct Parts {
  std::string words;                          ///< "/head"
  std::map<std::string, std::string> values;  ///< T, B, p, d, …
};

void take(const std::string& part, Parts& parts) {
  static const std::regex value("([A-Za-z]) ([0-9]+)"), layer("(.*?) ?([0-9]+) → ([0-9]+)");
  std::smatch found;
  if (std::regex_match(part, found, value)) {
    parts.values[found[1]] = found[2];
  } else if (std::regex_match(part, found, layer)) {
    if (found[1].length() > 0) parts.words += "/" + slug(found[1]);
    parts.values["p"] = found[2];
    parts.values["d"] = found[3];
  } else {
    parts.words += "/" + slug(part);
  }
}

Parts parts_of(const std::string& title) {
  Parts parts;
  static const std::regex comma(", ");
  std::sregex_token_iterator part(title.begin(), title.end(), comma, -1), end;
  for (; part != end; ++part) take(*part, parts);
  return parts;
}

}  // namespace

std::string Heading::row(const std::string& candidate) const {
  const auto parts = parts_of(title);
  std::string name = family + "/" + slug(candidate) + parts.words;
  for (const char* key : {"T", "B", "p", "d", "n"}) {
    const auto found = parts.values.find(key);
    if (found != parts.values.end()) name += std::string("/") + key + ":" + found->second;
  }
  return name + "/" + dtype + "/" + (bench_device().is_cuda() ? "cuda" : "cpu");
}

}  // namespace clipbench::bench
