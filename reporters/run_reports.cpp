#include "reporters/run_reports.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reporters/benchmark_json.h"
#include "reporters/case_summary.h"
#include "reporters/chrome_trace.h"
#include "reporters/csv.h"
#include "reporters/latex.h"
#include "reporters/record_io.h"
#include "reporters/summary_text.h"

namespace clipbench::reporters {
namespace {

namespace fs = std::filesystem;

/// Writes files of one folder and remembers them.
class Folder {
 public:
  Folder(const fs::path& root, Written& written) : root_(root), written_(written) {}
  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    write_file(root_ / name, text);
    written_.files.push_back(name);
  }

 private:
  const fs::path& root_;
  Written& written_;
};

std::string file_name(const Record& r) {
  return safe_name(r.case_name) + (r.repetition > 0 ? "." + std::to_string(r.repetition) : "");
}

/// With one setting a file a method, as the specification names them; else one a case.
fs::path specification_name(const CaseSummary& c, bool one_setting) {
  if (one_setting) return safe_name(c.method) + "_result.json";
  return fs::path("specification") / (safe_name(c.case_name) + "_result.json");
}

void write_specification(const std::vector<Group>& groups, Folder& folder) {
  for (const Group& g : groups) {
    for (const CaseSummary& c : g.cases) {
      folder.write(specification_name(c, groups.size() == 1),
                   specification_json(c.first()).dump(2, ' ', false,
                                                      nlohmann::json::error_handler_t::replace) +
                       "\n");
    }
  }
}

void write_traces(const std::vector<Record>& records, Folder& folder) {
  for (const Record& r : records) {
    if (r.memory.timeline.t_ns.empty()) continue;
    folder.write(fs::path("traces") / (file_name(r) + ".trace.json"), chrome_trace(r));
  }
}

}  // namespace

Written write_reports(const fs::path& run_folder, const std::vector<Record>& records,
                      const Context& context) {
  Written written;
  Folder folder(run_folder, written);
  folder.write("index.tsv", index_tsv(records, context));
  folder.write("table.csv", table_csv(records, context));
  folder.write("long.csv", long_csv(records));
  folder.write("benchmark.json", benchmark_json(records, context));
  folder.write("tables.tex", tables_tex(records, context));
  folder.write("macros.tex", macros_tex(records, context));
  write_specification(group(records, context), folder);
  write_traces(records, folder);
  folder.write("visualizations/summary.txt", summary_text(records, context));
  written.figures = draw(run_folder, records, context);
  written.files.insert(written.files.end(), written.figures.files.begin(),
                       written.figures.files.end());
  return written;
}

}  // namespace clipbench::reporters
