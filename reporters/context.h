// What reports need to know beyond the records. All members may be left empty.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clipbench::reporters {

struct Context {
  /// Order of methods in tables and figures; vanilla is first in any case, unknown ones keep the
  /// records' order.
  std::vector<std::string> method_order;
  std::string date;  ///< of the run, ISO 8601; empty: the first record's
  std::string executable = "clipbench";
  std::int64_t cpus = 0;
  double mhz_per_cpu = 0;
  bool draw = true;  ///< false: data and scripts of the figures are written, gnuplot is not started
};

}  // namespace clipbench::reporters
