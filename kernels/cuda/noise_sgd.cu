#include "kernels/cuda/noised_update.cuh"

namespace clipbench::kernels::cuda {

template void noised_update(std::span<const UpdatedTensor>, UpdateTypes, const SgdRule&,
                            const Noise&, cudaStream_t);
template void noised_update(std::span<const UpdatedTensor>, UpdateTypes, const MomentumRule&,
                            const Noise&, cudaStream_t);

}  // namespace clipbench::kernels::cuda
