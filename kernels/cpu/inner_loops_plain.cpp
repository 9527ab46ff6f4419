namespace clipbench::kernels::cpu {
namespace {
constexpr int kVectorBytes = 16, kRows = 4;
}
}  // namespace clipbench::kernels::cpu

#include "kernels/cpu/inner_loops_body.h"

namespace clipbench::kernels::cpu {

extern const InnerLoopSet plain_loops;
const InnerLoopSet plain_loops{
    "plain", these_loops<float>(), these_loops<Bf16>(), these_loops<F16>(), these_loops<double>(),
    normals};

}  // namespace clipbench::kernels::cpu
