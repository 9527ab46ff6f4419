#include "bench/kernels/heading.h"

#include "bench/kernels/bench_device.h"
#include "bench/kernels/table.h"

namespace clipbench::bench {

std::string Heading::title() const {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  if (layer) {
    text += (text.empty() ? "" : " ") + std::to_string(layer->p) + " → " + std::to_string(layer->d);
  }
  for (const auto& [name, value] : sizes) {
    text += std::string(", ") + name + " " + std::to_string(value);
  }
  return text;
}

std::string Heading::row(const std::string& candidate) const {
  std::string text = family + "/" + slug(candidate);
  for (const auto& word : words) text += "/" + slug(word);
  auto all = sizes;
  if (layer) all.insert(all.end(), {{'p', layer->p}, {'d', layer->d}});
  for (const char key : {'T', 'B', 'p', 'd', 'n'}) {  // the same order in every row
    for (const auto& [name, value] : all) {
      if (name == key) text += std::string("/") + key + ":" + std::to_string(value);
    }
  }
  return text + "/" + dtype + "/" + (bench_device().is_cuda() ? "cuda" : "cpu");
}

}  // namespace clipbench::bench
