#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/comparisons.h"
#include "bench/kernels/interleaved.h"
#include "bench/kernels/linear_step.h"
#include "bench/worker/planner_inputs.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

/// p → d of a block's layers: q, k and v are one; so are gate and up.
struct Layer {
  const char* name;
  LayerShape shape;
};

std::vector<Layer> gpt2_block(std::int64_t p) {
  return {{"qkv", {p, 3 * p}}, {"out", {p, p}}, {"up", {p, 4 * p}}, {"down", {4 * p, p}}};
}

std::vector<Layer> llama_block(std::int64_t p, std::int64_t key_value, std::int64_t hidden) {
  return {{"qkv", {p, p + 2 * key_value}},
          {"out", {p, p}},
          {"gate+up", {p, 2 * hidden}},
          {"down", {hidden, p}}};
}

struct Block {
  const char* model;
  std::vector<Layer> layers;
  std::int64_t T, B;
  double target;  ///< of auto, × vanilla
};

std::vector<Block> all_blocks() {
  const auto small = gpt2_block(768), large = gpt2_block(1280);
  const auto llama_1b = llama_block(2048, 512, 8192), llama_7b = llama_block(4096, 4096, 11008);
  return {{"gpt2_small", small, 1024, 16, 1.12}, {"gpt2_large", large, 256, 32, 1.09},
          {"gpt2_large", large, 512, 16, 1.12},  {"gpt2_large", large, 1024, 8, 1.11},
          {"gpt2_large", large, 4096, 2, 1.04},  {"llama_1b", llama_1b, 2048, 4, 1.09},
          {"llama_7b", llama_7b, 512, 8, 1.07},  {"llama_7b", llama_7b, 1024, 4, 1.09},
          {"llama_7b", llama_7b, 2048, 4, 1.07}, {"llama_7b", llama_7b, 4096, 2, 1.05}};
}

std::vector<LayerShape> shapes_of(const Block& block, std::int64_t shrink) {
  std::vector<LayerShape> shapes;
  for (const auto& [name, shape] : block.layers)
    shapes.push_back({shape.p / shrink, shape.d / shrink});
  return shapes;
}

/// What `auto` takes where every layer may keep what it likes.
std::vector<NormWay> planned_ways(const LinearStep& step, const DeviceRates& rates) {
  std::vector<PlannedLayer> layers;
  for (const auto& operands : step.layers())
    layers.push_back({"", options_of(shape_of(operands), rates)});
  const auto choice = choose(layers, std::numeric_limits<std::int64_t>::max());
  std::vector<NormWay> ways;
  for (std::size_t i = 0; i < layers.size(); ++i) ways.push_back(layers[i].options[choice[i]].way);
  return ways;
}

std::string note_of(const Block& block, const std::vector<NormWay>& ways) {
  std::string note = "target " + reporters::fixed(block.target, 2);
  for (std::size_t i = 0; i < ways.size(); ++i)
    note += std::string(i ? ", " : ": ") + block.layers[i].name + " " + to_string(ways[i]);
  return note;
}

Heading heading_of(const Block& block, std::int64_t T) {
  return {.words = {block.model},
          .layer = {},
          .sizes = {{'B', block.B}, {'T', T}},
          .family = "block",
          .dtype = bench_dtype()};
}

/// Whether auto reaches its target.
bool compare(const Block& block, const DeviceRates& rates, std::int64_t shrink) {
  const auto T = block.T / shrink;
  LinearStep step(block.B, T, shapes_of(block, shrink));
  const auto clipped = [&](const char* name, const std::vector<NormWay>& ways, std::string note) {
    return Candidate{name, step.flops(), [&step, ways](int) { step.clipped(ways); },
                     [&step, ways] { return step.sum_error(ways); }, std::move(note)};
  };
  const auto all = [&](const char* name, NormWay way) {
    return clipped(name, step.everywhere(way), "");
  };
  const auto planned = planned_ways(step, rates);
  const auto timings = print_comparison(heading_of(block, T), "TFLOP/s",
                                        {{"vanilla", step.flops(), [&](int) { step.vanilla(); }},
                                         clipped("auto", planned, note_of(block, planned)),
                                         all("all stored", NormWay::stored_fused),
                                         all("all Gram", NormWay::fused_gram),
                                         all("all width", NormWay::width)},
                                        {.ms_a_turn = 20});
  return timings[1].ratio <= block.target;
}

}  // namespace

void compare_blocks(std::int64_t shrink) {
  const auto rates = measured_rates(bench_options());
  const auto blocks = all_blocks();
  const auto reached = std::count_if(blocks.begin(), blocks.end(), [&](const Block& block) {
    return compare(block, rates, shrink);
  });
  std::printf("\nauto within its target in %d of %zu\n", static_cast<int>(reached), blocks.size());
}

}  // namespace clipbench::bench
