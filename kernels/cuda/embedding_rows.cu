#include "kernels/cuda/embedding_rows.h"

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"

// A warp takes 32 positions of the sorted list and 256 columns. Runs of equal ids that lie inside
// are finished at once. A run that crosses windows leaves a piece in each, and the warp of the
// window where it starts adds them in a second launch: however long a run is, its rows are read by
// many warps.

namespace clipbench::kernels::cuda {
namespace {

constexpr int kWarps = 4, kThreads = 32 * kWarps;
constexpr int kGroup = 8, kColumns = 32 * kGroup;  // of a thread, of a warp
constexpr int kWindow = 32;
constexpr int kBatch = 8;  // rows under way at once
constexpr int kLead = 0,
              kTail = 1;  // pieces of a window: of a run from before it, of one that goes on

struct Place {
  std::int64_t list, window, windows;
  int column;  // of this thread's first element; may lie beyond the last

  __device__ explicit Place(const SortedTokens& tokens)
      : list(blockIdx.z),
        window(std::int64_t{blockIdx.x} * kWarps + threadIdx.x / 32),
        windows((tokens.tokens + kWindow - 1) / kWindow),
        column(blockIdx.y * kColumns + threadIdx.x % 32 * kGroup) {}

  __device__ float* piece(const SortedTokens& tokens, float* pieces, std::int64_t of,
                          int which) const {
    return pieces + ((list * windows + of) * 2 + which) * tokens.columns + column;
  }
  /// Whether this thread has columns; all threads of a warp stay, for its shuffles.
  __device__ bool inside(const SortedTokens& tokens) const { return column < tokens.columns; }
};

/// One position a lane.
struct Window {
  int count;        // positions inside the list
  unsigned starts;  // bit i: a run starts at position i
  bool goes_on;     // the last run has positions in the next window
  std::int64_t id, token;

  __device__ Window(const SortedTokens& tokens, const Place& place) {
    const std::int64_t first = place.window * kWindow, at = first + threadIdx.x % 32;
    const std::int64_t* ids = tokens.ids + place.list * tokens.tokens;
    const std::int64_t left = tokens.tokens - first;
    const bool inside = at < tokens.tokens;
    count = static_cast<int>(left < kWindow ? left : kWindow);
    goes_on = left > kWindow && ids[first + kWindow - 1] == ids[first + kWindow];
    id = inside ? ids[at] : -1;
    token = inside ? tokens.order[place.list * tokens.tokens + at] : 0;
    const std::int64_t before = inside && at > 0 ? ids[at - 1] : -1;
    starts = __ballot_sync(~0u, inside && id != before);
  }
};

/// Calls done(position, id, acc) at the last position of every run and clears acc.
template <class T, class Weight, class Done>
__device__ void for_runs(const SortedTokens& tokens, const Place& place, const Window& window,
                         const Weight& weight_of, const Done& done) {
  const auto* g =
      static_cast<const T*>(tokens.g) + place.list * tokens.tokens * tokens.columns + place.column;
  float acc[kGroup] = {};
  for (int first = 0; first < window.count; first += kBatch) {
    Raw<T, kGroup> raw[kBatch];
    float weights[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const std::int64_t token = __shfl_sync(~0u, window.token, first + k);
      weights[k] = first + k < window.count ? weight_of(token) : 0.f;
      if (weights[k] != 0.f && place.inside(tokens)) raw[k].load(g + token * tokens.columns);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int position = first + k;
      const std::int64_t id = __shfl_sync(~0u, window.id, position);
      float values[kGroup];
      raw[k].unpack_to(values);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) acc[i] += weights[k] * values[i];
      const bool ends = position == window.count - 1 ||
                        (position < window.count && (window.starts >> (position + 1)) % 2);
      if (!ends) continue;
      done(position, id, acc);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) acc[i] = 0;
    }
  }
}

/// visit(id, acc) for runs inside a window; pieces of the others are kept.
template <class T, class Weight, class Visit>
__device__ void visit_inner_runs(const SortedTokens& tokens, float* pieces, const Weight& weight_of,
                                 const Visit& visit) {
  const Place place(tokens);
  if (place.window >= place.windows) return;
  const Window window(tokens, place);
  const auto done = [&](int position, std::int64_t id, const float(&acc)[kGroup]) {
    const unsigned up_to = position == 31 ? ~0u : (2u << position) - 1;
    const bool from_before = (window.starts & up_to) == 0;
    const bool goes_on = position == window.count - 1 && window.goes_on;
    if (!from_before && !goes_on) return visit(place, id, acc);
    if (place.inside(tokens)) {
      store(place.piece(tokens, pieces, place.window, from_before ? kLead : kTail), acc);
    }
  };
  for_runs<T>(tokens, place, window, weight_of, done);
}

/// visit(id, acc) for the run that starts in a window and crosses its end.
template <class Visit>
__device__ void visit_crossing_run(const SortedTokens& tokens, float* pieces, const Visit& visit) {
  const Place place(tokens);
  if (place.window >= place.windows) return;
  const Window window(tokens, place);
  if (window.starts == 0 || !window.goes_on || !place.inside(tokens)) return;
  const std::int64_t* ids = tokens.ids + place.list * tokens.tokens;
  const std::int64_t id = ids[place.window * kWindow + kWindow - 1];
  Raw<float, kGroup> raw;
  float acc[kGroup];
  raw.load(place.piece(tokens, pieces, place.window, kTail));
  raw.unpack_to(acc);
#pragma unroll 8
  for (std::int64_t w = place.window + 1; w < place.windows; ++w) {
    if (ids[w * kWindow] != id) break;
    float values[kGroup];
    raw.load(place.piece(tokens, pieces, w, kLead));
    raw.unpack_to(values);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) acc[i] += values[i];
  }
  visit(place, id, acc);
}

struct Squares {
  float sum = 0;
  __device__ void operator()(const Place&, std::int64_t, const float (&acc)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) sum += acc[i] * acc[i];
  }
};

/// A slot a warp; `half` 1 is the second launch's.
__device__ void write_partial(float squares, float* partials, int half) {
  squares = warp_sum(squares);
  const std::int64_t blocks = std::int64_t{gridDim.x} * gridDim.y;
  const std::int64_t block = std::int64_t{blockIdx.y} * gridDim.x + blockIdx.x;
  const std::int64_t slot = (blockIdx.z * 2 + half) * blocks + block;
  if (threadIdx.x % 32 == 0) partials[slot * kWarps + threadIdx.x / 32] = squares;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    square_inner(SortedTokens tokens, float* pieces, float* partials) {
  await_launches_before();
  Squares squares;
  visit_inner_runs<T>(
      tokens, pieces, [](std::int64_t) { return 1.f; },
      [&](const Place& place, std::int64_t id, const float(&acc)[kGroup]) {
        squares(place, id, acc);
      });
  write_partial(squares.sum, partials, 0);
}

__global__ void __launch_bounds__(kThreads)
    square_crossing(SortedTokens tokens, float* pieces, float* partials) {
  await_launches_before();
  Squares squares;
  visit_crossing_run(tokens, pieces,
                     [&](const Place& place, std::int64_t id, const float(&acc)[kGroup]) {
                       squares(place, id, acc);
                     });
  write_partial(squares.sum, partials, 1);
}

struct TableRows {
  float* sum;
  std::int64_t first_row, rows;
  int columns;

  __device__ void operator()(const Place& place, std::int64_t id,
                             const float (&acc)[kGroup]) const {
    const std::int64_t row = id - first_row;
    if (row < 0 || row >= rows || place.column >= columns) return;
    float4* to = reinterpret_cast<float4*>(sum + row * columns + place.column);
    const float4 low = to[0], high = to[1];
    to[0] = make_float4(low.x + acc[0], low.y + acc[1], low.z + acc[2], low.w + acc[3]);
    to[1] = make_float4(high.x + acc[4], high.y + acc[5], high.z + acc[6], high.w + acc[7]);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    add_inner(SortedTokens tokens, const float* factors, std::int64_t tokens_per_sample,
              float* pieces, TableRows rows) {
  await_launches_before();
  visit_inner_runs<T>(
      tokens, pieces, [&](std::int64_t token) { return factors[token / tokens_per_sample]; }, rows);
}

__global__ void __launch_bounds__(kThreads)
    add_crossing(SortedTokens tokens, float* pieces, TableRows rows) {
  await_launches_before();
  visit_crossing_run(tokens, pieces, rows);
}

dim3 grid_of(const SortedTokens& tokens) {
  constexpr int kPositions = kWarps * kWindow;
  return dim3(static_cast<unsigned>((tokens.tokens + kPositions - 1) / kPositions),
              static_cast<unsigned>((tokens.columns + kColumns - 1) / kColumns),
              static_cast<unsigned>(tokens.lists));
}

}  // namespace

std::int64_t embedding_pieces(const SortedTokens& tokens) {
  return tokens.lists * ((tokens.tokens + kWindow - 1) / kWindow) * 2 * tokens.columns;
}

std::int64_t embedding_partials(const SortedTokens& tokens) {
  const dim3 grid = grid_of(tokens);
  return std::int64_t{2} * grid.x * grid.y * kWarps;
}

void embedding_sq_norms(const SortedTokens& tokens, float* pieces, float* partials,
                        cudaStream_t stream) {
  const dim3 grid = grid_of(tokens);
  with_element(tokens.type, [&]<class T>(T) {
    start_early(square_inner<T>, {grid, kThreads}, stream, "launch of square_inner", tokens, pieces,
                partials);
  });
  start_early(square_crossing, {grid, kThreads}, stream, "launch of square_crossing", tokens,
              pieces, partials);
}

void embedding_sum(const SortedTokens& tokens, const float* factors, std::int64_t tokens_per_sample,
                   float* pieces, float* sum, std::int64_t first_row, std::int64_t rows,
                   cudaStream_t stream) {
  const dim3 grid = grid_of(tokens);
  const TableRows table{sum, first_row, rows, tokens.columns};
  with_element(tokens.type, [&]<class T>(T) {
    start_early(add_inner<T>, {grid, kThreads}, stream, "launch of add_inner", tokens, factors,
                tokens_per_sample, pieces, table);
  });
  start_early(add_crossing, {grid, kThreads}, stream, "launch of add_crossing", tokens, pieces,
              table);
}

}  // namespace clipbench::kernels::cuda
