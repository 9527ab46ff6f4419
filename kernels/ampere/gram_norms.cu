// ⟨a aᵀ, g gᵀ⟩ over the lower triangle of 128 × 128 tiles of [T,T]: a block forms its tile of both
// Gram matrices in registers and multiplies them element by element.
#include "kernels/ampere/linear_view.h"
#include "kernels/ampere/tiles.cuh"
#include "kernels/cuda/norm_partials.h"

namespace clipbench::kernels::ampere {
namespace {

using GramTile = Tile<8>;
static_assert(kLinearKernels.gram_tile == kEdge);
constexpr int kGramStages = 3;
constexpr int kRowBytes = 128;  // of a row of an operand, a stage
constexpr int kBoxBytes = kEdge * kRowBytes;
constexpr int kStageBytes = 2 * kBoxBytes;

template <class In>
__device__ __forceinline__ void to_operands(uint32_t (&fragment)[4]) {
  if constexpr (std::is_same_v<In, float>) {
#pragma unroll
    for (uint32_t& bits : fragment) bits = rounded_to_tf32(bits);
  }
}

/// acc += rows · columnsᵀ of a stage: 128 bytes of each.
template <class In>
__device__ __forceinline__ void multiply_stage(GramTile& acc, uint32_t rows, uint32_t columns) {
  const int lane = threadIdx.x % 32;
  const int row = GramTile::warp_row() + lane / 8 % 2 * 8 + lane % 8;
  const int column = GramTile::warp_column() + lane / 16 * 8 + lane % 8;
#pragma unroll
  for (int chunk = 0; chunk < kRowBytes / 16; chunk += 2) {
    uint32_t m[GramTile::kDown][4];
#pragma unroll
    for (int i = 0; i < GramTile::kDown; ++i) {
      load_matrices<false>(m[i], rows + chunk_offset<kRowBytes>(row + 16 * i, chunk + lane / 16));
      to_operands<In>(m[i]);
    }
#pragma unroll
    for (int j = 0; j < GramTile::kAcross; j += 2) {
      uint32_t n[4];
      load_matrices<false>(n,
                           columns + chunk_offset<kRowBytes>(column + 8 * j, chunk + lane / 8 % 2));
      to_operands<In>(n);
#pragma unroll
      for (int i = 0; i < GramTile::kDown; ++i) {
        multiply<In>(acc.at[i][j], m[i], n[0], n[1]);
        multiply<In>(acc.at[i][j + 1], m[i], n[2], n[3]);
      }
    }
  }
}

/// A stage of one operand: rows and columns of the tile, or rows alone where they are the same.
struct GramLoader {
  const LayerView& layer;
  cuda::TrianglePlace place;
  std::int64_t first_token;

  __device__ __forceinline__ void box(uint32_t to, const char* base, std::int64_t pitch, int bytes,
                                      int stage, int tile) const {
    const int token = tile * kEdge;
    copy_box<GramTile::kThreads, kEdge, kRowBytes>(
        to, base + (first_token + token) * pitch + stage * kRowBytes, pitch, layer.tokens - token,
        bytes - stage * kRowBytes);
  }
  __device__ __forceinline__ void operator()(uint32_t to, const char* base, std::int64_t pitch,
                                             int bytes, int stage) const {
    box(to, base, pitch, bytes, stage, place.row);
    if (place.row != place.column) box(to + kBoxBytes, base, pitch, bytes, stage, place.column);
  }
};

/// partials: planes of ⟨a aᵀ, g gᵀ⟩, Σ_t ‖a_t‖‖g_t‖ and Σ_t ‖g_t‖, `plane` floats apart.
template <class In>
__global__ void __launch_bounds__(GramTile::kThreads, 1)
    gram_tiles(const LayerView layer, float* partials, std::int64_t plane) {
  await_launches_before();
  const cuda::TrianglePlace place(static_cast<int>(blockIdx.x));
  const bool diagonal = place.row == place.column;
  const GramLoader load{layer, place, static_cast<std::int64_t>(blockIdx.y) * layer.tokens};
  const int a_bytes = layer.p * static_cast<int>(sizeof(In)),
            g_bytes = layer.d * static_cast<int>(sizeof(In));
  const int of_a = (a_bytes + kRowBytes - 1) / kRowBytes,
            of_g = (g_bytes + kRowBytes - 1) / kRowBytes;
  GramTile a, g;
  int next = 0;  // stage of a, then of g
  const auto load_next = [&](uint32_t to) {
    if (next < of_a) {
      load(to, layer.a, layer.a_pitch, a_bytes, next);
    } else if (next < of_a + of_g) {
      load(to, layer.g, layer.g_pitch, g_bytes, next - of_a);
    }
    ++next;
  };
  StageRing<kGramStages, kStageBytes> ring(shared_address(dynamic_shared()), load_next);
  const auto form = [&](GramTile& of, int stages) {
    ring.run(stages, load_next, [&](uint32_t rows) {
      multiply_stage<In>(of, rows, diagonal ? rows : rows + kBoxBytes);
    });
  };
  form(a, of_a);
  form(g, of_g);
  float sq = 0, products = 0, gradients = 0;
#pragma unroll
  for (int i = 0; i < GramTile::kDown; ++i) {
#pragma unroll
    for (int j = 0; j < GramTile::kAcross; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const float x = a.at[i][j][e], y = g.at[i][j][e];
        sq += x * y;
        if (diagonal && GramTile::row(i, e / 2) == GramTile::column(j) + e % 2) {
          const float root = sqrtf(y);
          products += sqrtf(x) * root;
          gradients += root;
        }
      }
    }
  }
  const float sums[cuda::kGramSums] = {diagonal ? sq : 2 * sq, products, gradients};
  const std::size_t tile = static_cast<std::size_t>(blockIdx.y) * gridDim.x + blockIdx.x;
#pragma unroll
  for (int k = 0; k < cuda::kGramSums; ++k) {
    const float sum = warp_sum(sums[k]);
    if (threadIdx.x % 32 == 0)
      partials[k * plane + tile * GramTile::kWarps + threadIdx.x / 32] = sum;
  }
}

int triangle_tiles(Batch batch) {
  const int n = tiles_of(batch.tokens);
  return n * (n + 1) / 2;
}

std::int64_t partials_of_a_layer(Batch batch) {
  return std::int64_t{triangle_tiles(batch)} * batch.samples * GramTile::kWarps;
}

}  // namespace

std::int64_t gram_scratch(Layers layers, Batch batch) {
  return static_cast<std::int64_t>(layers.size()) * partials_of_a_layer(batch) * cuda::kGramSums;
}

void gram_norms(Layers layers, Batch batch, float* scratch, float* out, std::int64_t plane,
                cudaStream_t stream) {
  check(layers, batch);
  const auto of_a_layer = partials_of_a_layer(batch);
  const auto partials_plane = static_cast<std::int64_t>(layers.size()) * of_a_layer;
  const int tiles = triangle_tiles(batch);
  cuda::NormPartials of{.partials = scratch,
                        .of_tile = GramTile::kWarps,
                        .first_tile = {},
                        .layers = static_cast<int>(layers.size()),
                        .samples = batch.samples,
                        .sums = cuda::kGramSums,
                        .plane = plane};
  const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(batch.samples));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    of.first_tile[i + 1] = of.first_tile[i] + tiles;
    of.factor[i] = cuda::magnitudes_from_above(layers[i]);
    cuda::with_element(layers[i].type, [&]<class In>(In) {
      start_early(gram_tiles<In>, {grid, GramTile::kThreads, kGramStages * kStageBytes}, stream,
                  "launch of gram_tiles", view_of(layers[i], batch),
                  scratch + static_cast<std::int64_t>(i) * of_a_layer, partials_plane);
    });
  }
  sum_norm_partials(of, out, stream);
}

}  // namespace clipbench::kernels::ampere
