#include "reporters/record_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "sample_record.h"

namespace clipbench::reporters {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string error_of(const json& in) {
  try {
    record_from(in, "f.json");
  } catch (const RecordError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of_text(const std::string& text) {
  const fs::path path = fs::path(::testing::TempDir()) / "broken.json";
  std::ofstream(path) << text;
  try {
    read_record(path);
  } catch (const RecordError& error) {
    const std::string what = error.what();
    EXPECT_EQ(what.find('\n'), std::string::npos) << "one line";
    EXPECT_EQ(what.rfind(path.string() + ": ", 0), 0U) << "the path as given comes first";
    return what.substr(path.string().size() + 2);
  }
  return "no error";
}

TEST(RecordIo, EveryMemberSurvivesAFile) {
  const fs::path path = fs::path(::testing::TempDir()) / "record.json";
  Record record = sample_record("ghost", 3, "gpt2_small", "cuda");
  record.reason = "a \"reason\"\nin two lines";
  write_record(path, record);
  EXPECT_EQ(to_json(read_record(path)), to_json(record));
}

TEST(RecordIo, AbsentIsNullAndNullIsAbsent) {
  const json out = to_json(sample_record("ghost"));
  EXPECT_TRUE(out["memory"]["peak_reserved_bytes"].is_null());
  EXPECT_TRUE(out["reason"].is_null());
  const Record back = record_from(out, "f.json");
  EXPECT_FALSE(back.memory.peak_reserved_bytes.has_value());
  EXPECT_FALSE(back.reason.has_value());
}

TEST(RecordIo, NonFiniteNumbersBecomeNull) {
  Record record = sample_record("ghost");
  record.time.step_ms.median = std::numeric_limits<double>::quiet_NaN();
  record.time.samples_ms = {1.0, std::numeric_limits<double>::infinity()};
  const json out = to_json(record);
  EXPECT_TRUE(out["time"]["step_ms"]["median"].is_null());
  EXPECT_TRUE(out["time"]["samples_ms"][1].is_null());
  EXPECT_TRUE(out["specification"]["avg_time_ms"].is_null());
  EXPECT_TRUE(std::isnan(record_from(out, "f").time.step_ms.median));
}

TEST(RecordIo, OldRecordsMayLackOptionalKeysOnly) {
  json out = to_json(sample_record("ghost"));
  out.erase("reason");
  out["memory"].erase("peak_reserved_bytes");
  EXPECT_EQ(error_of(out), "no error");
  out["time"]["step_ms"].erase("median");
  EXPECT_EQ(error_of(out), "f.json: not a record: \"time.step_ms.median\" is missing");
}

TEST(RecordIo, SaysWhatIsWrong) {
  json out = to_json(sample_record("ghost"));
  EXPECT_EQ(error_of(json::array()), "f.json: not a record: it is no JSON object");
  json wrong = out;
  wrong["schema"] = "clipbench.record/9";
  EXPECT_THAT(error_of(wrong), HasSubstr("schema \"clipbench.record/9\", this build reads"));
  wrong = out;
  wrong["memory"]["components_at_peak"]["gram"] = 1.5;
  EXPECT_THAT(error_of(wrong), HasSubstr("\"memory.components_at_peak.gram\" must be an integer"));
  wrong = out;
  wrong["status"] = "fine";
  EXPECT_THAT(error_of(wrong), HasSubstr("unknown status \"fine\"; one of: ok, incorrect"));
}

TEST(RecordIo, ATruncatedFileSaysWhereItEnds) {
  const std::string text = to_json(sample_record("ghost")).dump(1);
  const std::size_t cut = text.find("\"samples_ms\"") + 30;
  EXPECT_EQ(error_of_text(text.substr(0, cut)),
            "not a record: ends at byte " + std::to_string(cut) + " inside \"samples_ms\"");
  EXPECT_EQ(error_of_text(""), "not a record: ends at byte 0");
  EXPECT_EQ(error_of_text("{\"case\": nonsense, \"x\": 1}"),
            "not a record: no JSON at byte 11 inside \"case\"");
  EXPECT_THROW(read_record("/nonexistent/r.json"), RecordError);
}

TEST(RecordIo, CutAtAnyByteIsRefusedWithTheByte) {
  const std::string text = to_json(failed_record("ghost", Status::oom, "full")).dump(1);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    try {
      record_from_text(text.substr(0, cut), "f.json");
      FAIL() << "read, though cut at byte " << cut;
    } catch (const RecordError& error) {
      ASSERT_THAT(error.what(), HasSubstr("ends at byte " + std::to_string(cut)));
    }
  }
  EXPECT_EQ(to_json(record_from_text(text, "f.json")).dump(1), text);
}

TEST(RecordIo, IntegersThatWouldOverflowAreRefused) {
  json out = to_json(sample_record("ghost"));
  for (const json& huge : {json(std::uint64_t(1) << 63), json((std::int64_t(1) << 53) + 1),
                           json(-(std::int64_t(1) << 53) - 1)}) {
    out["memory"]["peak_allocated_bytes"] = huge;
    EXPECT_THAT(error_of(out), HasSubstr("\"memory.peak_allocated_bytes\" is beyond 2^53"));
  }
  out["memory"]["peak_allocated_bytes"] = std::int64_t(1) << 53;
  out["config"]["seed"] = std::numeric_limits<std::int64_t>::max();  // any seed is one
  EXPECT_EQ(error_of(out), "no error");
}

TEST(RecordIo, ASchemaOfManyBracketsIsRefusedInFewWords) {
  const std::string deep(100'000, '[');
  const std::string close(100'000, ']');
  try {
    record_from_text("{\"schema\": " + deep + close + "}", "f.json");
    FAIL();
  } catch (const RecordError& error) {
    EXPECT_STREQ(error.what(), "f.json: not a record: \"schema\" must be a string, is array");
  }
}

TEST(RecordIo, WritingIsAtomicAndLeavesNothingBehind) {
  const fs::path folder = fs::path(::testing::TempDir()) / "atomic";
  fs::remove_all(folder);
  fs::create_directories(folder);
  write_file(folder / "a.txt", "first");
  write_file(folder / "a.txt", "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
  EXPECT_THROW(write_file(folder / "missing" / "a.txt", "x"), std::system_error);
}

TEST(RecordIo, BytesThatAreNoUtf8DoNotLoseTheRecord) {
  const fs::path path = fs::path(::testing::TempDir()) / "bytes.json";
  write_record(path, failed_record("ghost", Status::crashed, "last words: \xff\xfe"));
  EXPECT_THAT(read_record(path).reason.value(), HasSubstr("last words"));
}

TEST(SafeName, HoldsNoSeparatorAndNothingForAShell) {
  EXPECT_EQ(safe_name("gpt2_small/ghost/T:1024/B:16/bf16/cuda"),
            "gpt2_small.ghost.T-1024.B-16.bf16.cuda");
  EXPECT_EQ(safe_name("a/../b';$(rm)\n"), "a....b----rm--");
}

TEST(Specification, HasTheSpecifiedKeysInMebibytes) {
  Record record = sample_record("ghost", 0, "gpt2_small", "cuda");
  record.memory.peak_allocated_bytes = 3 << 20;
  record.memory.components_at_peak = {
      {"parameters", 1 << 20}, {"gram", 1 << 19}, {"noise", 1 << 18}};
  record.time.samples_ms = {1, 2, 6};
  const json out = specification_json(record);
  EXPECT_EQ(out["experiment"], "ghost");
  EXPECT_EQ(out["peak_memory_mb"], 3.0);
  EXPECT_EQ(out["avg_time_ms"], 3.0);
  EXPECT_EQ(out["breakdown"]["model_parameters_mb"], 1.0);
  EXPECT_EQ(out["breakdown"]["temporary_matrices_mb"], 0.5);
  EXPECT_EQ(out["breakdown"]["noise_mb"], 0.25);
  EXPECT_EQ(out["breakdown"]["norm_samples_mb"], 0.0) << "named by the specification: always there";
  EXPECT_EQ(out["breakdown"]["peak_allocated_mb"], 3.0);
  EXPECT_EQ(out["snapshots"][0]["name"], "model_loaded");
  EXPECT_EQ(out["config"]["seq_len"], 1024);
}

}  // namespace
}  // namespace clipbench::reporters
