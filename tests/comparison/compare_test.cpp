// Two runs to verdicts: what is a regression, what is refused, and what the reports say of it.
#include "comparison/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "comparison/reports.h"
#include "reporters/record_io.h"
#include "tests/reporters/sample_record.h"

namespace clipbench::comparison {
namespace {

using reporters::Record;
using reporters::sample_record;
using reporters::sample_run;
using reporters::Status;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Records = std::vector<Record>;
using Change = std::function<void(Record&)>;

/// One case, changed.
CaseComparison judged_after(const Change& change, const Rules& rules = {}) {
  const Records base = {sample_record("bk", 0, "gpt2_tiny", "cuda")};
  Records next = base;
  change(next[0]);
  return compare(base, next, rules).cases.at(0);
}

void add_block(Record& record, const std::string& component, std::int64_t bytes) {
  record.memory.components_at_peak[component] += bytes;
  record.memory.peak_allocated_bytes += bytes;
}

/// `count` processes, their times around `ms`, each another one.
Records timed(const std::string& method, int count, double ms) {
  Records records;
  for (int i = 0; i < count; ++i) {
    records.push_back(sample_record(method, i));
    auto& step = records.back().time.step_ms;
    step.median = step.min = ms * (1 + 0.001 * i);
  }
  return records;
}

/// A run that is kept: real records, with every component there is.
Records kept_run() {
  const auto root = std::filesystem::path(__FILE__).parent_path() / "../..";
  Records records;
  for (const auto& entry :
       std::filesystem::directory_iterator(root / "results/baselines/cpu/main/records"))
    records.push_back(reporters::read_record(entry.path()));
  return records;
}

TEST(CompareMemory, FindsOneMoreBlockInEveryComponentOfEveryCaseAndNamesIt) {
  const Records base = kept_run();
  ASSERT_GE(base.size(), 8U);
  for (std::size_t i = 0; i < base.size(); ++i) {
    ASSERT_EQ(base[i].memory.components_at_peak.size(), 16U);
    for (const auto& [component, bytes] : base[i].memory.components_at_peak) {
      Records next = base;
      add_block(next[i], component, 512);
      const Comparison judged = compare(base, next);
      ASSERT_EQ(judged.cases[i].memory->verdict, Verdict::regressed);
      EXPECT_EQ(because(*judged.cases[i].memory), "+512 B " + component);
      EXPECT_EQ(count_findings(judged, Gate::memory), 1U);
      EXPECT_EQ(count_findings(judged, Gate::time), 0U);
    }
  }
}

TEST(CompareMemory, ShowsTheThreeLargestChangesAndWhereThePeakWent) {
  const auto judged = judged_after([](Record& record) {
    record.memory.peak_phase = "backward2";
    add_block(record, "dp_saved", 412 << 20);
    add_block(record, "gram", -(3 << 20));
    add_block(record, "norms", 2048);
    add_block(record, "batch", 512);
  });
  EXPECT_THAT(because(*judged.memory),
              HasSubstr("+412.0 MiB dp_saved, -3.0 MiB gram, +2048 B norms; peak moved from "));
  EXPECT_THAT(because(*judged.memory), HasSubstr(" to backward2"));
}

TEST(CompareMemory, LessIsAnImprovementAndEqualIsTheSame) {
  EXPECT_EQ(judged_after([](Record& r) { add_block(r, "norms", -512); }).memory->verdict,
            Verdict::improved);
  EXPECT_EQ(judged_after([](Record&) {}).memory->verdict, Verdict::same);
}

TEST(CompareMemory, CountsReservedInQuanta) {
  const auto reserved = [](std::int64_t base, std::int64_t next) {
    Records before = {sample_record("bk", 0, "gpt2_tiny", "cuda")}, after = before;
    before[0].memory.peak_reserved_bytes = base;
    after[0].memory.peak_reserved_bytes = next;
    return compare(before, after).cases[0].memory->verdict;
  };
  constexpr std::int64_t quantum = 2 << 20;
  EXPECT_EQ(reserved(9 * quantum + 1, 10 * quantum), Verdict::same);
  EXPECT_EQ(reserved(10 * quantum, 10 * quantum + 1), Verdict::regressed);
  EXPECT_EQ(reserved(10 * quantum, 9 * quantum), Verdict::improved);
}

TEST(CompareMemory, PeaksThatDifferBetweenProcessesAreAFinding) {
  const Records base = timed("bk", 3, 10);
  Records next = base;
  add_block(next[1], "temporary", 512);
  const CaseComparison judged = compare(base, next).cases[0];
  EXPECT_EQ(judged.memory->verdict, Verdict::nondeterministic);
  EXPECT_THAT(because(*judged.memory), HasSubstr("in NEW: "));
  EXPECT_TRUE(is_finding(judged, Gate::memory));
}

TEST(CompareMemory, AToleranceAllowsSoMuchAndSaysWhy) {
  Rules rules;
  rules.tolerance = Tolerance::parse(
      R"({"schema": "clipbench.tolerance/1", "entries": [
          {"case": "gpt2_tiny/bk/.*", "allocated_bytes": 1024, "reason": "a wider header"}]})",
      "file");
  const auto grown = [](std::int64_t bytes) {
    return [bytes](Record& record) { add_block(record, "norms", bytes); };
  };
  const auto allowed = judged_after(grown(1024), rules);
  EXPECT_EQ(allowed.memory->verdict, Verdict::tolerated);
  EXPECT_THAT(because(*allowed.memory), HasSubstr("tolerated: a wider header"));
  EXPECT_EQ(judged_after(grown(1025), rules).memory->verdict, Verdict::regressed);
}

TEST(Tolerance, RefusesWhatItDoesNotUnderstand) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      Tolerance::parse(text, "t.json");
    } catch (const ToleranceError& error) {
      return error.what();
    }
    return "";
  };
  const std::string head = R"({"schema": "clipbench.tolerance/1", "entries": [)";
  EXPECT_THAT(refusal("{"), HasSubstr("t.json: an object is needed"));
  EXPECT_THAT(refusal(R"({"entries": []})"), HasSubstr("\"schema\" must be"));
  EXPECT_THAT(refusal(head + R"({"case": "x", "allocated_bytes": 1}]})"),
              HasSubstr("t.json, entry 1: \"reason\" must be"));
  EXPECT_THAT(refusal(head + R"({"case": "x", "reason": "r", "allocated": 1}]})"),
              HasSubstr("unknown key \"allocated\""));
  EXPECT_THAT(refusal(head + R"({"case": "x", "reason": "r", "allocated_bytes": -1}]})"),
              HasSubstr("0 or more"));
  EXPECT_THAT(refusal(head + R"({"case": "(", "reason": "r"}]})"), HasSubstr("regular expression"));
}

TEST(Tolerance, AnEntryThatMatchesNothingIsNoted) {
  Rules rules;
  rules.tolerance = Tolerance::parse(
      R"({"schema": "clipbench.tolerance/1", "entries": [{"case": "gone", "reason": "r"}]})", "f");
  EXPECT_THAT(compare(sample_run(), sample_run(), rules).notes,
              Contains("no case matches the tolerance for \"gone\""));
}

TEST(CompareTime, JudgesProcessesNotSteps) {
  const Records base = timed("bk", 5, 10);
  const auto verdict = [&](const Records& next) {
    return compare(base, next).cases[0].time->verdict;
  };
  EXPECT_EQ(verdict(timed("bk", 5, 11)), Verdict::regressed);
  EXPECT_EQ(verdict(timed("bk", 5, 9)), Verdict::improved);
  EXPECT_EQ(verdict(timed("bk", 5, 10.001)), Verdict::same);
  EXPECT_EQ(verdict(timed("bk", 1, 20)), Verdict::ambiguous);
}

/// What others do on a CPU slows most steps of a process down, and spares a few.
TEST(CompareTime, IsAProcessesFastestStepOnACpuAndItsMedianOnAGpu) {
  for (const std::string device : {"cpu", "cuda"}) {
    Records base, next;
    for (int i = 0; i < 7; ++i) {
      for (auto* run : {&base, &next}) {
        run->push_back(sample_record("bk", i, "gpt2_tiny", device));
        auto& step = run->back().time.step_ms;
        step.min = 10 + 0.01 * i;
        step.median = (run == &base ? 12 : 15) + 0.01 * i;
      }
    }
    const auto judged = compare(base, next);
    const bool cpu = device == "cpu";
    EXPECT_EQ(judged.cases[0].time->verdict, cpu ? Verdict::same : Verdict::regressed) << device;
    EXPECT_NEAR(judged.cases[0].time->base_ms, cpu ? 10.03 : 12.03, 1e-9);
    const std::vector<std::string> note{"a process's time on a CPU is its fastest step"};
    EXPECT_EQ(judged.notes, cpu ? note : std::vector<std::string>{});
  }
}

TEST(CompareTime, ADifferenceCertainlyBelowTwoPercentIsTheSame) {
  const Records base = timed("bk", 7, 10), next = timed("bk", 7, 10.1);
  const TimeJudgement time = *compare(base, next).cases[0].time;
  EXPECT_LE(time.adjusted_p, 0.05);
  EXPECT_GT(time.interval->low, 1);
  EXPECT_EQ(time.verdict, Verdict::same);
}

TEST(CompareTime, SaysWhenSoManyCasesCannotBeSignificant) {
  Records base, next;
  for (const char* method :
       {"vanilla", "explicit", "ghost", "flash_clip", "bk", "fast_clip", "per_layer"}) {
    for (auto& record : timed(method, 5, 10)) base.push_back(record);
    for (auto& record : timed(method, 5, 11)) next.push_back(record);
  }
  const Comparison judged = compare(base, next);
  EXPECT_EQ(judged.cases[0].time->verdict, Verdict::ambiguous);
  EXPECT_EQ(attainability_line(judged, 0.05),
            "5 against 5 processes can show a difference in up to 6 cases; for 7 cases it takes 6 "
            "against 6");
  base.erase(base.end() - 5, base.end());
  EXPECT_EQ(compare(base, next).cases[0].time->verdict, Verdict::regressed);
  EXPECT_EQ(attainability_line(compare(base, next), 0.05), "");
}

TEST(CompareStatus, LosingACaseIsARegressionWhateverTheGate) {
  const Records base = {sample_record("bk")};
  const auto verdict = [&](Status status) {
    return compare(base, {reporters::failed_record("bk", status, "why")}).cases[0];
  };
  for (const Status status : {Status::oom, Status::unsupported, Status::crashed, Status::timeout,
                              Status::incorrect, Status::invalid}) {
    EXPECT_EQ(verdict(status).status, Verdict::regressed);
    EXPECT_TRUE(is_finding(verdict(status), Gate::memory));
    EXPECT_TRUE(is_finding(verdict(status), Gate::time));
  }
  EXPECT_EQ(status_because(verdict(Status::oom)), "OOM: why; BASE: ok");
}

TEST(CompareStatus, OutOfMemoryInBothIsTheSameAndOneLessIsAnImprovement) {
  const Records lost = {reporters::failed_record("bk", Status::oom, "in backward")};
  EXPECT_EQ(compare(lost, lost).cases[0].status, Verdict::same);
  EXPECT_EQ(compare(lost, {sample_record("bk")}).cases[0].status, Verdict::improved);
  const Records crashed = {reporters::failed_record("bk", Status::crashed, "signal 11")};
  EXPECT_EQ(compare(crashed, crashed).cases[0].status, Verdict::regressed);
}

TEST(CompareRuns, NamesWhatOneOfThemLacks) {
  Records next = sample_run();
  next.erase(next.begin());
  next.push_back(sample_record("per_layer"));
  const Comparison judged = compare(sample_run(), next);
  EXPECT_THAT(judged.missing, ElementsAre(sample_run()[0].case_name));
  EXPECT_THAT(judged.without_base, ElementsAre(next.back().case_name));
}

TEST(CompareRuns, RefusesOtherConditionsWithTheReason) {
  const auto refusal = [](const Change& change) -> std::string {
    try {
      judged_after(change);
    } catch (const Incomparable& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([](Record& r) { r.environment.device_name = "NVIDIA A100"; }),
              HasSubstr("other device: BASE was measured on NVIDIA H200 (143771.0 MiB), NEW on "
                        "NVIDIA A100 (143771.0 MiB)"));
  EXPECT_THAT(refusal([](Record& r) { r.environment.device_memory_bytes /= 2; }),
              HasSubstr("other device"));
  EXPECT_THAT(refusal([](Record& r) { r.environment.build_type = "Debug"; }),
              HasSubstr("other build type: BASE is \"Release\", NEW is \"Debug\""));
  EXPECT_THAT(refusal([](Record& r) { r.environment.allocator_settings = "expandable_segments"; }),
              HasSubstr("other allocator settings: BASE has none"));
  EXPECT_EQ(refusal([](Record& r) { r.environment.device_memory_bytes += 4096; }), "");
}

TEST(CompareRuns, NotesWhatElseDiffers) {
  const Records base = sample_run();
  Records next = base;
  for (Record& record : next) record.environment.torch = "2.12.0";
  EXPECT_THAT(compare(base, next).notes, Contains("torch 2.11.0+cu130 -> 2.12.0"));
}

TEST(CompareMethods, PutsEachBesideTheNamedOneAtItsSetting) {
  Records run = sample_run();
  for (const char* method : {"ghost", "vanilla"})
    run.push_back(sample_record(method, 0, "gpt2_large", "cuda"));
  const Comparison judged = compare_with_method(run, "vanilla");
  ASSERT_EQ(judged.cases.size(), 5U);
  for (const CaseComparison& one : judged.cases) {
    EXPECT_THAT(one.base_name, HasSubstr("/vanilla/"));
    EXPECT_EQ(split_name(one.base_name).pattern, split_name(one.name).pattern);
  }
  EXPECT_THAT(judged.missing, IsEmpty());
  run.pop_back();
  EXPECT_THAT(compare_with_method(run, "vanilla").missing, ElementsAre(HasSubstr("gpt2_large")));
}

// ---- reports

Comparison with_everything(const std::string& method) {
  Records base = timed("bk", 5, 10), next = timed("bk", 5, 11);
  base.push_back(sample_record("ghost"));
  next.push_back(reporters::failed_record("ghost", Status::oom, "in backward"));
  base.push_back(sample_record("explicit"));
  for (Record& record : base)
    if (record.config.method == "bk") record.case_name = "m/" + method + "/rest";
  for (Record& record : next)
    if (record.config.method == "bk") record.case_name = "m/" + method + "/rest";
  for (Record& record : next) add_block(record, "dp_saved", 512);
  return compare(base, next);
}

const ReportContext kContext = {"BASE", "NEW"};

TEST(ComparisonReports, TheTableSaysWhyBelowTheRow) {
  const std::string table = console_comparison(with_everything("bk"), kContext, {});
  EXPECT_THAT(table, HasSubstr("m/.*/rest\n"));
  EXPECT_THAT(table, HasSubstr("  because  +512 B dp_saved\n"));
  EXPECT_THAT(table, HasSubstr("10.0 % slower"));
  EXPECT_THAT(table, HasSubstr("regressed: OOM in backward; BASE: ok"));
}

TEST(ComparisonReports, JUnitCountsFailuresAndErrors) {
  const std::string xml = junit_comparison(with_everything("bk"), kContext);
  EXPECT_THAT(xml, HasSubstr("tests=\"3\" failures=\"2\" errors=\"1\">"));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"OOM in backward; BASE: ok\"/>"));
  EXPECT_THAT(xml, HasSubstr("<error message=\"missing in the new run\"/>"));
}

TEST(ComparisonReports, StringsOfRecordsStayText) {
  const Comparison hostile = with_everything("<b>|`\"&\n]]>");
  const std::string xml = junit_comparison(hostile, kContext);
  EXPECT_THAT(xml, HasSubstr("&lt;b&gt;|`&quot;&amp; ]]&gt;"));
  EXPECT_THAT(xml, Not(HasSubstr("<b>")));
  const std::string markdown = markdown_comparison(hostile, kContext);
  EXPECT_THAT(markdown, HasSubstr("&lt;b>\\|\\`\"&amp; \\]\\]>"));
  const auto figure = comparison_figure("name", hostile, kContext);
  EXPECT_THAT(figure.script, Not(HasSubstr("<b>")));
}

TEST(ComparisonReports, MarkdownMarksFindings) {
  EXPECT_THAT(markdown_comparison(with_everything("bk"), kContext), HasSubstr("| **m/bk/rest** |"));
}

TEST(ComparisonReports, NothingWithNumbersIsNoFigure) {
  const Records lost = {reporters::failed_record("bk", Status::oom, "in backward")};
  EXPECT_EQ(comparison_figure("name", compare(lost, lost), kContext).script, "");
}

TEST(ComparisonOrder, IsVanillaThenTheMethodsOrder) {
  Comparison comparison;
  for (const char* name : {"m/bk/r", "m/new/r", "m/vanilla/r", "n/bk/r", "m/ghost/r"}) {
    comparison.cases.emplace_back();
    comparison.cases.back().name = name;
  }
  sort_cases(comparison, {"ghost", "bk"});
  std::vector<std::string> names;
  for (const auto& one : comparison.cases) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("m/vanilla/r", "m/ghost/r", "m/bk/r", "m/new/r", "n/bk/r"));
}

}  // namespace
}  // namespace clipbench::comparison
