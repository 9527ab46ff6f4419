// Any bytes as a record: refused with a RecordError of one line, or read, written again and shown
// in every text format and figure.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "reporters/benchmark_json.h"
#include "reporters/case_summary.h"
#include "reporters/chrome_trace.h"
#include "reporters/console_table.h"
#include "reporters/csv.h"
#include "reporters/figure_source.h"
#include "reporters/latex.h"
#include "reporters/record_io.h"
#include "reporters/summary_text.h"

namespace {

using namespace clipbench::reporters;

void show(const Record& record) {
  const std::vector<Record> records = {record};
  const Context context;
  console_table(records, context, {});
  summary_text(records, context);
  table_csv(records, context), index_tsv(records, context), long_csv(records);
  tables_tex(records, context), macros_tex(records, context);
  benchmark_json(records, context);
  chrome_trace(record);
  closing_line(records);
  for (const Group& one : group(records, context)) {
    if (record.status != Status::ok) continue;
    breakdown_figure("a", one), timeline_figure("b", one), tradeoff_figure("c", one);
  }
}

/// What was read is what is read back.
void check_round_trip(const Record& record) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  const std::string once = to_json(record).dump(-1, ' ', false, replace);
  const std::string twice = to_json(record_from_text(once, "again")).dump(-1, ' ', false, replace);
  if (once != twice) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const Record record = record_from_text(text, "fuzz.json");
    check_round_trip(record);
    show(record);
  } catch (const RecordError&) {
  }
  return 0;
}
