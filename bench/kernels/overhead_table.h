// The rows of `clipbench-kernels overhead` as curves that can be drawn.
#pragma once

#include <string>
#include <vector>

#include "bench/kernels/table.h"
#include "reporters/overhead_curves.h"

namespace clipbench::bench {

/// The columns that a table of overheads has.
const std::vector<std::string>& overhead_columns();

/// Layers in the order of their first rows, curves and points likewise. Throws UsageError where
/// there is no row, a way is unknown, or a cell is no number.
std::vector<reporters::OverheadLayer> overhead_layers(const Table& overhead);

}  // namespace clipbench::bench
