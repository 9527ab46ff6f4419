// Which random numbers: the same ones on every device.
#pragma once

#include <cstdint>

namespace clipbench::kernels {

/// std · z for element `first` + i of a parameter, z a standard normal number that (seed, stream,
/// element) alone decide: equal for every kernel and every way of cutting the parameter into
/// blocks; on a CPU and a GPU equal but for the last bits of log, sine and cosine. A stream is
/// never used twice: one a parameter and step. std 0: no noise, nothing is drawn.
struct Noise {
  float std = 0;
  std::uint64_t seed = 0, stream = 0, first = 0;
};

}  // namespace clipbench::kernels
