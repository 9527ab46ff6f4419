// Tables as files: exact numbers, bytes as integers, absent values empty. Pure.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// table.csv: a row a process, a column a quantity. Ratios are against vanilla's median over its
/// processes.
std::string table_csv(const std::vector<Record>& records, const Context& context);
/// index.tsv: a row a case: status, bytes, medians.
std::string index_tsv(const std::vector<Record>& records, const Context& context);
/// long.csv, tidy: case, repetition, quantity, item, value, unit. `item` is the component,
/// snapshot, phase, kernel or sample that the quantity is about, else empty.
std::string long_csv(const std::vector<Record>& records);

}  // namespace clipbench::reporters
