#include "bench/kernels/interleaved.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>

namespace clipbench::bench {
namespace {

class EventPair {
 public:
  EventPair() {
    C10_CUDA_CHECK(cudaEventCreate(&begin_));
    C10_CUDA_CHECK(cudaEventCreate(&end_));
  }
  ~EventPair() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  EventPair(const EventPair&) = delete;
  EventPair& operator=(const EventPair&) = delete;

  double ms_a_run(const Candidate& candidate, int runs) {
    const auto stream = c10::cuda::getCurrentCUDAStream();
    C10_CUDA_CHECK(cudaEventRecord(begin_, stream));
    for (int i = 0; i < runs; ++i) candidate.run(i);
    C10_CUDA_CHECK(cudaEventRecord(end_, stream));
    C10_CUDA_CHECK(cudaEventSynchronize(end_));
    float ms = 0;
    C10_CUDA_CHECK(cudaEventElapsedTime(&ms, begin_, end_));
    return ms / runs;
  }

 private:
  cudaEvent_t begin_{}, end_{};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, int rounds) {
  constexpr double kMsATurn = 6;
  EventPair events;
  for (const auto& candidate : candidates) events.ms_a_run(candidate, 2);
  const double first_ms = events.ms_a_run(candidates.front(), 3);
  const int runs = std::max(3, static_cast<int>(kMsATurn / first_ms));
  std::vector<std::vector<double>> ms(candidates.size()), ratios(candidates.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      ms[k].push_back(events.ms_a_run(candidates[k], runs));
      ratios[k].push_back(ms[k].back() / ms[0].back());
    }
  }
  std::vector<Timing> timings;
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    const auto [low, high] = std::minmax_element(ratios[k].begin(), ratios[k].end());
    timings.push_back({median(ms[k]), median(ratios[k]), *low, *high});
  }
  return timings;
}

void print_comparison(const std::string& title, const std::string& unit,
                      const std::vector<Candidate>& candidates) {
  const auto timings = time_interleaved(candidates);
  std::printf("\n%s\n%-26s %9s %10s %8s %16s  %s\n", title.c_str(), "", "ms", unit.c_str(),
              "× first", "[least, most]", "error");
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    const auto& [name, work, run, error] = candidates[k];
    const auto& t = timings[k];
    std::printf("%-26s %9.4f %10.2f %7.3f  [%6.3f, %6.3f]", name.c_str(), t.ms, work / t.ms * 1e-9,
                t.ratio, t.low, t.high);
    if (error) std::printf("  %.1e", error());
    std::printf("\n");
  }
  std::fflush(stdout);
}

}  // namespace clipbench::bench
