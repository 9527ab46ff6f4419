// What is known of one step from the operands that it used, collected over its passes.
#pragma once

#include <map>
#include <string>

#include "bench/methods/schedule.h"

namespace clipbench::bench {

struct OperandReport {
  std::int64_t samples = 0;
  /// n̂/n − 1 of a layer before the guard, signed: the lowest and the highest, over layers and
  /// samples.
  double norm_error_low = 0, norm_error_high = 0;
  std::string worst_layer;          ///< of the error of larger size
  double least_guard = 0;           ///< min n_safe/n − 1 over layers and samples: not below 0
  double factor_error = 0;          ///< worst |c_i − clip(n_safe,i)|, relative
  double most_over_clipped = 0;     ///< max n_safe/n − 1 of a sample's whole norm
  double sum_error_over_bound = 0;  ///< |uᵀSv − Σ c_i uᵀG_iv| / bound, worst of all projections
  std::string worst_parameter;
  /// max_i ‖contribution_i‖/C, from what was summed.
  double max_contribution_over_c = 0;
  std::map<std::string, double> kappa_sq;  ///< by role: the largest ‖|A|ᵀ|G|‖²/‖AᵀG‖²
  std::string violation;                   ///< empty, or what does not hold
};

/// Random projections of one parameter's per-sample gradients, on its device.
struct ProjectedParameter {
  std::string name;
  std::int64_t layer = 0;     ///< index
  Tensor u, v;                ///< [rows or columns, projections] of signs; u undefined for vectors
  Tensor products;            ///< [projections,B]: uᵀ G_i v
  Tensor magnitudes;          ///< [B]: what rounding of their sum is relative to
  double relative_error = 0;  ///< of that sum

  ProjectedParameter(const Layer&, std::size_t which, std::int64_t samples, at::Generator&);
  /// [projections,n] of gradients [n,…] f64.
  Tensor project(const Tensor& gradients) const;
};

struct OperandEvidence {
  OperandEvidence(const Model&, std::int64_t samples);

  /// What a pass found against exact squared norms [B] f64 of the same operands.
  void compare_norms(const Layer&, const kernels::SqNorms& found, const Tensor& exact_sq);
  /// Gradients [n,…] f64 of parameter `which` of the samples from `first` on.
  void add_contributions(const Layer&, std::size_t which, std::int64_t first,
                         const Tensor& gradients);
  void add_contribution_norms(const Layer&, const Tensor& exact_sq);
  void add_magnitudes(const Layer&, const Tensors& magnitudes, double relative_error);
  /// Squared Frobenius norms [n] of some samples' Σ_t |a_t||g_t| and of their gradients.
  void add_kappa(const Layer&, const Tensor& absolute_sq, const Tensor& sq);

  OperandReport report;
  Tensor exact_sq, safe_sq, contribution_sq;  ///< [layers,B], CPU; a tie counts at its owner
  std::map<const c10::TensorImpl*, ProjectedParameter> projected;

 private:
  void compare_norm(const Layer&, double raw, double safe, double exact);
  std::int64_t index(const Layer& layer) const { return index_of_.at(&layer); }
  ProjectedParameter& of(const Layer&, std::size_t which);

  std::map<const Layer*, std::int64_t> index_of_;
};

}  // namespace clipbench::bench
