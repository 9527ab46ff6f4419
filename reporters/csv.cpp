#include "reporters/csv.h"

#include "reporters/columns.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

using Escape = std::string (*)(const std::string&);

std::string header(const std::vector<Column>& shown, char separator) {
  std::string out;
  for (const Column& c : shown) out += (out.empty() ? "" : std::string(1, separator)) + c.key;
  return out + "\n";
}

std::string line(const std::vector<Column>& shown, const Row& row, char separator, Escape escape) {
  std::string out;
  for (const Column& c : shown) {
    if (&c != &shown.front()) out += separator;
    const std::string value = raw(c, row);
    out += c.is_text() ? escape(value) : value;
  }
  return out + "\n";
}

}  // namespace

std::string table_csv(const std::vector<Record>& records, const Context& context) {
  const auto shown = columns_for(kCsv);
  std::string out = header(shown, ',');
  for (const Group& g : group(records, context)) {
    for (const CaseSummary& c : g.cases) {
      for (const Record* r : c.records)
        out += line(shown, {summarize({r}), g.vanilla()}, ',', csv_field);
    }
  }
  return out;
}

std::string index_tsv(const std::vector<Record>& records, const Context& context) {
  const auto shown = columns_for(kIndex);
  std::string out = header(shown, '\t');
  for (const Group& g : group(records, context)) {
    for (const CaseSummary& c : g.cases) out += line(shown, {c, g.vanilla()}, '\t', tsv_field);
  }
  return out;
}

}  // namespace clipbench::reporters
