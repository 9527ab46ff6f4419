// What the device reaches at best, in this process: the ceilings beside which kernels are judged.
#pragma once

namespace clipbench::bench {

/// Of a product of random bf16, 8192³, and of a copy of 512 MiB that is read and written; on a CPU
/// of f32, 512³ and 16 MiB.
struct Ceilings {
  double tflop_per_s, tb_per_s;
};

/// Measured at the first call, interleaved, and kept.
const Ceilings& ceilings();

}  // namespace clipbench::bench
