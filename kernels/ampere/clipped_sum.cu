// sum += Σ_b factors[b] · g_bᵀ a_b. Where a layer has few tiles, several blocks form a run of whole
// samples each, and their parts are added in order.
#include <stdexcept>

#include "kernels/ampere/token_products.cuh"
#include "kernels/cuda/grid.h"

namespace clipbench::kernels::ampere {
namespace {

using SumTile = Tile<4>;
using Stage = TokenStage<SumTile>;
constexpr int kSharedBytes = kStages * Stage::kBytes, kBlocksAtOnce = 2;

struct SumView {
  LayerView layer;
  int first_row, rows, samples;
  const float* factors;
  float* to;             // the sum [rows,p], or a part of it a split
  std::int64_t to_part;  // floats from a split's part to the next one's; 0: added to the sum
};

/// The stages of samples [sample, end), but of those with factor 0.
struct SampleStages {
  const SumView& view;
  int sample, end, token = 0;

  __device__ SampleStages(const SumView& v, int first, int end) : view(v), sample(first), end(end) {
    skip();
  }
  __device__ __forceinline__ void advance() {
    token += Stage::kDepth;
    if (token < view.layer.tokens) return;
    token = 0;
    ++sample;
    skip();
  }
  __device__ __forceinline__ void skip() {
    while (sample < end && view.factors[sample] == 0) ++sample;
  }
};

/// The first sample of run `split` of `splits`.
__device__ int run_begin(int samples, int split, int splits) {
  return static_cast<int>(std::int64_t{samples} * split / splits);
}

/// Sums in units of a sample's factor, so that one set of accumulators is enough: they are rescaled
/// to the next one's, or leave for memory before one that is more than 2³⁰ apart.
struct ScaledSum {
  SumTile acc;
  float unit = 0;  // 0: nothing yet

  /// store(acc, unit) adds unit · acc to memory.
  template <class Store>
  __device__ __forceinline__ void begin_sample(float factor, const Store& store) {
    const float ratio = unit / factor;
    const bool near = ratio >= 0x1p-30f && ratio <= 0x1p30f;
    if (unit != 0 && !near) store(acc, unit);
    const float scale = near ? ratio : 0;
    acc.for_pairs([&](int, int, float& x, float& y) {
      x *= scale;
      y *= scale;
    });
    unit = factor;
  }
};

template <class In>
__global__ void __launch_bounds__(SumTile::kThreads, kBlocksAtOnce) sum_tiles(const SumView view) {
  await_launches_before();
  const LayerView& layer = view.layer;
  const TilePlace place(layer.p);
  const TokenLoader<SumTile> load{layer, place, view.first_row, view.rows};
  const int split = static_cast<int>(blockIdx.y), splits = static_cast<int>(gridDim.y);
  const int first = run_begin(view.samples, split, splits),
            end = run_begin(view.samples, split + 1, splits);
  float* const part = view.to + split * view.to_part;
  bool fresh = view.to_part != 0;  // a part holds nothing before
  const auto store = [&](SumTile& acc, float unit) {
    acc.for_pairs([&](int in_tile, int across, float& x, float& y) {
      const int row = place.row + in_tile, column = place.column + across;
      if (row >= view.rows || column >= layer.p) return;
      auto* to =
          reinterpret_cast<float2*>(part + static_cast<std::int64_t>(row) * layer.p + column);
      const float2 before = fresh ? float2{0, 0} : *to;
      *to = {before.x + unit * x, before.y + unit * y};
    });
    fresh = false;
  };
  SampleStages next(view, first, end);
  const auto load_next = [&](uint32_t to) {
    if (next.sample >= end) return;
    load(next.sample, next.token, to);
    next.advance();
  };
  StageRing<kStages, Stage::kBytes> ring(shared_address(dynamic_shared()), load_next);
  ScaledSum sum;
  for (int sample = first; sample < end; ++sample) {
    const float factor = view.factors[sample];
    if (factor == 0) continue;
    sum.begin_sample(factor, store);
    ring.run(stages_of<Stage>(layer.tokens), load_next,
             [&](uint32_t stage) { Stage::template multiply<In>(sum.acc, stage); });
  }
  store(sum.acc, sum.unit);
}

/// sum [n] += Σ parts [splits,n], n a multiple of 4.
__global__ void add_parts(float* sum, const float* parts, std::int64_t n, int splits) {
  await_launches_before();
  const auto step = std::int64_t{gridDim.x} * blockDim.x * 4;
  for (auto i = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
    auto& to = *reinterpret_cast<float4*>(sum + i);
    float4 all = to;
    for (int split = 0; split < splits; ++split) {
      const float4 part = __ldcs(reinterpret_cast<const float4*>(parts + split * n + i));
      all = {all.x + part.x, all.y + part.y, all.z + part.z, all.w + part.w};
    }
    to = all;
  }
}

struct Plan {
  int tiles, splits;
};

/// The quickest on the current device: rounds of blocks · stages of each, and parts that are
/// written and read.
Plan plan_of(const SumRows& rows, const LinearLayer& layer, Batch batch) {
  constexpr int kMaxSplits = 32, kMaxRounds = 2;  // of parts: 256 KiB a multiprocessor
  constexpr double kStartStages = 12, kPartStages = 0.25, kAddStages = 20;
  const int at_once = cuda::multiprocessors() * kBlocksAtOnce;
  const int tiles = tiles_of(rows.rows) * tiles_of(layer.p);
  Plan best{tiles, 1};
  double least = 0;
  for (int splits = 1; splits <= std::min(kMaxSplits, batch.samples); ++splits) {
    const auto blocks = std::int64_t{tiles} * splits;
    if (splits > 1 && blocks > std::int64_t{kMaxRounds} * at_once) break;
    const auto rounds = static_cast<double>((blocks + at_once - 1) / at_once);
    const int run = (batch.samples + splits - 1) / splits;
    const auto each = static_cast<double>(run) * stages_of<Stage>(batch.tokens);
    double time = rounds * (each + kStartStages);
    if (splits > 1) time += kAddStages + kPartStages * static_cast<double>(blocks);
    if (splits == 1 || time < least) least = time, best.splits = splits;
  }
  return best;
}

std::int64_t part_floats(const SumRows& rows, const LinearLayer& layer, int splits) {
  return splits == 1 ? 0 : splits * rows.rows * layer.p;
}

}  // namespace

std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows, Layers layers, Batch batch) {
  std::int64_t most = 0;  // layers use it one after the other
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto plan = plan_of(rows[i], layers[i], batch);
    most = std::max(most, part_floats(rows[i], layers[i], plan.splits));
  }
  return most * 4;
}

void clipped_sum(Layers layers, std::span<const SumRows> rows, Batch batch, const float* factors,
                 void* scratch, cudaStream_t stream) {
  check_narrow(layers, batch);
  if (rows.size() != layers.size()) throw std::invalid_argument("one sum a layer");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (rows[i].rows == 0) continue;
    const auto plan = plan_of(rows[i], layers[i], batch);
    const auto n = rows[i].rows * layers[i].p;
    auto* const sum = static_cast<float*>(rows[i].sum);
    const bool parts = plan.splits > 1;
    const SumView view{.layer = view_of(layers[i], batch),
                       .first_row = static_cast<int>(rows[i].first_row),
                       .rows = static_cast<int>(rows[i].rows),
                       .samples = batch.samples,
                       .factors = factors,
                       .to = parts ? static_cast<float*>(scratch) : sum,
                       .to_part = parts ? n : 0};
    const dim3 grid(static_cast<unsigned>(plan.tiles), static_cast<unsigned>(plan.splits));
    cuda::with_narrow_element(layers[i].type, [&]<class In>(In) {
      start_early(sum_tiles<In>, {grid, SumTile::kThreads, kSharedBytes}, stream,
                  "launch of sum_tiles", view);
    });
    if (!parts) continue;
    constexpr int kAddThreads = 256;
    const auto blocks = cuda::blocks_for(n / 4, kAddThreads, /*per_multiprocessor=*/4);
    start_early(add_parts, {blocks, kAddThreads}, stream, "launch of add_parts", sum,
                static_cast<const float*>(scratch), n, plan.splits);
  }
}

}  // namespace clipbench::kernels::ampere
