#include "bench/kernels/interleaved.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/ceilings.h"
#include "bench/worker/sample_statistics.h"
#include "profiler/gpu_timer.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

double ms_a_run(profiler::StepTimer& timer, const Candidate& candidate, int runs) {
  timer.start();
  for (int i = 0; i < runs; ++i) candidate.run(i);
  return timer.stop().ms / runs;
}

/// On a CPU, which only tries what a GPU measures, the least.
int runs_a_turn(profiler::StepTimer& timer, const std::vector<Candidate>& candidates, Pace pace) {
  constexpr int kLeast = 3;
  for (const auto& candidate : candidates) ms_a_run(timer, candidate, 2);
  const double first_ms = ms_a_run(timer, candidates.front(), kLeast);
  if (!bench_device().is_cuda()) return kLeast;
  return std::max(kLeast, static_cast<int>(pace.ms_a_turn / first_ms));
}

/// Milliseconds a run of each candidate; number `first` modulo their count begins.
std::vector<double> one_round(profiler::StepTimer& timer, const std::vector<Candidate>& candidates,
                              int runs, std::size_t first) {
  const std::size_t n = candidates.size();
  std::vector<double> ms(n);
  for (std::size_t turn = first; turn < first + n; ++turn)
    ms[turn % n] = ms_a_run(timer, candidates[turn % n], runs);
  return ms;
}

Timing timing_of(const std::vector<double>& ms, const std::vector<double>& ratios) {
  const auto [least, most] = std::minmax_element(ms.begin(), ms.end());
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  return {median(ms), *least, *most, median(ratios), *low, *high};
}

std::string padded(double value, int digits, std::size_t columns) {
  return reporters::pad_left(reporters::fixed(value, digits), columns);
}

Table& rows() {
  static Table table({"benchmark", "median_ms", "least_ms", "most_ms", "ratio", "least_ratio",
                      "most_ratio", "tflop_per_s", "tb_per_s", "percent_of_ceiling",
                      "relative_error", "note", "device"});
  return table;
}

struct Measured {
  const Candidate& candidate;
  const Timing& timing;
  double rate, error;  ///< of work a picosecond; NaN: no error
};

void add_row(const Heading& heading, bool flops, const Measured& m) {
  const auto& t = m.timing;
  const double ceiling = flops ? ceilings().tflop_per_s : ceilings().tb_per_s;
  rows().add({heading.row(m.candidate.name), digits(t.ms), digits(t.least_ms), digits(t.most_ms),
              digits(t.ratio), digits(t.low), digits(t.high), flops ? digits(m.rate) : "",
              flops ? "" : digits(m.rate), digits(100 * m.rate / ceiling), digits(m.error),
              m.candidate.note, device_name()});
}

void print_row(const Measured& m) {
  const auto& t = m.timing;
  std::string line = reporters::pad_right(m.candidate.name, 26) + padded(t.ms, 4, 10) +
                     padded(m.rate, 2, 11) + padded(t.ratio, 3, 8) + "  [" + padded(t.low, 3, 6) +
                     ", " + padded(t.high, 3, 6) + "]";
  if (m.candidate.error) line += "  " + reporters::scientific(m.error);
  if (!m.candidate.note.empty()) line += "\n  " + m.candidate.note;
  std::printf("%s\n", line.c_str());
}

bool any_error(const std::vector<Candidate>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(),
                     [](const Candidate& candidate) { return candidate.error != nullptr; });
}

}  // namespace

std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, Pace pace) {
  const auto timer = profiler::StepTimer::make(bench_device());
  const std::size_t n = candidates.size();
  const int runs = runs_a_turn(*timer, candidates, pace);
  one_round(*timer, candidates, runs, 0);
  std::vector<std::vector<double>> ms(n), ratios(n);
  for (int round = 1; round <= pace.rounds; ++round) {
    const auto its_ms = one_round(*timer, candidates, runs, static_cast<std::size_t>(round));
    for (std::size_t k = 0; k < n; ++k) {
      ms[k].push_back(its_ms[k]);
      ratios[k].push_back(its_ms[k] / its_ms[0]);
    }
  }
  std::vector<Timing> timings;
  for (std::size_t k = 0; k < n; ++k) timings.push_back(timing_of(ms[k], ratios[k]));
  return timings;
}

std::vector<Timing> print_comparison(const Heading& heading, const std::string& unit,
                                     const std::vector<Candidate>& candidates, Pace pace) {
  ceilings();  // measured before the first comparison, not within it
  const auto timings = time_interleaved(candidates, pace);
  std::printf("\n%s\n%-26s %9s %10s %8s %16s  %s\n", heading.title().c_str(), "", "ms",
              unit.c_str(), "× first", "[least, most]", any_error(candidates) ? "error" : "");
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    const auto& candidate = candidates[k];
    const Measured m{candidate, timings[k], candidate.work / timings[k].ms * 1e-9,
                     candidate.error ? candidate.error() : NAN};
    print_row(m);
    add_row(heading, unit == "TFLOP/s", m);
  }
  std::fflush(stdout);
  return timings;
}

const Table& measured() { return rows(); }

}  // namespace clipbench::bench
