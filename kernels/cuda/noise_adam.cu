#include "kernels/cuda/noise_adam.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kGroup = 8;                         // elements a thread
constexpr int kPerBlock = 4 * kGroup * kThreads;  // elements
constexpr int kMaxTensors = 48;                   // of a launch: its arguments stay below 4 KB

struct Rates {
  float beta1, beta2, step_size, root_correction, eps, decay_of_gradient, keep;
};

struct AdamParams {
  AdamTensor tensors[kMaxTensors];
  int first_block[kMaxTensors + 1];
  int count;
  Rates rates;
  Noise noise;
  Element copy;
};

__device__ void update(float grad, float& param, float& m, float& v, const Rates& r) {
  const float g = grad + r.decay_of_gradient * param;
  m = r.beta1 * m + (1 - r.beta1) * g;
  v = r.beta2 * v + (1 - r.beta2) * g * g;
  param = r.keep * param - r.step_size * m / (sqrtf(v) * r.root_correction + r.eps);
}

/// Elements [i, i + N) of one tensor.
template <int N, class Grad, class Param>
__device__ void update_group(const AdamTensor& tensor, std::int64_t i, const AdamParams& params) {
  auto* param = static_cast<Param*>(tensor.param) + i;
  auto* first = static_cast<Param*>(tensor.first_moment) + i;
  auto* second = static_cast<Param*>(tensor.second_moment) + i;
  Raw<Grad, N> raw_g;
  Raw<Param, N> raw_p, raw_m, raw_v;
  raw_g.load(static_cast<const Grad*>(tensor.grad) + i);
  raw_p.load(param);
  raw_m.load(first);
  raw_v.load(second);
  float g[N], p[N], m[N], v[N];
  raw_g.unpack_to(g);
  raw_p.unpack_to(p);
  raw_m.unpack_to(m);
  raw_v.unpack_to(v);
  if (params.noise.std != 0) {
    Noise noise = params.noise;
    noise.stream = tensor.noise_stream;
    add_noise(g, noise, static_cast<std::uint64_t>(i));
  }
#pragma unroll
  for (int k = 0; k < N; ++k) update(g[k], p[k], m[k], v[k], params.rates);
  store(param, p);
  store(first, m);
  store(second, v);
  if (tensor.copy == nullptr) return;
  if (params.copy == Element::f16) {
    store(static_cast<f16*>(tensor.copy) + i, p);
  } else {
    store(static_cast<bf16*>(tensor.copy) + i, p);
  }
}

__device__ bool is_even(const AdamTensor& t) {
  const auto all =
      reinterpret_cast<std::uintptr_t>(t.grad) | reinterpret_cast<std::uintptr_t>(t.param) |
      reinterpret_cast<std::uintptr_t>(t.first_moment) |
      reinterpret_cast<std::uintptr_t>(t.second_moment) | reinterpret_cast<std::uintptr_t>(t.copy);
  return all % 16 == 0;
}

template <class Grad, class Param>
__global__ void __launch_bounds__(kThreads)
    adam_tensors(const __grid_constant__ AdamParams params) {
  await_launches_before();
  int which = 0;
  while (static_cast<int>(blockIdx.x) >= params.first_block[which + 1]) ++which;
  const AdamTensor& tensor = params.tensors[which];
  const std::int64_t begin =
      std::int64_t{static_cast<int>(blockIdx.x) - params.first_block[which]} * kPerBlock;
  const std::int64_t end = min(tensor.n, begin + kPerBlock);
  const std::int64_t even_end = is_even(tensor) ? end - (end - begin) % kGroup : begin;
  for (std::int64_t i = begin + threadIdx.x * kGroup; i < even_end; i += kThreads * kGroup) {
    update_group<kGroup, Grad, Param>(tensor, i, params);
  }
  for (std::int64_t i = even_end + threadIdx.x; i < end; i += kThreads) {
    update_group<1, Grad, Param>(tensor, i, params);
  }
}

Rates rates_of(const AdamOptions& o) {
  const double correction1 = 1 - std::pow(o.beta1, static_cast<double>(o.step));
  const double correction2 = 1 - std::pow(o.beta2, static_cast<double>(o.step));
  return {.beta1 = static_cast<float>(o.beta1),
          .beta2 = static_cast<float>(o.beta2),
          .step_size = static_cast<float>(o.learning_rate / correction1),
          .root_correction = static_cast<float>(1 / std::sqrt(correction2)),
          .eps = static_cast<float>(o.eps),
          .decay_of_gradient = o.decoupled ? 0.f : static_cast<float>(o.weight_decay),
          .keep = o.decoupled ? static_cast<float>(1 - o.learning_rate * o.weight_decay) : 1.f};
}

void launch(const AdamParams& params, AdamTypes types, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(params.first_block[params.count]));
  if (grid.x == 0) return;
  with_element(types.grad, [&]<class Grad>(Grad) {
    with_element(types.param, [&]<class Param>(Param) {
      start_early(adam_tensors<Grad, Param>, {grid, kThreads}, stream, "launch of adam_tensors",
                  params);
    });
  });
}

}  // namespace

void noise_adam(std::span<const AdamTensor> tensors, AdamTypes types, const AdamOptions& options,
                const Noise& noise, cudaStream_t stream) {
  for (std::size_t begin = 0; begin < tensors.size(); begin += kMaxTensors) {
    AdamParams params{};
    params.rates = rates_of(options);
    params.noise = noise;
    params.copy = types.copy;
    const auto some =
        tensors.subspan(begin, std::min<std::size_t>(kMaxTensors, tensors.size() - begin));
    for (const AdamTensor& tensor : some) {
      params.tensors[params.count] = tensor;
      const auto blocks = static_cast<int>((tensor.n + kPerBlock - 1) / kPerBlock);
      params.first_block[params.count + 1] = params.first_block[params.count] + blocks;
      ++params.count;
    }
    launch(params, types, stream);
  }
}

}  // namespace clipbench::kernels::cuda
