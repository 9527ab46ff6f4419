// The Job of linear_tiles.cuh that sums samples' products with their factors: what each thread
// does.
#pragma once

#include "kernels/hopper/sample_products.cuh"
#include "kernels/hopper/sample_runs.cuh"
#include "kernels/hopper/tile_noise.cuh"
#include "kernels/hopper/tile_parts.cuh"

namespace clipbench::kernels::hopper {

inline constexpr float kFactorRange = 1073741824.f;  // 2³⁰

/// Out: what lies in memory. Released sums are noised, rounded and stored; others are added to it.
template <class In, class Out, bool kReleased, int kTileColumns>
struct ClippedSum {
  using Work = SampleRuns;
  using Element = Out;
  using Of = Part<Out, kTileColumns>;
  static constexpr bool kIsReleased = kReleased;
  static constexpr int kBoxes = 2;  // of a warpgroup; one is written while the other is read
  static constexpr int kColumns = kTileColumns;
  static constexpr int kOwnBytes = kConsumers * kBoxes * Of::kBytes;
  static constexpr int kStages = stages_beside<kColumns>(kOwnBytes);
  static constexpr int kAccumulators = TileWidth<kColumns>::kAccumulators;
  using Accumulators = float[kAccumulators];
  static constexpr bool kHoldsProducts = holds_products(kColumns);

  static __device__ bool skips(const LinearParams& params, int sample) {
    return params.factors[sample] == 0.f;
  }

  static __device__ int slot(const Consumer& me, int cluster) {
    return (cluster * TileWidth<kColumns>::kBlocks + me.rank) * kConsumers + me.warpgroup;
  }

  /// Where this thread's accumulators lie, of those that `cluster` keeps in `all`: per block and
  /// warpgroup [kAccumulators / 4] rows of a float4 a thread.
  static __device__ float4* kept(float* all, const Consumer& me, int cluster) {
    float* its = all + static_cast<size_t>(slot(me, cluster)) * kAccumulators * kWarpgroup;
    return reinterpret_cast<float4*>(its) + me.thread;
  }

  /// Multiplies samples first … on; returns the first that is not in the sum: the piece's last, or
  /// one whose factor is too far from the first's. On return acc · scale is the sum.
  template <class Ring>
  static __device__ __forceinline__ int accumulate(const LinearParams& params, const Piece& piece,
                                                   int first, const Consumer& me, Ring& ring,
                                                   Accumulators& acc, float& scale) {
    if constexpr (kHoldsProducts) {
      begin_sum(params, piece, me, acc);
      SampleProducts<In, kAccumulators, Ring>(params, piece, me, ring).add_up(acc);
      scale = 1;
      return piece.last_sample;
    } else {
      return accumulate_rescaled(params, piece, first, me, ring, acc, scale);
    }
  }

  /// Whoever completes a tile that is released begins with its noise, drawn while the first stages
  /// are on their way.
  static __device__ __forceinline__ void begin_sum(const LinearParams& params, const Piece& piece,
                                                   const Consumer& me, Accumulators& sum) {
    clear(sum);
    const bool completes = piece.last_sample == params.samples && !params.adds_up_later;
    if (!kReleased || params.noise.std == 0.f || !completes) return;
    const TileNoise noise(params.noise, params.layers[piece.layer], piece, me);
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      noise.add_to(reinterpret_cast<float(&)[4]>(sum[i]), i / 4);
    }
  }

  /// In one set of accumulators.
  template <class Ring>
  static __device__ __forceinline__ int accumulate_rescaled(const LinearParams& params,
                                                            const Piece& piece, int first,
                                                            const Consumer& me, Ring& ring,
                                                            Accumulators& acc, float& scale) {
    float reference = 0;
    int sample = first;
    scale = 0;
    for (; sample < piece.last_sample; ++sample) {
      const float factor = params.factors[sample];
      if (factor == 0.f) continue;
      if (scale == 0.f) {
        reference = factor;
      } else {
        if (factor > reference * kFactorRange || factor * kFactorRange < reference) break;
        const float rescale = scale / factor;
#pragma unroll
        for (int i = 0; i < kAccumulators; ++i) acc[i] *= rescale;
        pin(acc);
      }
      multiply_sample<In>(acc, ring, params.stages_per_sample, me.warpgroup, scale != 0.f);
      scale = factor;
    }
    if (scale == 0.f) clear(acc);
    return sample;
  }

  static __device__ __forceinline__ void keep(float4* to, const Accumulators& acc, float scale,
                                              bool add) {
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      const float4 old = add ? __ldcg(to) : make_float4(0, 0, 0, 0);
      __stcg(to, make_float4(old.x + acc[i] * scale, old.y + acc[i + 1] * scale,
                             old.z + acc[i + 2] * scale, old.w + acc[i + 3] * scale));
      to += kWarpgroup;
    }
  }

  static __device__ __forceinline__ void add_kept(Accumulators& acc, const float4* from) {
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      const float4 part = __ldcg(from + i / 4 * kWarpgroup);
      acc[i] += part.x;
      acc[i + 1] += part.y;
      acc[i + 2] += part.z;
      acc[i + 3] += part.w;
    }
  }

  static __device__ __forceinline__ void announce(const LinearParams& params, const Consumer& me) {
    __threadfence();
    warpgroup_sync(1 + me.warpgroup);
    if (me.thread == 0) raise_flag(params.flags + slot(me, me.cluster));
  }

  static __device__ __forceinline__ void await(const LinearParams& params, const Consumer& me,
                                               int cluster) {
    const int* flag = params.flags + slot(me, cluster);
    int ready = me.thread != 0;
    while (!ready) ready = read_flag(flag);
    warpgroup_sync(1 + me.warpgroup);
  }

  /// acc += what the teams before this one have of the tile, nearest first.
  static __device__ __forceinline__ void collect(const LinearParams& params, const Piece& piece,
                                                 const Consumer& me, Accumulators& acc) {
    const TileRows rows(params, me.cluster);
    const int first = piece.row * rows.samples;
    for (int t = rows.team - 1; t >= 0 && rows.end(t) > first; --t) {
      if (rows.begin(t) == rows.end(t)) continue;
      const int cluster = rows.cluster_of(t);
      await(params, me, cluster);
      add_kept(acc, kept(params.partials, me, cluster));
    }
  }

  /// One add or store an element, so the order of adds is nobody's to choose.
  static __device__ void send_box(const LayerTiles& layer, uint32_t box, int column, int row) {
    if (column < layer.p && row < layer.rows) {
      if constexpr (kReleased) {
        store_box(layer.result, box, column, row, 0);
      } else {
        add_box(layer.result, box, column, row);
      }
    }
    commit_stores();
  }

  template <class Values>
  static __device__ __forceinline__ void send_tile(const LayerTiles& layer, const Piece& piece,
                                                   const Consumer& me, uint32_t own,
                                                   const Values& values) {
    if (me.thread == 0) wait_stores_read<0>();  // of the tile before
#pragma unroll
    for (int part = 0; part < Of::kOfTile; ++part) {
      const uint32_t box = own + (me.warpgroup * kBoxes + part % kBoxes) * Of::kBytes;
      if (me.thread == 0) wait_stores_read<kBoxes - 1>();
      warpgroup_sync(1 + me.warpgroup);
      write_part<Of>(Out{}, box, me,
                     [&](int j, float(&v)[4]) { values(part * (Of::kColumns / 8) + j, v); });
      shared_writes_visible_to_copies();
      warpgroup_sync(1 + me.warpgroup);
      const int column = piece.n + part * Of::kColumns;
      if (me.thread == 0) send_box(layer, box, column, me.first_row(piece));
    }
  }

  /// acc · scale to memory, with noise where it is released and has not begun with it.
  static __device__ __forceinline__ void finish(const LinearParams& params, const Piece& piece,
                                                const Consumer& me, const Accumulators& acc,
                                                float scale, uint32_t own) {
    const LayerTiles& layer = params.layers[piece.layer];
    const auto scaled = [&](int j, float(&v)[4]) {
#pragma unroll
      for (int i = 0; i < 4; ++i) v[i] = acc[4 * j + i] * scale;
    };
    if (!kReleased || kHoldsProducts || params.noise.std == 0.f) {
      send_tile(layer, piece, me, own, scaled);
    } else {
      const TileNoise noise(params.noise, layer, piece, me);
      send_tile(layer, piece, me, own, [&](int j, float(&v)[4]) {
        scaled(j, v);
        noise.add_to(v, j);
      });
    }
  }

  /// The tile's parts before this one and what other clusters have of it, added to the last part.
  static __device__ __forceinline__ void gather(const LinearParams& params, const Piece& piece,
                                                const Consumer& me, bool has_parts,
                                                Accumulators& acc, float& scale) {
    if (!has_parts && piece.first_sample == 0) return;
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) acc[i] *= scale;
    scale = 1;
    if (has_parts) add_kept(acc, kept(params.parts, me, me.cluster));
    if (piece.first_sample > 0) collect(params, piece, me, acc);
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t own) {
    const Consumer me;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      const bool completes = piece.last_sample == params.samples;
      float* const parts = completes ? params.parts : params.partials;
      int sample = piece.first_sample;
      do {
        float scale;
        const bool has_parts = sample > piece.first_sample;
        sample = accumulate(params, piece, sample, me, ring, acc, scale);
        if (sample < piece.last_sample || !completes || params.adds_up_later) {
          keep(kept(parts, me, me.cluster), acc, scale, has_parts);
        } else {
          gather(params, piece, me, has_parts, acc, scale);
          finish(params, piece, me, acc, scale, own);
        }
      } while (sample < piece.last_sample);
      if (!completes && !params.adds_up_later) announce(params, me);
    }
    if (me.thread == 0) wait_stores_done();
  }
};

}  // namespace clipbench::kernels::hopper
