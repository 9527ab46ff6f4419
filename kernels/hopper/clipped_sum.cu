#include "kernels/hopper/added_parts.cuh"

#include <cstddef>
#include <stdexcept>

#include "kernels/hopper/linear_params.h"

namespace clipbench::kernels::hopper {
namespace {

constexpr std::int64_t kNever = 1ll << 48;  // stages

/// How tiles are dealt out, in rows of TileRows.
struct Deal {
  int columns, row, shared_rows;
  bool adds_up_later;
  std::int64_t stages;  // of the busiest cluster, or what takes as long

  int clusters() const { return cluster_count(blocks_of(columns)); }
  std::int64_t time() const { return stages * time_of_columns(columns); }
};

Deal deal_rows(std::int64_t tiles, int row, int columns, Batch batch) {
  constexpr int kMaxSharedSamples = 1 << 16;  // TileRows counts in 32 bits
  // About what is multiplied while parts of a tile are handed over, and for each of them, because
  // one cluster adds them all; or while they are kept and added up later.
  constexpr std::int64_t kHandOverStages = 12, kStagesOfPart = 2, kAddUpStages = 24;
  const std::int64_t teams = cluster_count(blocks_of(columns)) / row;
  const std::int64_t rows = tiles / row, rest = rows % teams;
  const std::int64_t of_tile = std::int64_t{batch.samples} * stages_of(batch);
  const auto whole = rows / teams * of_tile;
  if (rest == 0 || batch.samples > kMaxSharedSamples) {
    return {columns, row, 0, false, whole + (rest > 0 ? of_tile : 0)};
  }
  const bool adds_up_later = whole == 0 && teams >= 3 * rest;
  auto run = (rest * batch.samples + teams - 1) / teams * stages_of(batch);
  const auto parts = (of_tile + run - 1) / run;
  run += adds_up_later ? kAddUpStages : kHandOverStages + kStagesOfPart * parts;
  if (row == 1) run = run * 23 / 20;  // what runs read is read by no other at the same time
  if (run >= of_tile) return {columns, row, 0, false, whole + of_tile};
  return {columns, row, static_cast<int>(rest), adds_up_later, whole + run};
}

/// One layer's tiles in the rows of `locate`, or one by one where that leaves fewer blocks without.
Deal deal(Layers layers, std::span<const SumRows> rows, int columns, Batch batch) {
  std::int64_t tiles = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    tiles += cluster_tiles(rows[i].rows, layers[i].p, columns);
  }
  if (cluster_count(blocks_of(columns)) == 0) return {columns, 1, 0, false, kNever};
  const Deal one_by_one = deal_rows(tiles, 1, columns, batch);
  const auto high = cluster_tiles(rows[0].rows, columns, columns);
  const auto row = std::min(high, tiles / high);
  if (layers.size() > 1 || row > one_by_one.clusters()) return one_by_one;
  const Deal in_rows = deal_rows(tiles, static_cast<int>(row), columns, batch);
  return in_rows.stages < one_by_one.stages ? in_rows : one_by_one;
}

Deal quickest_deal(Layers layers, std::span<const SumRows> rows, Batch batch) {
  if (rows.size() != layers.size()) throw std::invalid_argument("one sum a layer");
  const auto of = [&](int columns) { return deal(layers, rows, columns, batch); };
  return of(SumWidths::quickest([&](int columns) { return of(columns).time(); }));
}

template <class Out>
LinearParams make_params(Layers layers, std::span<const SumRows> rows, Batch batch,
                         const Deal& deal) {
  LinearParams params = make_linear_params(layers, batch, deal.columns);
  params.clusters = deal.clusters();
  params.row = deal.row;
  params.shared_rows = deal.shared_rows;
  params.adds_up_later = deal.adds_up_later;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].first_row % 8 != 0) throw std::invalid_argument("first_row: a multiple of 8");
    if (rows[i].noise_first % 4 != 0) throw std::invalid_argument("noise_first: a multiple of 4");
    LayerTiles& layer = params.layers[i];
    layer.sum = rows[i].sum;
    layer.result =
        make_tensor_map(rows[i].sum, part_shape<Out>(deal.columns, 1, rows[i].rows, layers[i].p));
    layer.first_row = static_cast<int>(rows[i].first_row);
    layer.rows = static_cast<int>(rows[i].rows);
    layer.noise_stream = rows[i].noise_stream;
    layer.noise_first = rows[i].noise_first;
  }
  number_tiles(params);
  return params;
}

/// Bytes of scratch: parts of tiles that clusters complete, and where tiles are shared, what is
/// handed over and its flags.
struct Scratch {
  std::int64_t parts, handed_over, flags;
};

Scratch scratch_of(const Deal& deal) {
  const auto slots =
      std::int64_t{deal.clusters()} * blocks_of(deal.columns) * kConsumers;  // a part
  const auto kept = slots * kWarpgroup * (deal.columns / 2) * std::int64_t{sizeof(float)};
  const bool keeps_parts = deal.adds_up_later || !holds_products(deal.columns);
  const bool shares = deal.shared_rows > 0;
  return {keeps_parts ? kept : 0, shares ? kept : 0,
          shares ? slots * std::int64_t{sizeof(int)} : 0};
}

void divide_scratch(LinearParams& params, const Deal& deal, void* scratch, cudaStream_t stream) {
  const Scratch bytes = scratch_of(deal);
  auto* const all = static_cast<std::byte*>(scratch);
  params.parts = reinterpret_cast<float*>(all);
  if (deal.shared_rows == 0) return;
  params.partials = reinterpret_cast<float*>(all + bytes.parts);
  if (deal.adds_up_later) return;
  params.flags = reinterpret_cast<int*>(all + bytes.parts + bytes.handed_over);
  cuda_check(cudaMemsetAsync(params.flags, 0, static_cast<std::size_t>(bytes.flags), stream),
             "clearing flags");
}

template <class In, class Out, bool kReleased>
void sum_up(Layers layers, std::span<const SumRows> rows, Batch batch, const float* factors,
            const cuda::Noise& noise, void* scratch, cudaStream_t stream) {
  const Deal deal = quickest_deal(layers, rows, batch);
  LinearParams params = make_params<Out>(layers, rows, batch, deal);
  divide_scratch(params, deal, scratch, stream);
  params.factors = factors;
  params.noise = noise;
  SumWidths::with(params.tile_columns, [&](auto columns) {
    using Job = ClippedSum<In, Out, kReleased, columns>;
    launch_linear_tiles<Job>(params, params.clusters, stream);
    if (params.adds_up_later) launch_add_parts_up<Job>(params, stream);
  });
}

}  // namespace

std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows, Layers layers, Batch batch) {
  const Scratch bytes = scratch_of(quickest_deal(layers, rows, batch));
  return bytes.parts + bytes.handed_over + bytes.flags;
}

void clipped_sum(Layers layers, std::span<const SumRows> rows, Batch batch, const float* factors,
                 void* scratch, cudaStream_t stream) {
  cuda::with_narrow_element(layers[0].type, [&]<class In>(In) {
    sum_up<In, float, /*kReleased=*/false>(layers, rows, batch, factors, {}, scratch, stream);
  });
}

void released_sum(Layers layers, std::span<const SumRows> rows, cuda::Element type, Batch batch,
                  const float* factors, const cuda::Noise& noise, void* scratch,
                  cudaStream_t stream) {
  cuda::with_narrow_element(layers[0].type, [&]<class In>(In) {
    const auto sum = type == cuda::Element::f32 ? sum_up<In, float, /*kReleased=*/true>
                                                : sum_up<In, In, /*kReleased=*/true>;
    sum(layers, rows, batch, factors, noise, scratch, stream);
  });
}

}  // namespace clipbench::kernels::hopper
