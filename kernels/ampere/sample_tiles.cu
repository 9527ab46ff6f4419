// One sample's products, a tile a block: squared and dropped, or rounded and stored.
#include <stdexcept>

#include "kernels/ampere/token_products.cuh"
#include "kernels/cuda/norm_partials.h"

namespace clipbench::kernels::ampere {
namespace {

using SampleTile = Tile<4>;
using Stage = TokenStage<SampleTile>;
constexpr int kSharedBytes = kStages * Stage::kBytes, kBlocksAtOnce = 2;

/// acc = this block's tile of sample blockIdx.y.
template <class In>
__device__ __forceinline__ void multiply_sample(SampleTile& acc, const LayerView& layer,
                                                const TilePlace& place, uint32_t shared) {
  const TokenLoader<SampleTile> load{layer, place, /*first_row=*/0, layer.d};
  const int sample = static_cast<int>(blockIdx.y);
  int token = 0;  // of the next stage
  const auto load_next = [&](uint32_t to) {
    if (token < layer.tokens) load(sample, token, to);
    token += Stage::kDepth;
  };
  StageRing<kStages, Stage::kBytes> ring(shared, load_next);
  ring.run(stages_of<Stage>(layer.tokens), load_next,
           [&](uint32_t stage) { Stage::template multiply<In>(acc, stage); });
  ring.finish();
}

/// Tiles of a layer lie one sample behind the other; a slot a warp.
__device__ __forceinline__ void write_partial(float* partials, float of_thread) {
  const float sum = warp_sum(of_thread);
  const std::size_t tile = static_cast<std::size_t>(blockIdx.y) * gridDim.x + blockIdx.x;
  if (threadIdx.x % 32 == 0) partials[tile * SampleTile::kWarps + threadIdx.x / 32] = sum;
}

template <class In>
__global__ void __launch_bounds__(SampleTile::kThreads, kBlocksAtOnce)
    width_norm_tiles(const LayerView layer, float* partials) {
  await_launches_before();
  SampleTile acc;
  multiply_sample<In>(acc, layer, TilePlace(layer.p), shared_address(dynamic_shared()));
  float even = 0, odd = 0;
  acc.for_pairs([&](int, int, float& x, float& y) {
    even += x * x;
    odd += y * y;
  });
  write_partial(partials, even + odd);
}

/// The rounded tile goes through the stages' memory, so that whole rows are written.
template <class In>
__global__ void __launch_bounds__(SampleTile::kThreads, kBlocksAtOnce)
    stored_tiles(const LayerView layer, In* gradients, float* partials) {
  await_launches_before();
  constexpr int kRowBytes = kEdge * 2, kChunks = kRowBytes / 16;
  static_assert(kEdge * kRowBytes <= kSharedBytes);
  char* const shared = dynamic_shared();
  const TilePlace place(layer.p);
  SampleTile acc;
  multiply_sample<In>(acc, layer, place, shared_address(shared));
  float even = 0, odd = 0;
  acc.for_pairs([&](int row, int column, float& x, float& y) {
    const auto pair = cuda::Pair<In>::rounded(x, y);
    const float2 rounded = pair.widened();
    even += rounded.x * rounded.x;
    odd += rounded.y * rounded.y;
    char* to = shared + (chunk_offset<kRowBytes>(row, column / 8) + column % 8 * 2);
    *reinterpret_cast<cuda::Pair<In>*>(to) = pair;
  });
  write_partial(partials, even + odd);
  __syncthreads();
  In* sample = gradients + static_cast<std::int64_t>(blockIdx.y) * layer.d * layer.p;
  for (int id = static_cast<int>(threadIdx.x); id < kEdge * kChunks; id += SampleTile::kThreads) {
    const int row = id / kChunks, chunk = id % kChunks;
    const int to_row = place.row + row, to_column = place.column + chunk * 8;
    if (to_row >= layer.d || to_column >= layer.p) continue;
    auto* to = sample + static_cast<std::int64_t>(to_row) * layer.p + to_column;
    __stcs(reinterpret_cast<uint4*>(to),
           *reinterpret_cast<const uint4*>(shared + chunk_offset<kRowBytes>(row, chunk)));
  }
}

int sample_tiles(const LinearLayer& layer) { return tiles_of(layer.d) * tiles_of(layer.p); }

/// Calls launch_one(layer's number, grid, its partials) for each layer, then adds partials up.
template <class LaunchOne>
void norms_of_tiles(Layers layers, Batch batch, float* partials, float* out, cudaStream_t stream,
                    const LaunchOne& launch_one) {
  check_narrow(layers, batch);
  cuda::NormPartials of{.partials = partials,
                        .of_tile = SampleTile::kWarps,
                        .first_tile = {},
                        .layers = static_cast<int>(layers.size()),
                        .samples = batch.samples};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const int tiles = sample_tiles(layers[i]);
    of.first_tile[i + 1] = of.first_tile[i] + tiles;
    const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(batch.samples));
    launch_one(i, grid,
               partials + std::int64_t{of.first_tile[i]} * batch.samples * SampleTile::kWarps);
  }
  sum_norm_partials(of, out, stream);
}

}  // namespace

std::int64_t norm_scratch(Layers layers, Batch batch) {
  std::int64_t tiles = 0;
  for (const LinearLayer& layer : layers) tiles += sample_tiles(layer);
  return tiles * batch.samples * SampleTile::kWarps;
}

void width_sq_norms(Layers layers, Batch batch, float* scratch, float* out, cudaStream_t stream) {
  norms_of_tiles(
      layers, batch, scratch, out, stream, [&](std::size_t i, dim3 grid, float* partials) {
        cuda::with_narrow_element(layers[i].type, [&]<class In>(In) {
          start_early(width_norm_tiles<In>, {grid, SampleTile::kThreads, kSharedBytes}, stream,
                      "launch of width_norm_tiles", view_of(layers[i], batch), partials);
        });
      });
}

void stored_gradients(Layers layers, std::span<void* const> gradients, Batch batch, float* scratch,
                      float* out, cudaStream_t stream) {
  if (gradients.size() != layers.size()) throw std::invalid_argument("one gradient a layer");
  norms_of_tiles(layers, batch, scratch, out, stream,
                 [&](std::size_t i, dim3 grid, float* partials) {
                   cuda::with_narrow_element(layers[i].type, [&]<class In>(In) {
                     start_early(stored_tiles<In>, {grid, SampleTile::kThreads, kSharedBytes},
                                 stream, "launch of stored_tiles", view_of(layers[i], batch),
                                 static_cast<In*>(gradients[i]), partials);
                   });
                 });
}

}  // namespace clipbench::kernels::ampere
