#include "profiler/law.h"

#include <algorithm>
#include <utility>

namespace clipbench::profiler {
namespace {

constexpr std::int64_t kTemporaryPercent = 2;

LawCheck equal(std::string name, std::int64_t expected, std::int64_t actual) {
  return {std::move(name), expected == actual, expected, actual};
}

std::int64_t bytes_of(const ComponentBytes& bytes, Component component) {
  return bytes[static_cast<std::size_t>(component)];
}

}  // namespace

LawCheck check_requested_peak(std::int64_t allocator_bytes, std::int64_t ledger_bytes) {
  return equal("a_requested_peak", allocator_bytes, ledger_bytes);
}

LawCheck check_components_at_peak(std::int64_t allocator_bytes, const ComponentBytes& components) {
  return equal("b_components_at_peak", allocator_bytes, total(components));
}

LawCheck check_agreements(std::string name, std::span<const Agreement> agreements) {
  if (agreements.empty()) return equal(std::move(name), 0, 0);
  const auto differs = std::find_if(agreements.begin(), agreements.end(), [](const Agreement& a) {
    return a.allocator_bytes != a.account_bytes;
  });
  const Agreement& shown = differs == agreements.end() ? agreements.back() : *differs;
  return equal(std::move(name), shown.allocator_bytes, shown.account_bytes);
}

std::vector<LawCheck> check_closed_form(const ClosedForm& expected,
                                        const ComponentBytes& after_backward,
                                        const ComponentBytes& at_rest) {
  return {
      equal("d_parameters", expected.parameter_bytes, bytes_of(at_rest, Component::parameters)),
      equal("d_gradients", expected.gradient_bytes, bytes_of(after_backward, Component::gradients)),
      equal("d_optimizer_state", expected.optimizer_state_bytes,
            bytes_of(at_rest, Component::optimizer_state))};
}

LawCheck check_temporary(const ComponentBytes& at_peak) {
  const std::int64_t limit = total(at_peak) * kTemporaryPercent / 100;
  const std::int64_t temporary = bytes_of(at_peak, Component::temporary);
  return {"e_temporary", temporary <= limit, limit, temporary};
}

LawCheck check_timed_pass(std::int64_t timed_peak_bytes, std::int64_t recorded_peak_bytes) {
  return equal("f_timed_pass_peak", timed_peak_bytes, recorded_peak_bytes);
}

bool all_hold(std::span<const LawCheck> checks) {
  return std::all_of(checks.begin(), checks.end(), [](const LawCheck& c) { return c.holds; });
}

}  // namespace clipbench::profiler
