// Gaussian noise on a CPU, on all threads.
#pragma once

#include <cstdint>

#include "kernels/noise_key.h"

namespace clipbench::kernels::cpu {

/// out[i] = noise, n elements.
void set_noise(float* out, std::int64_t n, const Noise& noise);

}  // namespace clipbench::kernels::cpu
