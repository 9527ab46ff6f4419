// What must hold after a fault, whatever it was.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "tests/bench/fake_worker.h"

namespace clipbench::bench {

/// Half-written files in a folder and below.
std::size_t leftovers(const std::filesystem::path& folder);

/// After a run of two_cases() that lost ghost: vanilla's record is valid, nothing half written and
/// no process is left. Without the fault --resume says `line`, measures ghost alone and completes
/// the folder.
void expect_survived(FakeWorker&, const std::string& line = "1 of 2 processes already measured");

}  // namespace clipbench::bench
