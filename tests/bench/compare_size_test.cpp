// Large runs: what reading and comparing them costs this process, so that a busy machine does not
// matter.
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/run_folder.h"
#include "comparison/compare.h"
#include "comparison/reports.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kMostSeconds = 60;
#else
constexpr double kMostSeconds = 2;
#endif

reporters::Record record_of(int number) {
  reporters::Record record;
  record.case_name = "gpt2_tiny/bk/T:" + std::to_string(number) + "/B:8/f32/cpu";
  record.config.method = "bk";
  record.time.step_ms.median = 10 + number % 7;
  record.time.samples_ms.assign(15, 10.25);
  record.memory.peak_allocated_bytes = 1000000 + number;
  record.memory.components_at_peak = {{"parameters", 1000000}, {"norms", number}};
  return record;
}

/// Not by write_record(), which waits for the disk.
std::size_t write(const fs::path& folder, const reporters::Record& record, int number) {
  const std::string text = reporters::to_json(record).dump(1);
  std::ofstream(folder / (std::to_string(number) + ".json")) << text;
  return text.size();
}

double seconds_to_compare(const fs::path& base, const fs::path& next) {
  const std::clock_t start = std::clock();
  const auto judged =
      comparison::compare(RunFolder(base).intact_records(), RunFolder(next).intact_records());
  const comparison::ReportContext context = {"BASE", "NEW"};
  EXPECT_FALSE(console_comparison(judged, context, {}).empty());
  EXPECT_EQ(count_findings(judged, comparison::Gate::both), 0U);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  testing::Test::RecordProperty("seconds", std::to_string(seconds));
  return seconds;
}

TEST(CompareSize, TenThousandRecordsOfThreeKilobytesTakeTwoSecondsAtMost) {
  const TestFolder folder;
  std::size_t bytes = 0;
  for (const char* side : {"base", "new"}) {
    fs::create_directories(folder.path() / side / "records");
    for (int i = 0; i < 5000; ++i)
      bytes += write(folder.path() / side / "records", record_of(i), i);
  }
  EXPECT_GE(bytes / 10000, 2800U);
  EXPECT_LE(seconds_to_compare(folder.path() / "base", folder.path() / "new"), kMostSeconds);
}

TEST(CompareSize, ARecordOfAMegabyteTakesTwoSecondsAtMost) {
  const TestFolder folder;
  reporters::Record record = record_of(1);
  const std::vector<std::int64_t> points(24000, 123456789);
  record.memory.timeline = {points, points, {{"parameters", points}, {"norms", points}}};
  std::size_t bytes = 0;
  fs::create_directories(folder.path() / "records");
  bytes += write(folder.path() / "records", record, 1);
  EXPECT_GE(bytes, 1000000U);
  EXPECT_LE(seconds_to_compare(folder.path(), folder.path()), kMostSeconds);
}

}  // namespace
}  // namespace clipbench::bench
