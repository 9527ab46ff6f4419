#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <string>

#include "bench/kernels/comparisons.h"
#include "bench/kernels/interleaved.h"
#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "kernels/noised_update.h"
#include "kernels/sample_sums.h"
#include "kernels/token_norms.h"

namespace clipbench::bench {
namespace {

using Tensors = std::vector<at::Tensor>;

at::TensorOptions bf16() { return at::TensorOptions(at::kCUDA).dtype(at::kBFloat16); }
at::TensorOptions f32() { return bf16().dtype(at::kFloat); }

Tensors several(int count, at::IntArrayRef sizes, at::TensorOptions options) {
  Tensors all;
  for (int i = 0; i < count; ++i) all.push_back(at::randn(sizes, options));
  return all;
}

const at::Tensor& pick(const Tensors& all, int i) {
  return all[static_cast<std::size_t>(i) % all.size()];
}

Candidate plain_copy() {
  constexpr std::int64_t kElements = std::int64_t{1} << 28;
  const auto from = at::zeros({kElements}, bf16()), to = at::empty_like(from);
  return {"plain copy", 4.0 * kElements, [=](int) { to.copy_(from); }};
}

void compare_weighted_sums(std::int64_t B, std::int64_t n) {
  const auto rows = several(3, {B, n}, bf16());
  auto sum = at::zeros({n}, f32()), out = at::empty({n}, bf16());
  const auto factors = kernels::make_factors(at::rand({B}, f32()).add_(0.1), 1, at::kFloat);
  const auto read = 2.0 * static_cast<double>(B * n), elements = static_cast<double>(n);
  const kernels::Noise noise{.std = 1, .seed = 1};
  const auto to_bf16 = [&](int i) {
    return kernels::SumToRelease{out, pick(rows, i), factors.device, /*noise_stream=*/0};
  };
  print_comparison(
      {.words = {"stored gradients [B,n]"}, .layer = {}, .sizes = {{'B', B}, {'n', n}}}, "TB/s",
      {plain_copy(),
       {"weighted sum += f32", read + 8 * elements,
        [&](int i) { kernels::weighted_sum_(sum, pick(rows, i), factors); }},
       {"weighted sum to bf16", read + 2 * elements,
        [&](int i) { kernels::release_sums_(to_bf16(i), {}); }},
       {"the same with noise", read + 2 * elements,
        [&](int i) { kernels::release_sums_(to_bf16(i), noise); }}});
}

void compare_token_rows(std::int64_t B, std::int64_t T, std::int64_t d) {
  const auto x = several(6, {B, T, d}, bf16()), g = several(6, {B, T, d}, bf16());
  const auto mean = at::randn({B, T, 1}, f32()), rstd = at::rand({B, T, 1}, f32());
  const auto ids = at::rand({B, T}, f32()).pow(4).mul(50257).to(at::kLong);  // 7 % are one id
  auto table = at::zeros({50257, d}, f32());
  const auto factors = kernels::make_factors(at::rand({B}, f32()).add_(0.1), 1, at::kFloat);
  const double once = 2.0 * static_cast<double>(B * T * d);
  print_comparison(
      {.words = {"rows of [B,T,d]"}, .layer = {}, .sizes = {{'B', B}, {'T', T}, {'d', d}}}, "TB/s",
      {plain_copy(),
       {"layer norm", 2 * once,
        [&](int i) { kernels::layer_norm_sample_gradients(pick(x, i), mean, rstd, pick(g, i)); }},
       {"with its magnitude", 2 * once,
        [&](int i) {
          kernels::layer_norm_sample_gradients(pick(x, i), mean, rstd, pick(g, i),
                                               /*magnitude=*/true);
        }},
       {"bias", once, [&](int i) { kernels::token_sums(pick(g, i)); }},
       {"token norms", 2 * once, [&](int i) { kernels::token_norms(pick(x, i), pick(g, i)); }},
       {"embedding norm, with sort", once,
        [&](int i) { kernels::embedding_sq_norms(ids, pick(g, i)); }},
       {"embedding sum, with sort", once,
        [&](int i) { kernels::EmbeddingSum(ids, pick(g, i), factors).add_to_(table, 0); }}});
}

// What optimizers are tried on.
constexpr std::int64_t kElements = 1280 * 5120;
constexpr int kTensors = 24;

void compare_adam(at::TensorOptions options, double bytes, bool with_copies) {
  const auto grads = several(kTensors, {kElements}, options);
  const auto params = several(kTensors, {kElements}, options);
  Tensors first, second, copies;
  for (const auto& param : params) {
    first.push_back(at::zeros_like(param));
    second.push_back(at::zeros_like(param));
    if (with_copies) copies.push_back(at::empty({kElements}, bf16()));
  }
  const kernels::AdamLists lists{grads, params, first, second, copies};
  const kernels::AdamOptions adam{1e-4, 0.9, 0.999, 1e-8, 0.01, /*decoupled=*/true, /*step=*/1};
  constexpr double kAll = double{kTensors} * kElements;
  const double work = bytes * kAll;
  const Tensors counts(kTensors, at::ones({}, f32()));
  print_comparison(
      {.words = {"Adam", std::to_string(static_cast<int>(bytes)) + " bytes a parameter"},
       .layer = {},
       .sizes = {},
       .dtype = with_copies ? "f32" : "bf16"},
      "TB/s",
      {plain_copy(),
       {"torch's, without copies", (bytes - (with_copies ? 2 : 0)) * kAll,
        [&](int) {
          at::_fused_adamw_(params, grads, first, second, Tensors{}, counts, adam.learning_rate,
                            adam.beta1, adam.beta2, adam.weight_decay, adam.eps,
                            /*amsgrad=*/false, /*maximize=*/false);
        }},
       {"without noise", work, [&](int) { kernels::noise_adam_(lists, adam, kernels::Noise{}); }},
       {"with noise", work,
        [&](int) { kernels::noise_adam_(lists, adam, kernels::Noise{.std = 1, .seed = 1}); }}});
}

void compare_sgd(at::TensorOptions options, double bytes) {
  const auto grads = several(kTensors, {kElements}, options);
  const auto params = several(kTensors, {kElements}, options);
  const auto momenta = several(kTensors, {kElements}, options);
  const kernels::SgdLists lists{grads, params, momenta, {}};
  const kernels::SgdOptions sgd{1e-4, 0.9, 0, 0.01, /*nesterov=*/false, /*first_step=*/false};
  const double work = bytes * kTensors * kElements;
  print_comparison(
      {.words = {"SGD with momentum",
                 std::to_string(static_cast<int>(bytes)) + " bytes a parameter"},
       .layer = {},
       .sizes = {},
       .dtype = options.dtype() == at::kFloat ? "f32" : "bf16"},
      "TB/s",
      {plain_copy(),
       {"torch's", work,
        [&](int) {
          at::_fused_sgd_(params, grads, momenta, sgd.weight_decay, sgd.momentum, sgd.learning_rate,
                          sgd.dampening, sgd.nesterov,
                          /*maximize=*/false, sgd.first_step);
        }},
       {"without noise", work, [&](int) { kernels::noise_sgd_(lists, sgd, {}); }},
       {"with noise", work, [&](int) { kernels::noise_sgd_(lists, sgd, {.std = 1, .seed = 1}); }}});
}

}  // namespace

void compare_memory_bound() {
  compare_weighted_sums(1, 1 << 26);
  compare_weighted_sums(8, 1280 * 5120);
  compare_weighted_sums(4, 4096 * 4096);
  compare_token_rows(16, 1024, 768);
  compare_token_rows(8, 1024, 1280);
  compare_token_rows(4, 4096, 4096);
  compare_adam(f32(), 30, /*with_copies=*/true);
  compare_adam(bf16(), 14, /*with_copies=*/false);
  compare_sgd(f32(), 20);
}

}  // namespace clipbench::bench
