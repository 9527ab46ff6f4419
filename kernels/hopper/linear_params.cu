#include "kernels/hopper/linear_params.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/hopper/linear_tiles.cuh"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {
namespace {

bool on_16_bytes(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 16 == 0; }

TensorShape boxes_of(Element type, Batch batch, std::int64_t columns, std::int64_t pitch,
                     int box_columns) {
  auto shape = token_rows(type, batch.samples, batch.tokens, columns, pitch, kStageTokens);
  shape.box[0] = static_cast<std::uint32_t>(box_columns);
  return shape;
}

LayerTiles make_layer(const LinearLayer& layer, Batch batch, int tile_columns) {
  int box_columns = 0;
  NormWidths::with(tile_columns, [&](auto n) { box_columns = TileWidth<n>::kBoxColumns; });
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

std::int64_t sample_tiles(std::span<const LinearLayer> layers, Batch batch, int columns) {
  std::int64_t tiles = 0;
  for (const LinearLayer& layer : layers) tiles += pair_tiles(layer.d, layer.p, columns);
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

bool is_hopper(int device) {
  int major = 0;
  cuda_check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
             "compute capability");
  return major == 9;
}

bool takes(const LinearLayer& layer, Batch batch) {
  const int per_16_bytes = 16 / bytes_of(operands_of(layer.type));
  const bool pitches = layer.a_pitch % per_16_bytes == 0 && layer.g_pitch % per_16_bytes == 0;
  return pitches && layer.p % 8 == 0 && layer.p > 0 && layer.d > 0 && batch.tokens > 0 &&
         batch.samples > 0 && on_16_bytes(layer.a) && on_16_bytes(layer.g);
}

std::int64_t pair_tiles(std::int64_t rows, std::int64_t p, int columns) {
  return (rows + kPair * kTileRows - 1) / (kPair * kTileRows) * ((p + columns - 1) / columns);
}

int cluster_count() {
  int device = 0, multiprocessors = 0;
  cuda_check(cudaGetDevice(&device), "current device");
  cuda_check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device),
             "multiprocessors");
  return multiprocessors / kPair;
}

int norm_tile_columns(std::span<const LinearLayer> layers, Batch batch) {
  return NormWidths::quickest([&](int columns) {
    const std::int64_t tiles = sample_tiles(layers, batch, columns), clusters = cluster_count();
    return (tiles + clusters - 1) / clusters * time_of_columns(columns);
  });
}

int stages_of(Batch batch) { return (batch.tokens + kStageTokens - 1) / kStageTokens; }

void number_tiles(LinearParams& params) {
  for (int i = 0; i < params.layer_count; ++i) {
    LayerTiles& layer = params.layers[i];
    layer.tiles_m = (layer.rows + kPair * kTileRows - 1) / (kPair * kTileRows);
    layer.tiles_n = (layer.p + params.tile_columns - 1) / params.tile_columns;
    params.first_tile[i + 1] = params.first_tile[i] + layer.tiles_m * layer.tiles_n;
  }
}

LinearParams make_linear_params(std::span<const LinearLayer> layers, Batch batch,
                                int tile_columns) {
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

std::int64_t norm_scratch(std::span<const LinearLayer> layers, Batch batch) {
  return sample_tiles(layers, batch, norm_tile_columns(layers, batch)) * kPartials;
}

NormPartials partials_of(const LinearParams& params) {
  NormPartials of{params.partials, {}, params.layer_count, params.samples};
  std::copy(std::begin(params.first_tile), std::end(params.first_tile), of.first_tile);
  return of;
}

}  // namespace clipbench::kernels::hopper
