#include "kernels/hopper/linear_params.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>

#include "kernels/cuda/device.h"
#include "kernels/hopper/linear_tiles.cuh"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {
namespace {

TensorShape boxes_of(Element type, Batch batch, std::int64_t columns, std::int64_t pitch,
                     int box_columns) {
  auto shape = token_rows(type, batch.samples, batch.tokens, columns, pitch, kStageTokens);
  shape.box[0] = static_cast<std::uint32_t>(box_columns);
  return shape;
}

LayerTiles make_layer(const LinearLayer& layer, Batch batch, int tile_columns) {
  int box_columns = 0;
  AllWidths::with(tile_columns, [&](auto n) { box_columns = TileWidth<n>::kBoxColumns; });
  const Element type = operands_of(layer.type);
  LayerTiles tiles{};
  tiles.gradients =
      make_tensor_map(layer.g, boxes_of(type, batch, layer.d, layer.g_pitch, kBoxColumns));
  tiles.activations =
      make_tensor_map(layer.a, boxes_of(type, batch, layer.p, layer.a_pitch, box_columns));
  tiles.rows = static_cast<int>(layer.d);
  tiles.p = static_cast<int>(layer.p);
  return tiles;
}

std::int64_t tiles_along(std::int64_t extent, std::int64_t of_tile) {
  return (extent + of_tile - 1) / of_tile;
}

/// As much as a block of linear_tiles takes, of which one fits a multiprocessor.
__global__ void __launch_bounds__(kThreads, 1) placeholder() {}

int fitting_clusters(int blocks) {
  const auto check = [](cudaError_t error) { cuda_check(error, "clusters that fit"); };
  check(cudaFuncSetAttribute(placeholder, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             kBlockSharedBytes));
  cudaLaunchAttribute cluster;
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim = {static_cast<unsigned>(blocks), 1, 1};
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(kThreads);
  config.dynamicSmemBytes = kBlockSharedBytes;
  config.attrs = &cluster;
  config.numAttrs = 1;
  int count = 0;
  check(cudaOccupancyMaxActiveClusters(&count, placeholder, &config));
  return count;
}

std::int64_t sample_tiles(Layers layers, Batch batch, int columns) {
  std::int64_t tiles = 0;
  for (const LinearLayer& layer : layers) tiles += cluster_tiles(layer.d, layer.p, columns);
  return tiles * batch.samples;
}

}  // namespace

Element operands_of(cuda::Element type) {
  switch (type) {
    case cuda::Element::bf16:
      return Element::bf16;
    case cuda::Element::f16:
      return Element::f16;
    default:
      return Element::tf32;
  }
}

std::int64_t cluster_tiles(std::int64_t rows, std::int64_t p, int columns) {
  return tiles_along(rows, kPair * kTileRows) *
         tiles_along(p, blocks_of(columns) / kPair * columns);
}

int cluster_count(int blocks) {
  if (blocks == kPair) return cuda::multiprocessors() / kPair;
  static std::array<std::atomic<int>, 64> of_device{};  // 0: not asked yet; else one more
  const auto device = static_cast<std::size_t>(cuda::current_device());
  if (device >= of_device.size()) return fitting_clusters(blocks);
  if (of_device[device] == 0) of_device[device] = 1 + fitting_clusters(blocks);
  return of_device[device] - 1;
}

int norm_tile_columns(Layers layers, Batch batch) {
  return NormWidths::quickest([&](int columns) {
    const std::int64_t clusters = cluster_count(blocks_of(columns));
    return tiles_along(sample_tiles(layers, batch, columns), clusters) * time_of_columns(columns);
  });
}

int stages_of(Batch batch) { return (batch.tokens + kStageTokens - 1) / kStageTokens; }

void number_tiles(LinearParams& params) {
  for (int i = 0; i < params.layer_count; ++i) {
    LayerTiles& layer = params.layers[i];
    const int pairs = blocks_of(params.tile_columns) / kPair;
    layer.tiles_m = static_cast<int>(tiles_along(layer.rows, kPair * kTileRows));
    layer.tiles_n = static_cast<int>(tiles_along(layer.p, pairs * params.tile_columns));
    params.first_tile[i + 1] = params.first_tile[i] + layer.tiles_m * layer.tiles_n;
  }
}

LinearParams make_linear_params(Layers layers, Batch batch, int tile_columns) {
  if (layers.empty() || layers.size() > kMaxLayers) {
    throw std::invalid_argument("1 to 8 layers in one launch");
  }
  LinearParams params{};
  params.layer_count = static_cast<int>(layers.size());
  params.samples = batch.samples;
  params.stages_per_sample = stages_of(batch);
  params.tile_columns = tile_columns;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!takes(layers[i], batch) || layers[i].type != layers[0].type ||
        layers[i].type == cuda::Element::f32) {
      throw std::invalid_argument("a layer is not taken");
    }
    params.layers[i] = make_layer(layers[i], batch, tile_columns);
  }
  number_tiles(params);
  return params;
}

std::int64_t norm_scratch(Layers layers, Batch batch) {
  const int columns = norm_tile_columns(layers, batch);
  return sample_tiles(layers, batch, columns) * blocks_of(columns) * kPartials;
}

cuda::NormPartials partials_of(const LinearParams& params) {
  cuda::NormPartials of{params.partials,
                        blocks_of(params.tile_columns) * kPartials,
                        {},
                        params.layer_count,
                        params.samples};
  std::copy(std::begin(params.first_tile), std::end(params.first_tile), of.first_tile);
  return of;
}

}  // namespace clipbench::kernels::hopper
