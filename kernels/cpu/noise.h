// Gaussian noise on a CPU, on all threads.
#pragma once

#include <cstdint>

#include "kernels/noise_key.h"

namespace clipbench::kernels::cpu {

/// out[i] = (keep ? out[i] : 0) + noise, n elements.
void noise_into(float* out, std::int64_t n, bool keep, const Noise& noise);

}  // namespace clipbench::kernels::cpu
