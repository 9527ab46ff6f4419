#include <ATen/ops/bmm.h>

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/cancelling_operands.h"
#include "bench/kernels/comparisons.h"
#include "bench/kernels/heading.h"
#include "kernels/norm_guard.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

using kernels::LinearOperands;
using kernels::NormPart;

constexpr OperandSizes kSizes{.B = 4, .T = 1024, .p = 768, .d = 768};
constexpr double kKappaSquared[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 5e6};

/// What a way finds of B samples.
struct Found {
  at::Tensor sq_norms;
  std::optional<NormPart> part;  ///< what guards it; none: nothing does
  at::Tensor summed_sq_norms;    ///< f64, of what is summed later, where that isn't AᵀG
};

Found width(const LinearOperands& o) {
  const auto sq = kernels::linear_sq_norms_width(o.a, o.g);
  return {sq, kernels::width_part(sq, kernels::token_norms(o.a, o.g).products, o.a), {}};
}

Found fused_gram(const LinearOperands& o) {
  const auto [sq, magnitudes] = kernels::linear_norms_fused_gram(o.a, o.g);
  return {sq, kernels::gram_part(sq, magnitudes.products, o.a, o.g), {}};
}

Found stored(const LinearOperands& o) {
  const auto [gradients, sq] = kernels::linear_stored_gradients(o.a, o.g);
  return {sq, kernels::stored_part(sq, o.a.scalar_type()),
          gradients.to(at::kDouble).square_().sum(at::IntArrayRef{1, 2})};
}

Found gram_in_f32(const LinearOperands& o) {
  const auto sq = kernels::linear_sq_norms_gram(o.a, o.g);
  return {sq, kernels::gram_part(sq, kernels::token_norms(o.a, o.g).products, o.a, o.g), {}};
}

/// Both T×T matrices rounded to bf16, as products of bf16 leave them; the rest in f64.
Found gram_in_bf16(const LinearOperands& o) {
  const auto gram = [](const at::Tensor& x) {
    return at::bmm(x, x.transpose(1, 2)).to(at::kBFloat16).to(at::kDouble);
  };
  return {gram(o.a).mul_(gram(o.g)).sum(at::IntArrayRef{1, 2}), {}, {}};
}

struct Way {
  const char* name;
  Found (*find)(const LinearOperands&);
  bool bf16_only = false;
};
constexpr Way kWays[] = {{"width", width},
                         {"fused Gram", fused_gram},
                         {"stored", stored},
                         {"T×T in f32", gram_in_f32},
                         {"T×T in bf16", gram_in_bf16, /*bf16_only=*/true}};

at::Tensor norms(const at::Tensor& sq) {
  return sq.to(at::kDouble).clamp_min(0).sqrt();  // a Gram's square may be negative
}

/// Of the sample that is furthest off, with its sign.
double worst_error(const at::Tensor& sq, const at::Tensor& exact_sq) {
  const auto errors = norms(sq).div(norms(exact_sq)).sub(1);
  return errors[errors.abs().argmax().item<std::int64_t>()].item<double>();
}

double least_margin(const Found& found, const at::Tensor& exact_sq) {
  if (!found.part) return NAN;
  const auto& truth = found.summed_sq_norms.defined() ? found.summed_sq_norms : exact_sq;
  const auto safe = norms(kernels::guard({*found.part}).safe_sq);
  const double margin = safe.div(norms(truth)).sub(1).min().item<double>();
  TORCH_CHECK(std::isfinite(margin), "a guarded norm is not finite");
  return margin;
}

std::string with_sign(double value) {
  return (value < 0 || std::isnan(value) ? "" : "+") + reporters::scientific(value);
}

class Sweep {
 public:
  Sweep(const OperandSizes& sizes, at::ScalarType dtype)
      : sizes_(sizes),
        options_(bench_options().dtype(dtype)),
        dtype_(dtype == at::kFloat  ? "f32"
               : dtype == at::kHalf ? "f16"
                                    : "bf16") {}

  void run(Table& table) const {
    std::printf("\n%s, %s: relative error of the norm / least margin of the guarded norm\n%9s",
                heading({}).title().c_str(), dtype_.c_str(), "κ²");
    for (const auto& way : ways()) std::printf("  %20s", way.name);
    std::printf("\n");
    for (const double nominal : kKappaSquared) add(nominal, table);
    std::fflush(stdout);
  }

 private:
  void add(double nominal, Table& table) const {
    const auto operands = cancelling_operands(sizes_, nominal, options_);
    const auto exact = exact_norms(operands);
    const double kappa_squared = exact.kappa_squared.mean().item<double>();
    std::string line = reporters::pad_left(reporters::scientific(kappa_squared), 8);
    for (const auto& way : ways()) {
      const auto found = way.find(operands);
      const double error = worst_error(found.sq_norms, exact.sq_norms);
      const double margin = least_margin(found, exact.sq_norms);
      line += reporters::pad_left(with_sign(error) + " / " + with_sign(margin), 22);
      table.add({heading({"kappa2 " + digits(nominal)}).row(way.name), digits(kappa_squared),
                 digits(error), digits(margin), device_name()});
    }
    std::printf("%s\n", line.c_str());
  }

  std::vector<Way> ways() const {
    std::vector<Way> some(std::begin(kWays), std::end(kWays));
    if (dtype_ != "bf16") std::erase_if(some, [](const Way& way) { return way.bf16_only; });
    return some;
  }

  Heading heading(std::vector<std::string> words) const {
    return {.words = std::move(words),
            .layer = LayerShape{sizes_.p, sizes_.d},
            .sizes = {{'B', sizes_.B}, {'T', sizes_.T}},
            .family = "numerics",
            .dtype = dtype_};
  }

  OperandSizes sizes_;
  at::TensorOptions options_;
  std::string dtype_;
};

}  // namespace

Table sweep_cancellation(std::int64_t shrink) {
  Table table({"benchmark", "kappa_squared", "relative_error", "least_guard_margin", "device"});
  const OperandSizes sizes{kSizes.B, kSizes.T / shrink, kSizes.p / shrink, kSizes.d / shrink};
  for (const auto dtype : {at::kBFloat16, at::kHalf, at::kFloat}) Sweep(sizes, dtype).run(table);
  return table;
}

std::size_t guards_broken(const Table& cancellation) {
  std::size_t broken = 0;
  for (std::size_t row = 0; row < cancellation.size(); ++row) {
    const bool guarded = !cancellation.cell(row, "least_guard_margin").empty();
    if (guarded && !(cancellation.number(row, "least_guard_margin") >= 0)) ++broken;
  }
  return broken;
}

}  // namespace clipbench::bench
