// Element types of the CUDA kernels.
#pragma once

namespace clipbench::kernels::cuda {

enum class Element { f32, bf16, f16 };
inline constexpr Element kElements[] = {Element::f32, Element::bf16, Element::f16};

}  // namespace clipbench::kernels::cuda
