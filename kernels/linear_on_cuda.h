// Tensor cores' kernels (kernels/cuda/linear_kernels.h) on tensors: bf16 or f16, on a GPU of
// compute capability 8.0 and up, on the current stream; those of kernels/hopper on 9.0, of
// kernels/ampere elsewhere. Callers ask cuda_takes first.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "kernels/linear_norms.h"
#include "kernels/linear_sum.h"

namespace clipbench::kernels {

/// Hopper GPUs, too, then run the kernels that run elsewhere: for tests and measurements. Not while
/// another thread calls any of these.
void use_portable_kernels(bool portable);

enum class LinearFamily { none, portable, hopper };
/// What runs on this device; a GPU without an index is the first.
LinearFamily linear_family(at::Device device);

/// False for other devices and dtypes, for layers that differ in B or T, p no multiple of 8, and
/// rows of a that don't lie on 16 bytes. Rows of g that don't (a vocabulary of 50257) are copied to
/// rows that do, in scratch of at most 512 MiB or one sample.
bool cuda_takes(at::ArrayRef<LinearOperands> layers);
/// Of a layer that is taken: whether it is copied.
bool cuda_copies(const LinearOperands& layer);

/// For the Gram kernel, which takes f32 too where the process allows TF32 in matrix products.
bool cuda_takes_gram(at::ArrayRef<LinearOperands> layers);
/// Tokens of a tile of it: layers with fewer take as long as with so many.
std::int64_t cuda_gram_tile(at::ArrayRef<LinearOperands> layers);

/// And whether sums [rows,p] are f32, contiguous and on the same device, first_row a multiple of 8
/// where g is not copied.
bool cuda_takes(at::ArrayRef<LinearOperands> layers, at::ArrayRef<at::Tensor> sums,
                std::int64_t first_row);

at::Tensor cuda_width_sq_norms(at::ArrayRef<LinearOperands> layers);  ///< [layers,B] f32
/// [3,layers,B] f32: squared norms, Σ_t ‖a_t‖‖g_t‖ and Σ_t ‖g_t‖, which come for free.
at::Tensor cuda_gram_norms(at::ArrayRef<LinearOperands> layers);
std::vector<StoredGradients> cuda_stored_gradients(at::ArrayRef<LinearOperands> layers);

/// factors [B] f32 on the device; sums[i] takes rows first_row … of layer i's d.
void cuda_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                        const at::Tensor& factors, std::int64_t first_row);

/// As linear_releases and linear_released_sums_; on Hopper alone.
bool cuda_releases(const at::Tensor& out, const LinearOperands& layer);
void cuda_released_sums_(at::ArrayRef<ReleasedProduct> products, const at::Tensor& factors,
                         const Noise& noise);

}  // namespace clipbench::kernels
