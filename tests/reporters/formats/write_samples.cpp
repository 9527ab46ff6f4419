// Writes sample records and reports into a folder, for the checks of other programs.
#include <filesystem>
#include <limits>

#include "../sample_record.h"
#include "reporters/record_io.h"
#include "reporters/run_reports.h"

int main(int argc, char** argv) {
  using namespace clipbench::reporters;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "records");

  std::vector<Record> records = sample_run();
  for (int repetition = 0; repetition < 3; ++repetition) {
    records.push_back(sample_record("ghost", repetition, "gpt2_small", "cuda"));
  }
  records.push_back(failed_record("fast_clip", Status::oom, "in backward: asked 3216.0 MiB"));
  records[1].time.samples_ms[0] = std::numeric_limits<double>::quiet_NaN();
  records[2].config.knobs = {{"clip", "autos"}};
  for (const Record& r : records) {
    const std::string name = safe_name(r.case_name) + "." + std::to_string(r.repetition) + ".json";
    write_record(folder / "records" / name, r);
  }
  Context context;
  context.draw = false;
  write_reports(folder, records, context);
}
