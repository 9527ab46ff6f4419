#include "reporters/tally.h"

#include <algorithm>
#include <cmath>

#include "reporters/case_summary.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

std::int64_t larger_in_size(std::int64_t a, std::int64_t b) {
  return std::abs(a) < std::abs(b) ? b : a;
}

void add_verification(const CaseSummary& c, Tally& tally) {
  const bool done = std::all_of(c.records.begin(), c.records.end(),
                                [](const Record* r) { return r->verification.done; });
  // Vanilla has no clipped gradient to verify.
  if (c.method == "vanilla" && !done) return;
  ++tally.verifiable;
  if (!done) return;
  ++tally.verified;
  for (const Record* r : c.records) {
    const double error = r->verification.max_relative_error;
    if (std::isnan(error) || error > tally.worst_error) tally.worst_error = error;
    tally.tolerance = std::max(tally.tolerance, r->verification.tolerance);
  }
}

}  // namespace

Tally tally(const std::vector<Record>& records) {
  Tally out;
  for (const Group& g : group(records, {})) {
    for (const CaseSummary& c : g.cases) {
      ++out.total;
      ++out.cases[c.status];
      if (!c.ok()) continue;
      ++out.with_numbers;
      add_verification(c, out);
      for (const Record* r : c.records) {
        out.worst_residual_bytes =
            larger_in_size(out.worst_residual_bytes, r->memory.residual_bytes);
      }
    }
  }
  return out;
}

std::string statuses_text(const Tally& tally) {
  std::string out;
  for (const auto& [status, count] : tally.cases) {
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + to_string(status);
  }
  return out;
}

std::string verification_text(const Tally& tally) {
  if (tally.verified == 0) return tally.verifiable == 0 ? "none to verify" : "none verified";
  const bool all = tally.verified == tally.verifiable;
  const std::string count =
      std::to_string(tally.verified) + " of " + std::to_string(tally.verifiable);
  return (all ? "all" : count) + " verified (worst error " + scientific(tally.worst_error) +
         ", tolerance " + shortest(tally.tolerance) + ")";
}

std::string residual_text(const Tally& tally) {
  if (tally.worst_residual_bytes == 0) return "residual 0 bytes in all";
  return "residual up to " + std::to_string(tally.worst_residual_bytes) + " bytes";
}

}  // namespace clipbench::reporters
