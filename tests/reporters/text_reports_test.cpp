// Console, CSV, LaTeX and summary: byte-exact against kept files, and what must hold for any
// records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "golden.h"
#include "reporters/console_table.h"
#include "reporters/csv.h"
#include "reporters/latex.h"
#include "reporters/summary_text.h"
#include "reporters/text.h"
#include "sample_record.h"

namespace clipbench::reporters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHostile = "';$(rm -rf x)`id`\n\"\\_&%#{}~^ \x1b[31m";

Context context() {
  Context c;
  c.method_order = {"vanilla",     "microbatch", "explicit", "fast_clip", "ghost",
                    "mixed_ghost", "flash_clip", "bk",       "per_layer"};
  return c;
}

/// Two groups: a CPU one with one process a case, a GPU one with three, an OOM and a crash.
std::vector<Record> mixed_run() {
  std::vector<Record> run = sample_run();
  for (int repetition = 0; repetition < 3; ++repetition) {
    for (const char* method : {"ghost", "vanilla", "bk"}) {
      run.push_back(sample_record(method, repetition, "gpt2_large", "cuda"));
    }
  }
  run.push_back(failed_record(
      "explicit", Status::oom,
      "in backward: asked 3216.0 MiB, 1104.2 free of 143771; highest until then 142005.1",
      "gpt2_large", "cuda"));
  run.push_back(
      failed_record("fast_clip", Status::crashed, "signal 11 in backward", "gpt2_large", "cuda"));
  return run;
}

std::vector<Record> only_failing() {
  return {failed_record("vanilla", Status::timeout, "no record after 600 s"),
          failed_record("ghost", Status::unsupported, "no rule for conv2d")};
}

std::vector<Record> not_a_number() {
  std::vector<Record> run = sample_run();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  run[1].time.step_ms = {nan, nan, nan, {nan, nan}};
  run[2].time.step_ms.ci95 = {nan, std::numeric_limits<double>::infinity()};
  run[2].verification.max_relative_error = nan;
  return run;
}

std::vector<Record> hostile() {
  std::vector<Record> run = sample_run();
  run.push_back(failed_record("per_layer", Status::invalid, kHostile));
  run[1].config.method = kHostile;
  run[1].memory.peak_phase = kHostile;
  run[2].snapshots[0].name = kHostile;
  run[2].environment.device_name = kHostile;
  return run;
}

std::vector<std::vector<Record>> all_runs() {
  return {{}, sample_run(), mixed_run(), only_failing(), not_a_number(), hostile()};
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, columns_of(line));
  return longest;
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  });
}

TEST(ConsoleTable, Golden) {
  const auto run = mixed_run();
  expect_golden("console.txt", console_table(run, context()) + closing_line(run) + "\n");
}

TEST(ConsoleTable, VanillaComesFirstAndTheRestInTheGivenOrder) {
  const std::string table = console_table(mixed_run(), context());
  const std::size_t second = table.find("gpt2_large/.*/T:1024/B:8/bf16/cuda");
  ASSERT_NE(second, std::string::npos);
  const auto at = [&](const char* method) {
    return table.find(std::string("\n") + method + " ", second);
  };
  EXPECT_LT(at("vanilla"), at("explicit"));
  EXPECT_LT(at("explicit"), at("fast_clip"));
  EXPECT_LT(at("fast_clip"), at("ghost"));
  EXPECT_LT(at("ghost"), at("bk"));
}

TEST(ConsoleTable, IsPlainAsciiUnlessAskedOtherwise) {
  const std::string plain = console_table(mixed_run(), context());
  EXPECT_TRUE(std::all_of(plain.begin(), plain.end(),
                          [](char c) { return static_cast<signed char>(c) > 0; }));
  EXPECT_THAT(plain, Not(HasSubstr("\033")));
  const std::string rich = console_table(mixed_run(), context(), {.color = true, .unicode = true});
  EXPECT_THAT(rich, HasSubstr("±%"));
  EXPECT_THAT(rich, HasSubstr("\033[31mfast_clip"));
}

TEST(ConsoleTable, AFailingCaseKeepsItsRowWithTheReason) {
  EXPECT_THAT(console_table(mixed_run(), context()),
              HasSubstr("\nexplicit  OOM in backward: asked 3216.0 MiB"));
}

TEST(ConsoleTable, OneFailingProcessTakesTheCaseItsNumbers) {
  std::vector<Record> run = {sample_record("vanilla"), sample_record("ghost", 0),
                             sample_record("ghost", 1)};
  run[2].status = Status::incorrect;
  run[2].reason = "norms differ";
  EXPECT_THAT(console_table(run, context()),
              HasSubstr("ghost          incorrect: norms differ (1 of 2 processes)"));
}

TEST(ClosingLine, CountsCasesByStatus) {
  EXPECT_EQ(closing_line(sample_run()),
            "5 cases: 5 ok, all verified (worst error 3.1e-15, tolerance 1e-12), residual 0 bytes "
            "in all");
  EXPECT_EQ(closing_line({}), "0 cases");
  EXPECT_EQ(closing_line(only_failing()), "2 cases: 1 unsupported, 1 timeout");
  std::vector<Record> run = sample_run();
  run[4].verification.done = false;
  run[4].memory.residual_bytes = -512;
  EXPECT_THAT(closing_line(run), HasSubstr("3 of 4 verified"));
  EXPECT_THAT(closing_line(run), HasSubstr("residual up to -512 bytes"));
}

TEST(Summary, Golden) { expect_golden("summary.txt", summary_text(mixed_run(), context())); }

TEST(Summary, HasSixSectionsInOrderAndAtMostAHundredColumns) {
  for (const auto& run : all_runs()) {
    const std::string text = summary_text(run, context());
    std::size_t at = 0;
    for (const char* section : {"\n1 results\n", "\n2 at the peak\n", "\n3 DP overhead\n",
                                "\n4 timeline\n", "\n5 checks\n", "\n6 not measured\n"}) {
      const std::size_t found = text.find(section, at);
      ASSERT_NE(found, std::string::npos) << section << " in\n" << text;
      at = found;
    }
    EXPECT_LE(longest_line(text), 100U) << text;
    EXPECT_FALSE(has_control_characters(text));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
  }
}

TEST(Summary, ShowsWhatIsWrong) {
  std::vector<Record> run = sample_run();
  run[1].checks[1].holds = false;
  run[2].time.settled = false;
  run.push_back(sample_record("bk", 1));
  run.back().memory.peak_allocated_bytes += 512;
  run.back().environment.clocks["throttle_reasons"] = "sw_power_cap";
  run.back().environment.other_gpu_processes_bytes = {1 << 20, 2 << 20};
  const std::string text = summary_text(run, context());
  EXPECT_THAT(text, HasSubstr("b_components_at_peak expected"));
  EXPECT_THAT(text, HasSubstr("interval still wide"));
  EXPECT_THAT(text, HasSubstr("differ between processes: gpt2_tiny/bk"));
  EXPECT_THAT(text, HasSubstr("sw_power_cap"));
  EXPECT_THAT(text, HasSubstr("2 with 3.0 MiB"));
}

TEST(TableCsv, Golden) { expect_golden("table.csv", table_csv(mixed_run(), context())); }
TEST(IndexTsv, Golden) { expect_golden("index.tsv", index_tsv(mixed_run(), context())); }

TEST(TableCsv, EveryLineHasAllColumns) {
  std::vector<Record> run = mixed_run();
  run.push_back(failed_record("per_layer", Status::invalid, "a, \"b\"\nc"));
  std::istringstream lines(table_csv(run, context()));
  std::string header, line;
  std::getline(lines, header);
  const auto columns = std::count(header.begin(), header.end(), ',');
  int rows = 0;
  while (std::getline(lines, line)) {
    ++rows;
    bool quoted = false;
    std::ptrdiff_t commas = 0;
    for (const char c : line) {
      quoted ^= c == '"';
      commas += c == ',' && !quoted;
    }
    EXPECT_EQ(commas, columns) << line;
  }
  EXPECT_EQ(rows, static_cast<int>(run.size())) << "a row a process";
  EXPECT_THAT(table_csv(run, context()), HasSubstr("\"invalid: a, \"\"b\"\" c\""));
}

TEST(CsvField, NeverStartsAFormula) {
  EXPECT_EQ(csv_field("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
  EXPECT_EQ(csv_field("plain"), "plain");
}

TEST(GnuplotField, StaysOneQuotedColumn) { EXPECT_EQ(gnuplot_field("a\"b\\c\nd"), "\"a'b/c d\""); }

TEST(LongCsv, HoldsExactIntegers) {
  const Record record = sample_record("ghost", 0, "gpt2_large", "cuda");
  const std::string text = long_csv({record});
  EXPECT_THAT(text,
              HasSubstr("gpt2_large/ghost/T:1024/B:8/bf16/cuda,0,component_at_peak,gram," +
                        std::to_string(record.memory.components_at_peak.at("gram")) + ",bytes\n"));
  EXPECT_THAT(text, HasSubstr(",sample,9,"));
  EXPECT_EQ(long_csv({}), "case,repetition,quantity,item,value,unit\n");
}

TEST(Latex, Golden) {
  expect_golden("tables.tex", tables_tex(mixed_run(), context()));
  expect_golden("macros.tex", macros_tex(sample_run(), context()));
}

TEST(Latex, StringsOfRecordsAreOnlyText) {
  Record record = failed_record("ghost", Status::invalid, "\\input{x} 5% of_a & $y$ #1 {~^");
  record.config.method = "a_b&\\input{/etc/passwd}%";
  const std::string table = tables_tex({record}, context());
  EXPECT_THAT(table, HasSubstr("a\\_b\\&\\textbackslash{}input\\{/etc/passwd\\}\\%"));
  const std::string macros = macros_tex({record}, context());
  EXPECT_THAT(macros, HasSubstr("\\textbackslash{}input\\{x\\} 5\\% of\\_a \\& \\$y\\$ \\#1"));
  EXPECT_THAT(macros, Not(HasSubstr("\\input{")));
}

TEST(Reports, NumbersThatAreNotFiniteAreAbsent) {
  const auto run = not_a_number();
  EXPECT_THAT(table_csv(run, context()), Not(HasSubstr("nan")));
  EXPECT_THAT(long_csv(run), Not(HasSubstr("inf")));
  EXPECT_THAT(console_table(run, context()), HasSubstr("explicit"));
}

TEST(Reports, ControlCharactersOfRecordsReachNoFile) {
  const auto run = hostile();
  for (const std::string& text :
       {console_table(run, context()), table_csv(run, context()), long_csv(run),
        tables_tex(run, context()), macros_tex(run, context()), index_tsv(run, context())}) {
    EXPECT_FALSE(has_control_characters(text)) << text;
  }
}

TEST(Text, NumbersAreTheSameEverywhere) {
  EXPECT_EQ(mib(3 << 19), "1.5");
  EXPECT_EQ(signed_mib(-(3 << 19)), "-1.5");
  EXPECT_EQ(signed_mib(512), "+512 B");
  EXPECT_EQ(signed_mib(1070LL << 20), "+1070");
  EXPECT_EQ(with_suffix(24855), "24.9k");
  EXPECT_EQ(with_suffix(1310000), "1.31M");
  EXPECT_EQ(grouped(1979711496), "1,979,711,496");
  EXPECT_EQ(grouped(-123), "-123");
  EXPECT_EQ(columns_of("±%"), 2U);
}

}  // namespace
}  // namespace clipbench::reporters
