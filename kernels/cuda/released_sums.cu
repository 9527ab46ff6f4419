#include "kernels/cuda/released_sums.h"

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/philox.cuh"
#include "kernels/cuda/sample_rows.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kGroup = 8;                         // elements a thread
constexpr int kPerBlock = 4 * kGroup * kThreads;  // elements
constexpr int kMaxSums = 128;                     // of a launch

struct Launch {
  ReleasedSum sums[kMaxSums];
  int first_block[kMaxSums + 1] = {};
  int count = 0;
  Noise noise;

  void add(const ReleasedSum& sum) {
    const auto blocks = static_cast<int>((sum.rows.size + kPerBlock - 1) / kPerBlock);
    sums[count] = sum;
    first_block[count + 1] = first_block[count] + blocks;
    ++count;
  }
};

/// The sum that a block works for.
__device__ int find_sum(const Launch& launch, int block) {
  int low = 0, high = launch.count;  // first_block[low] <= block < first_block[high]
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (launch.first_block[middle] <= block ? low : high) = middle;
  }
  return low;
}

/// Elements [i, i + N) of one sum.
template <int N, class T, class To>
__device__ void release_group(const ReleasedSum& sum, std::int64_t i, const Noise& noise) {
  float acc[N] = {};
  const auto add_its_noise = [&] {
    if (noise.std != 0) add_noise(acc, noise, noise.first + static_cast<std::uint64_t>(i));
  };
  if (sum.rows.samples == 0) {
    add_its_noise();
  } else {
    sum_rows_from(add_its_noise, acc, static_cast<const T*>(sum.rows.data) + i, sum.rows.pitch,
                  sum.rows.samples, sum.factors);
  }
  store(static_cast<To*>(sum.out) + i, acc);
}

template <class T>
__device__ bool is_even(const ReleasedSum& sum) {
  const auto addresses =
      reinterpret_cast<std::uintptr_t>(sum.rows.data) | reinterpret_cast<std::uintptr_t>(sum.out);
  return addresses % 16 == 0 && sum.rows.pitch * sizeof(T) % 16 == 0 && sum.noise_first % 4 == 0;
}

template <class T, class To>
__global__ void __launch_bounds__(kThreads) release_rows(const __grid_constant__ Launch launch) {
  await_launches_before();
  const int which = find_sum(launch, static_cast<int>(blockIdx.x));
  const ReleasedSum& sum = launch.sums[which];
  Noise noise = launch.noise;
  noise.stream = sum.noise_stream;
  noise.first = sum.noise_first;
  const std::int64_t begin =
      std::int64_t{static_cast<int>(blockIdx.x) - launch.first_block[which]} * kPerBlock;
  const std::int64_t end = min(sum.rows.size, begin + kPerBlock);
  const std::int64_t even_end = is_even<T>(sum) ? end - (end - begin) % kGroup : begin;
  for (std::int64_t i = begin + threadIdx.x * kGroup; i < even_end; i += kThreads * kGroup) {
    release_group<kGroup, T, To>(sum, i, noise);
  }
  for (std::int64_t i = even_end + threadIdx.x; i < end; i += kThreads) {
    release_group<1, T, To>(sum, i, noise);
  }
}

template <class T, class To>
void start(const Launch& launch, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(launch.first_block[launch.count]);
  if (blocks == 0) return;
  start_early(release_rows<T, To>, {blocks, kThreads}, stream, "launch of release_rows", launch);
}

/// Those of the sums that have these types.
template <class T, class To>
void release_of(Element from, Element to, std::span<const ReleasedSum> sums, const Noise& noise,
                cudaStream_t stream) {
  Launch launch;
  launch.noise = noise;
  for (const auto& sum : sums) {
    if (sum.rows.type != from || sum.type != to) continue;
    launch.add(sum);
    if (launch.count < kMaxSums) continue;
    start<T, To>(launch, stream);
    launch.count = 0;
  }
  start<T, To>(launch, stream);
}

}  // namespace

void release_sums(std::span<const ReleasedSum> sums, const Noise& noise, cudaStream_t stream) {
  for (const Element from : kElements) {
    for (const Element to : kElements) {
      with_element(from, [&]<class T>(T) {
        with_element(to, [&]<class To>(To) {
          if constexpr (std::is_same_v<T, To> || sizeof(T) != sizeof(To)) {
            release_of<T, To>(from, to, sums, noise, stream);
          }
        });
      });
    }
  }
}

}  // namespace clipbench::kernels::cuda
