// The kernels as operators of torch, from Python after
// torch.ops.load_library("libclipbench_ops.so"). Shapes, dtypes and what is exact: the headers of
// kernels/. Norms are as the kernels give them, not guarded; nothing is differentiable.
#include <tuple>

#include <torch/library.h>

#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "kernels/linear_norms.h"
#include "kernels/linear_sum.h"
#include "kernels/noise.h"
#include "kernels/noised_update.h"
#include "kernels/sample_sums.h"

namespace clipbench::kernels {
namespace {

using at::Tensor;

Tensor gram_norm(const Tensor& a, const Tensor& g) { return linear_sq_norms_fused_gram(a, g); }
Tensor width_norm(const Tensor& a, const Tensor& g) { return linear_sq_norms_width(a, g); }

std::tuple<Tensor, Tensor> stored_norm(const Tensor& a, const Tensor& g) {
  auto [gradients, sq_norms] = linear_stored_gradients(a, g);
  return {std::move(gradients), std::move(sq_norms)};
}

Factors factors_of(const Tensor& factors) {
  Factors out;
  out.device = factors;
  return out;
}

void clipped_sum(Tensor& sum, const Tensor& a, const Tensor& g, const Tensor& factors) {
  linear_clipped_sum_(sum, a, g, factors_of(factors), /*first_row=*/0);
}

void weighted_sum(Tensor& sum, const Tensor& rows, const Tensor& factors) {
  weighted_sum_(sum, rows, factors_of(factors));
}

std::tuple<Tensor, Tensor, Tensor> layer_norm_norms(const Tensor& x, const Tensor& mean,
                                                    const Tensor& rstd, const Tensor& g) {
  auto out = layer_norm_sample_gradients(x, mean, rstd, g);
  return {std::move(out.weight), std::move(out.bias), std::move(out.sq_norms)};
}

std::tuple<Tensor, Tensor> rms_norm_norms(const Tensor& x, const Tensor& rstd, const Tensor& g) {
  auto out = layer_norm_sample_gradients(x, /*mean=*/{}, rstd, g);
  return {std::move(out.weight), std::move(out.sq_norms)};
}

Noise noise_of(double std, std::int64_t seed, std::int64_t stream) {
  return {.std = static_cast<float>(std),
          .seed = static_cast<std::uint64_t>(seed),
          .stream = static_cast<std::uint64_t>(stream)};
}

void set_noise(Tensor& out, double std, std::int64_t seed, std::int64_t stream) {
  set_noise_(out, noise_of(std, seed, stream));
}

using List = at::TensorList;

void noise_adam(List params, List grads, List first_moments, List second_moments, List copies,
                std::int64_t step, double learning_rate, double beta1, double beta2, double eps,
                double weight_decay, bool decoupled, double std, std::int64_t seed,
                std::int64_t stream) {
  noise_adam_({grads, params, first_moments, second_moments, copies},
              {learning_rate, beta1, beta2, eps, weight_decay, decoupled, step},
              noise_of(std, seed, stream));
}

void noise_sgd(List params, List grads, List momenta, List copies, double learning_rate,
               double momentum, double dampening, double weight_decay, bool nesterov,
               bool first_step, double std, std::int64_t seed, std::int64_t stream) {
  noise_sgd_({grads, params, momenta, copies},
             {learning_rate, momentum, dampening, weight_decay, nesterov, first_step},
             noise_of(std, seed, stream));
}

void implement(torch::Library& m) {
  m.impl("gram_norm", gram_norm);
  m.impl("width_norm", width_norm);
  m.impl("stored_norm", stored_norm);
  m.impl("clipped_sum_", clipped_sum);
  m.impl("weighted_sum_", weighted_sum);
  m.impl("bias_norm", bias_sq_norms);
  m.impl("embedding_norm", embedding_sq_norms);
  m.impl("layer_norm_norms", layer_norm_norms);
  m.impl("rms_norm_norms", rms_norm_norms);
  m.impl("set_noise_", set_noise);
  m.impl("noise_adam_", noise_adam);
  m.impl("noise_sgd_", noise_sgd);
}

}  // namespace

TORCH_LIBRARY(clipbench, m) {
  m.def("gram_norm(Tensor a, Tensor g) -> Tensor");
  m.def("width_norm(Tensor a, Tensor g) -> Tensor");
  m.def("stored_norm(Tensor a, Tensor g) -> (Tensor gradients, Tensor sq_norms)");
  m.def("clipped_sum_(Tensor(x!) sum, Tensor a, Tensor g, Tensor factors) -> ()");
  m.def("weighted_sum_(Tensor(x!) sum, Tensor rows, Tensor factors) -> ()");
  m.def("bias_norm(Tensor g) -> Tensor");
  m.def("embedding_norm(Tensor ids, Tensor g) -> Tensor");
  m.def(
      "layer_norm_norms(Tensor x, Tensor mean, Tensor rstd, Tensor g) -> "
      "(Tensor weight, Tensor bias, Tensor sq_norms)");
  m.def("rms_norm_norms(Tensor x, Tensor rstd, Tensor g) -> (Tensor weight, Tensor sq_norms)");
  m.def("set_noise_(Tensor(x!) out, float std, int seed, int stream) -> ()");
  m.def(
      "noise_adam_(Tensor(x!)[] params, Tensor[] grads, Tensor(y!)[] first_moments, "
      "Tensor(z!)[] second_moments, Tensor(c!)[] copies, *, int step, float lr, float beta1=0.9, "
      "float beta2=0.999, float eps=1e-8, float weight_decay=0, bool decoupled=False, "
      "float std=0, int seed=0, int stream=0) -> ()");
  m.def(
      "noise_sgd_(Tensor(x!)[] params, Tensor[] grads, Tensor(y!)[] momenta, Tensor(c!)[] copies, "
      "*, float lr, float momentum=0, float dampening=0, float weight_decay=0, "
      "bool nesterov=False, bool first_step=False, float std=0, int seed=0, int stream=0) -> ()");
}

TORCH_LIBRARY_IMPL(clipbench, CPU, m) { implement(m); }
TORCH_LIBRARY_IMPL(clipbench, CUDA, m) { implement(m); }

}  // namespace clipbench::kernels
