// The launch of noised_update.h, for sources that instantiate it.
#pragma once

#include <algorithm>

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/noised_update.h"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels::cuda {
namespace noised_update_detail {

constexpr int kThreads = 256;
constexpr int kGroup = 8;                         // elements a thread
constexpr int kPerBlock = 4 * kGroup * kThreads;  // elements
constexpr int kMaxTensors = 48;                   // of a launch: its arguments stay below 4 KB

template <class Rule>
struct Launch {
  UpdatedTensor tensors[kMaxTensors];
  int first_block[kMaxTensors + 1];
  int count;
  Rule rule;
  Noise noise;
  Element copy;
};

/// N elements of every state, of which a rule may have none.
template <class Param, int N, int kStates>
struct States {
  float values[kStates > 0 ? kStates : 1][N];

  __device__ void load(const UpdatedTensor& tensor, std::int64_t i) {
    Raw<Param, N> raw[kStates > 0 ? kStates : 1];
#pragma unroll
    for (int s = 0; s < kStates; ++s) raw[s].load(static_cast<Param*>(tensor.states[s]) + i);
#pragma unroll
    for (int s = 0; s < kStates; ++s) raw[s].unpack_to(values[s]);
  }
  __device__ void store_to(const UpdatedTensor& tensor, std::int64_t i) const {
#pragma unroll
    for (int s = 0; s < kStates; ++s) store(static_cast<Param*>(tensor.states[s]) + i, values[s]);
  }
};

/// Elements [i, i + N) of one tensor.
template <int N, class Grad, class Param, class Rule>
__device__ void update_group(const UpdatedTensor& tensor, std::int64_t i,
                             const Launch<Rule>& launch) {
  auto* param = static_cast<Param*>(tensor.param) + i;
  Raw<Grad, N> raw_g;
  Raw<Param, N> raw_p;
  raw_g.load(static_cast<const Grad*>(tensor.grad) + i);
  raw_p.load(param);
  States<Param, N, Rule::kStates> states;
  states.load(tensor, i);
  float g[N], p[N];
  raw_g.unpack_to(g);
  raw_p.unpack_to(p);
  if (launch.noise.std != 0) {
    Noise noise = launch.noise;
    noise.stream = tensor.noise_stream;
    add_noise(g, noise, static_cast<std::uint64_t>(i));
  }
#pragma unroll
  for (int k = 0; k < N; ++k) {
    apply_rule(launch.rule, g[k], p[k], [&](int s) -> float& { return states.values[s][k]; });
  }
  store(param, p);
  states.store_to(tensor, i);
  if (tensor.copy == nullptr) return;
  if (launch.copy == Element::f16) {
    store(static_cast<f16*>(tensor.copy) + i, p);
  } else {
    store(static_cast<bf16*>(tensor.copy) + i, p);
  }
}

template <class Rule>
__device__ bool is_even(const UpdatedTensor& t) {
  auto all = reinterpret_cast<std::uintptr_t>(t.grad) | reinterpret_cast<std::uintptr_t>(t.param) |
             reinterpret_cast<std::uintptr_t>(t.copy);
#pragma unroll
  for (int s = 0; s < Rule::kStates; ++s) all |= reinterpret_cast<std::uintptr_t>(t.states[s]);
  return all % 16 == 0;
}

template <class Grad, class Param, class Rule>
__global__ void __launch_bounds__(kThreads)
    update_tensors(const __grid_constant__ Launch<Rule> launch) {
  await_launches_before();
  int which = 0;
  while (static_cast<int>(blockIdx.x) >= launch.first_block[which + 1]) ++which;
  const UpdatedTensor& tensor = launch.tensors[which];
  const std::int64_t begin =
      std::int64_t{static_cast<int>(blockIdx.x) - launch.first_block[which]} * kPerBlock;
  const std::int64_t end = min(tensor.n, begin + kPerBlock);
  const std::int64_t even_end = is_even<Rule>(tensor) ? end - (end - begin) % kGroup : begin;
  for (std::int64_t i = begin + threadIdx.x * kGroup; i < even_end; i += kThreads * kGroup) {
    update_group<kGroup, Grad, Param>(tensor, i, launch);
  }
  for (std::int64_t i = even_end + threadIdx.x; i < end; i += kThreads) {
    update_group<1, Grad, Param>(tensor, i, launch);
  }
}

template <class Rule>
void start(const Launch<Rule>& launch, UpdateTypes types, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(launch.first_block[launch.count]));
  if (grid.x == 0) return;
  with_element(types.grad, [&]<class Grad>(Grad) {
    with_element(types.param, [&]<class Param>(Param) {
      start_early(update_tensors<Grad, Param, Rule>, {grid, kThreads}, stream,
                  "launch of update_tensors", launch);
    });
  });
}

}  // namespace noised_update_detail

template <class Rule>
void noised_update(std::span<const UpdatedTensor> tensors, UpdateTypes types, const Rule& rule,
                   const Noise& noise, cudaStream_t stream) {
  using namespace noised_update_detail;
  for (std::size_t begin = 0; begin < tensors.size(); begin += kMaxTensors) {
    Launch<Rule> launch{.rule = rule, .noise = noise, .copy = types.copy};
    const auto some =
        tensors.subspan(begin, std::min<std::size_t>(kMaxTensors, tensors.size() - begin));
    for (const UpdatedTensor& tensor : some) {
      launch.tensors[launch.count] = tensor;
      const auto blocks = static_cast<int>((tensor.n + kPerBlock - 1) / kPerBlock);
      launch.first_block[launch.count + 1] = launch.first_block[launch.count] + blocks;
      ++launch.count;
    }
    start(launch, types, stream);
  }
}

}  // namespace clipbench::kernels::cuda
