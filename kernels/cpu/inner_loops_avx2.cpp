namespace clipbench::kernels::cpu {
namespace {
constexpr int kVectorBytes = 32, kRows = 6;
}
}  // namespace clipbench::kernels::cpu

#include "kernels/cpu/inner_loops_body.h"

namespace clipbench::kernels::cpu {

extern const InnerLoopSet avx2_loops;
const InnerLoopSet avx2_loops{
    "avx2", these_loops<float>(), these_loops<Bf16>(), these_loops<F16>(), these_loops<double>(),
    normals};

}  // namespace clipbench::kernels::cpu
