// The columns of every table, declared once: console, CSV, TSV and LaTeX walk columns().
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "reporters/case_summary.h"

namespace clipbench::reporters {

/// Absent, exact integer, number, text.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

struct Row {
  const CaseSummary& item;
  const CaseSummary* vanilla;  ///< nullptr: no ratios
};

/// Where a column is shown.
enum Place : unsigned {
  kConsole = 1,
  kDetail = 2,  ///< second table of summary.txt
  kCsv = 4,     ///< table.csv: a row a process
  kLatex = 8,
  kIndex = 16,  ///< index.tsv: a row a case
};

enum class Format { text, integer, mib, ms, percent, ratio, suffix, decimal, scientific };

struct Column {
  const char* key;      ///< of files: name and unit
  const char* heading;  ///< of tables
  const char* unit;     ///< of the raw value; "" for none
  Value (*get)(const Row&);
  Format format;
  unsigned places;
  bool is_text() const { return format == Format::text; }
};

const std::vector<Column>& columns();
std::vector<Column> columns_for(Place);

/// As tables show it; "-" where absent.
std::string formatted(const Column&, const Row&);
/// As files hold it: exact, "" where absent; not yet escaped.
std::string raw(const Column&, const Row&);

}  // namespace clipbench::reporters
