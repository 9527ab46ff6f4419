// The record of a case whose worker could not write one.
#pragma once

#include <string>

#include "bench/cases/case.h"
#include "reporters/record.h"

namespace clipbench::bench {

struct Failure {
  reporters::Status status;
  std::string reason;
};

Failure timed_out(double timeout_seconds);
Failure crashed_by(int signal);

/// `stage`: the last one that the worker reported; `stderr_tail`: its last line joins the reason.
reporters::Record failed_record(const Case&, const Failure&, const std::string& stage,
                                const std::string& stderr_tail);

}  // namespace clipbench::bench
