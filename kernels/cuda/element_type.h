// Element types of the portable CUDA kernels.
#pragma once

namespace clipbench::kernels::cuda {

enum class Element { f32, bf16 };

}  // namespace clipbench::kernels::cuda
