// A kept table of overheads as a figure.
#pragma once

#include <string>

namespace clipbench::bench {

/// Writes `file`.dat, .gp, .pdf and .png; a `file` that is empty is `tsv`, either may have an
/// extension. Throws UsageError where `tsv` is no table of overheads, std::system_error where a
/// file can't be written, NotUsable where gnuplot or pdftocairo are missing or fail.
void draw_overhead(const std::string& tsv, const std::string& file);

}  // namespace clipbench::bench
