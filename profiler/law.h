// The law of the account: numbers of independent sources that must be equal to the byte. Pure.
//
// (a)–(c) are checked in every peak report; (d)–(f) need what only the caller knows, and are formed
// here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profiler/component_account.h"

namespace clipbench::profiler {

struct LawCheck {
  std::string name;  ///< stable, "a_…" to "f_…"
  bool holds = false;
  std::int64_t expected = 0, actual = 0;
};

/// An allocator's number and the account's at one moment.
struct Agreement {
  std::string moment;
  std::int64_t allocator_bytes = 0, account_bytes = 0;
};

/// (a) The ledger's requested peak is the allocator's.
LawCheck check_requested_peak(std::int64_t allocator_bytes, std::int64_t ledger_bytes);

/// (b) The components at the peak's moment, rounding included, are the allocator's allocated peak.
LawCheck check_components_at_peak(std::int64_t allocator_bytes, const ComponentBytes& components);

/// (c) Equal at every moment. Shows the first that differs, else the last.
LawCheck check_agreements(std::string name, std::span<const Agreement> agreements);

/// (d) What parameters, gradients (at after_backward) and the optimizer's state must take: Σ
/// numel·itemsize.
struct ClosedForm {
  std::int64_t parameter_bytes = 0, gradient_bytes = 0, optimizer_state_bytes = 0;
};
/// `after_backward`: components at that snapshot; `at_rest`: components when parameters and
/// optimizer state are all there (after_step). Three checks.
std::vector<LawCheck> check_closed_form(const ClosedForm& expected,
                                        const ComponentBytes& after_backward,
                                        const ComponentBytes& at_rest);

/// (e) What nobody claimed is at most 2 % of the peak; `expected` is that limit in bytes.
LawCheck check_temporary(const ComponentBytes& at_peak);

/// (f) Recording changed nothing: the timed pass had the same peak.
LawCheck check_timed_pass(std::int64_t timed_peak_bytes, std::int64_t recorded_peak_bytes);

bool all_hold(std::span<const LawCheck> checks);

}  // namespace clipbench::profiler
