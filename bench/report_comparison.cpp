#include "bench/report_comparison.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bench/console_style.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "reporters/figures.h"
#include "reporters/record_io.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using comparison::CaseComparison;
using comparison::Comparison;
using comparison::ReportContext;
using comparison::Subject;
using comparison::Verdict;

constexpr std::size_t kMostNames = 3;

void say(const char* topic, const std::string& text) {
  if (!text.empty()) std::fprintf(stderr, "%-8s %s\n", topic, reporters::one_line(text).c_str());
}

/// `2 cases: a, b`, `9 cases: a, b, c, …`; empty without any.
std::string few_names(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string text = std::to_string(names.size()) + (names.size() == 1 ? " case: " : " cases: ");
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i)
    text += (i ? ", " : "") + names[i];
  return text + (names.size() > kMostNames ? ", …" : "");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

void write_report(const char* flag, const std::string& path, const std::string& text) {
  if (path.empty()) return;
  try {
    reporters::write_file(path, text);
  } catch (const std::system_error& error) {
    throw UsageError(std::string(flag) + " " + path + ": " + error.code().message());
  }
}

void append_step_summary(const std::string& markdown) {
  const char* path = std::getenv("GITHUB_STEP_SUMMARY");
  if (!path || !*path) return;
  std::ofstream file(path, std::ios::app);
  file << markdown << "\n";
  if (!file.flush())
    throw UsageError(std::string("GITHUB_STEP_SUMMARY ") + path + ": not writable");
}

/// `--figure out.png` and `--figure out` mean the same.
void draw(const std::string& path, const Comparison& comparison, const ReportContext& context) {
  if (path.empty()) return;
  const fs::path folder = fs::path(path).parent_path();
  const std::string name = reporters::safe_name(fs::path(path).stem().string());
  const auto source = comparison_figure(name, comparison, context);
  if (source.script.empty()) return;
  write_report("--figure", folder / (name + ".dat"), source.data);
  write_report("--figure", folder / (name + ".gp"), source.script);
  const std::string error = reporters::draw_figure(folder.empty() ? "." : folder, name);
  say("figure", error.empty() ? (folder / name).string() + ".pdf, .png" : error);
}

void write_reports(const Comparison& comparison, const ReportContext& context,
                   const CompareOptions& options) {
  const std::string markdown = markdown_comparison(comparison, context);
  write_report("--markdown", options.markdown, markdown);
  append_step_summary(markdown);
  write_report("--junit", options.junit, junit_comparison(comparison, context));
  draw(options.figure, comparison, context);
}

const CaseComparison* worst(const Comparison& comparison, const ReportContext& context) {
  for (const CaseComparison& one : comparison.cases)
    if (is_finding(one, context.gate)) return &one;
  return nullptr;
}

bool improved(const CaseComparison& one) {
  return (one.memory && one.memory->verdict == Verdict::improved) ||
         (one.time && one.time->verdict == Verdict::improved);
}

/// Advice is pasted into shells: a name that is more than a name is not part of it.
bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string("_/:.-").find(static_cast<char>(c)) != std::string::npos;
  });
}

std::string next_step(const Comparison& comparison, const ReportContext& context) {
  const std::string program = program_as_typed();
  if (context.subject == Subject::methods) return "";
  if (const CaseComparison* finding = worst(comparison, context))
    return program + " show " + context.next +
           (is_plain(finding->name) ? " " + finding->name + "       what is there now" : "");
  if (std::any_of(comparison.cases.begin(), comparison.cases.end(), improved))
    return program + " accept " + context.next +
           " --as NAME --reason TEXT       keep the better one";
  return "";
}

std::string result(const Comparison& comparison, const ReportContext& context) {
  if (context.subject == Subject::methods) return "";
  const std::size_t findings = count_findings(comparison, context.gate);
  std::string text = findings == 0 ? "pass"
                                   : std::to_string(findings) + " of " +
                                         std::to_string(comparison.cases.size()) + " cases fail";
  if (!comparison.missing.empty()) text = findings == 0 ? "incomplete" : text + ", incomplete";
  text += std::string("; gate ") + to_string(context.gate);
  if (context.gate == comparison::Gate::memory) text += ": times are shown, not judged";
  if (context.gate == comparison::Gate::time) text += ": memory is shown, not judged";
  return text;
}

void print_closing_lines(const Comparison& comparison, const ReportContext& context) {
  std::fprintf(stderr, "%s\n", counts_line(comparison, context.subject).c_str());
  say("time", attainability_line(comparison, context.alpha));
  say("note", joined(comparison.notes));
  say("missing", few_names(comparison.missing));
  say("new", few_names(comparison.without_base));
  say("result", result(comparison, context));
  say("next", next_step(comparison, context));
}

/// Among methods a difference is a result; only what is no sound measurement is a finding.
bool fails(const Comparison& comparison, const ReportContext& context) {
  if (context.subject == Subject::runs) return count_findings(comparison, context.gate) > 0;
  return std::any_of(comparison.cases.begin(), comparison.cases.end(), [](const auto& one) {
    return one.memory && one.memory->verdict == Verdict::nondeterministic;
  });
}

}  // namespace

comparison::Gate gate_of(const CompareOptions& options) {
  const char* ci = std::getenv("CI");
  const bool in_ci = ci && *ci && std::string(ci) != "false" && std::string(ci) != "0";
  const std::string gate = !options.gate.empty() ? options.gate : in_ci ? "memory" : "both";
  if (gate == "memory") return comparison::Gate::memory;
  return gate == "time" ? comparison::Gate::time : comparison::Gate::both;
}

int report_comparison(const Comparison& comparison, const ReportContext& context,
                      const Options& options) {
  if (!comparison.cases.empty()) {
    const auto style = console_style(options.output.color);
    std::fputs(console_comparison(comparison, context, style).c_str(), stdout);
    std::fflush(stdout);
    print_closing_lines(comparison, context);
  }
  write_reports(comparison, context, options.comparing);
  if (comparison.cases.empty())
    throw NotUsable(context.next + " has none of the " + std::to_string(comparison.missing.size()) +
                    " cases of " + context.base + ": nothing to compare");
  if (!comparison.missing.empty()) return kNotUsable;
  return fails(comparison, context) ? kFinding : kPass;
}

}  // namespace clipbench::bench
