#include "kernels/hopper/gram_tiles.cuh"

#include <algorithm>
#include <queue>
#include <stdexcept>
#include <vector>

#include "kernels/cuda/elements.cuh"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {
namespace {

using namespace gram;
static_assert(kLinearKernels.gram_tile == kTile);

int stages_of(std::int64_t columns, Element type) {
  const int of_stage = 128 / bytes_of(type);
  return static_cast<int>((columns + of_stage - 1) / of_stage);
}

/// Largest first, each to the pair of blocks with the least so far. Ties by number: always the
/// same.
void make_list(GramParams& params, int clusters) {
  std::vector<float> cost(static_cast<std::size_t>(params.items));
  constexpr float kStart = 1.5f;  // stages that a tile costs beside its products, about
  for (int i = 0; i < params.items; ++i) {
    const GramLayer& layer = params.layers[i / params.tiles / params.samples];
    const float stages = static_cast<float>(layer.stages_a + layer.stages_g);
    cost[static_cast<std::size_t>(i)] =
        stages * (i % params.tiles < params.diagonals ? 0.625f : 1.f) + kStart;
  }
  std::vector<int> order(cost.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
    return cost[static_cast<std::size_t>(x)] > cost[static_cast<std::size_t>(y)];
  });
  using Load = std::pair<float, int>;
  std::priority_queue<Load, std::vector<Load>, std::greater<Load>> loads;
  for (int c = 0; c < clusters; ++c) loads.push({0.f, c});
  std::vector<std::vector<int>> of(static_cast<std::size_t>(clusters));
  for (int item : order) {
    auto [load, cluster] = loads.top();
    loads.pop();
    of[static_cast<std::size_t>(cluster)].push_back(item);
    loads.push({load + cost[static_cast<std::size_t>(item)], cluster});
  }
  int at = 0;
  for (int c = 0; c < clusters; ++c) {
    params.begin[c] = static_cast<uint16_t>(at);
    for (int item : of[static_cast<std::size_t>(c)])
      params.list[at++] = static_cast<uint16_t>(item);
  }
  params.begin[clusters] = static_cast<uint16_t>(at);
}

int diagonal_tiles(Batch batch) { return (batch.tokens + kTile - 1) / kTile; }

int triangle_tiles(Batch batch) {
  const int n = diagonal_tiles(batch);
  return n * (n + 1) / 2;
}

GramParams make_gram_params(Layers layers, Batch batch, int clusters) {
  GramParams params{};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LinearLayer& layer = layers[i];
    if (!takes(layer, batch) || layer.type != layers[0].type) {
      throw std::invalid_argument("a layer is not taken");
    }
    const Element element = operands_of(layer.type);
    const auto map = [&](const void* base, std::int64_t columns, std::int64_t pitch) {
      return make_tensor_map(
          base, token_rows(element, batch.samples, batch.tokens, columns, pitch, kRows));
    };
    params.layers[i] = {map(layer.a, layer.p, layer.a_pitch), map(layer.g, layer.d, layer.g_pitch),
                        stages_of(layer.p, element), stages_of(layer.d, element)};
  }
  params.diagonals = diagonal_tiles(batch);
  params.tiles = triangle_tiles(batch);
  params.samples = batch.samples;
  params.items = params.tiles * batch.samples * static_cast<int>(layers.size());
  params.listed = params.items <= kMaxListed && clusters <= kMaxClusters;
  if (params.listed) make_list(params, clusters);
  return params;
}

}  // namespace

std::int64_t gram_scratch(Layers layers, Batch batch) {
  return static_cast<std::int64_t>(layers.size()) * batch.samples * triangle_tiles(batch) *
         kPartialsOfTile * kGramSums;
}

void gram_norms(Layers layers, Batch batch, float* scratch, float* out, std::int64_t plane,
                cudaStream_t stream) {
  if (layers.empty() || layers.size() > kMaxLayers) {
    throw std::invalid_argument("1 to 8 layers in one launch");
  }
  const int clusters = cluster_count(kPair);
  GramParams params = make_gram_params(layers, batch, clusters);
  params.partials = scratch;
  const int launched = std::min(clusters, params.items);
  cuda::with_element(layers[0].type, [&]<class In>(In) {
    launch_clusters(gram_tiles<In>, params, launched, kPair, kSharedBytes, "launch of gram_tiles",
                    stream);
  });
  cuda::NormPartials partials{scratch,       kPartialsOfTile, {},   static_cast<int>(layers.size()),
                              batch.samples, kGramSums,       plane};
  for (int i = 0; i <= partials.layers; ++i) partials.first_tile[i] = i * params.tiles;
  for (int i = 0; i < partials.layers; ++i)
    partials.factor[i] = cuda::magnitudes_from_above(layers[i]);
  cuda::sum_norm_partials(partials, out, stream);
}

}  // namespace clipbench::kernels::hopper
