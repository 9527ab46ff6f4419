#include "kernels/cost.h"

namespace clipbench::kernels {
namespace {

double product(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

double products_flops(const LinearSize& s) { return 2 * product(s.B, s.T) * product(s.p, s.d); }

/// Of one of all samples' T×T matrices, lower triangle.
double triangle_flops(const LinearSize& s) {
  return product(s.B, s.T) * static_cast<double>(s.T) * static_cast<double>(s.p + s.d);
}

double stored_bytes(const LinearSize& s, std::int64_t element_bytes) {
  return product(s.B, element_bytes) * product(s.p, s.d);
}

}  // namespace

Cost weight_gradient_cost(const LinearSize& s) { return {products_flops(s), 0}; }

Cost width_norm_cost(const LinearSize& s) { return {products_flops(s), 0}; }

Cost fused_gram_norm_cost(const LinearSize& s) { return {triangle_flops(s), 0}; }

Cost gram_norm_cost(const LinearSize& s) {
  const double matrix_bytes = 4 * product(s.B, s.T) * static_cast<double>(s.T);
  return {2 * triangle_flops(s), 2 * 2 * matrix_bytes};
}

Cost stored_norm_cost(const LinearSize& s, std::int64_t element_bytes) {
  return {products_flops(s), stored_bytes(s, element_bytes)};
}

Cost clipped_sum_cost(const LinearSize& s) { return {products_flops(s), 0}; }

Cost weighted_sum_cost(const LinearSize& s, std::int64_t element_bytes) {
  return {2 * product(s.p, s.d) * static_cast<double>(s.B), stored_bytes(s, element_bytes)};
}

}  // namespace clipbench::kernels
