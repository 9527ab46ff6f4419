#include "comparison/words.h"

#include <cmath>
#include <functional>
#include <map>

#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

using reporters::fixed;

void append(std::string& text, const std::string& separator, const std::string& more) {
  if (!more.empty()) text += (text.empty() ? "" : separator) + more;
}

std::string moved_components(const MemoryJudgement& memory) {
  std::string text;
  for (const auto& [component, bytes] : memory.moved)
    append(text, ", ", bytes_change(bytes) + " " + reporters::one_line(component));
  return text;
}

std::string moved_peak(const MemoryJudgement& memory) {
  if (memory.base_phase == memory.new_phase) return "";
  return "peak moved from " + reporters::one_line(memory.base_phase) + " to " +
         reporters::one_line(memory.new_phase);
}

std::string changed_reserved(const MemoryJudgement& memory) {
  if (!memory.base_reserved_bytes || !memory.new_reserved_bytes) return "";
  const std::int64_t change = *memory.new_reserved_bytes - *memory.base_reserved_bytes;
  return change == 0 ? "" : "reserved " + bytes_change(change);
}

std::string p_text(double p) { return p < 0.0001 ? "below 0.0001" : fixed(p, 4); }

std::string processes_text(std::size_t base, std::size_t next) {
  return std::to_string(base) + " against " + std::to_string(next) +
         (next == 1 ? " process" : " processes");
}

using Counts = std::map<Verdict, std::size_t>;

/// `1 regressed, 7 same`, the worst first.
std::string counted(const Counts& counts, const std::function<std::string(Verdict)>& word) {
  std::string text;
  for (auto one = counts.rbegin(); one != counts.rend(); ++one)
    append(text, ", ", std::to_string(one->second) + " " + word(one->first));
  return text;
}

std::size_t timed_cases(const Comparison& comparison, const TimeJudgement*& smallest) {
  std::size_t count = 0;
  for (const CaseComparison& one : comparison.cases) {
    if (!one.time) continue;
    ++count;
    if (!one.time->attainable && !smallest) smallest = &*one.time;
  }
  return count;
}

std::size_t enough_processes(std::size_t cases, double alpha) {
  std::size_t count = 2;
  while (most_rejectable_cases(count, count, alpha) < cases) ++count;
  return count;
}

}  // namespace

std::string memory_word(Verdict verdict, Subject subject) {
  if (subject == Subject::methods && verdict == Verdict::regressed) return "more";
  if (subject == Subject::methods && verdict == Verdict::improved) return "less";
  return to_string(verdict);
}

std::string time_word(Verdict verdict, Subject subject) {
  if (subject == Subject::methods && verdict == Verdict::regressed) return "slower";
  if (subject == Subject::methods && verdict == Verdict::improved) return "faster";
  return to_string(verdict);
}

std::string bytes_change(std::int64_t bytes) {
  if (bytes == 0) return "0";
  const std::string text = reporters::signed_mib(bytes);
  return text.ends_with(" B") ? text : text + " MiB";
}

std::string because(const MemoryJudgement& memory) {
  if (memory.verdict == Verdict::same) return "";
  std::string text = memory.varies;
  append(text, "; ", moved_components(memory));
  append(text, "; ", moved_peak(memory));
  append(text, "; ", changed_reserved(memory));
  if (!memory.tolerated_because.empty())
    append(text, "; ", "tolerated: " + reporters::one_line(memory.tolerated_because));
  return text;
}

std::string because(const TimeJudgement& time) {
  if (time.verdict != Verdict::regressed && time.verdict != Verdict::improved) return "";
  const double percent = 100 * std::abs(time.ratio - 1);
  return fixed(percent, 1) + " % " + (time.ratio > 1 ? "slower" : "faster") + " (" +
         fixed(time.interval->low, 3) + " to " + fixed(time.interval->high, 3) + "), p " +
         p_text(time.adjusted_p) + ", Cliff's delta " + (time.delta > 0 ? "+" : "") +
         fixed(time.delta, 2) + ", " + processes_text(time.base_processes, time.new_processes);
}

std::string status_because(const CaseComparison& one) {
  if (one.base_status == one.new_status) {
    return one.new_status.empty() ? "" : one.new_status + "; BASE: the same";
  }
  return (one.new_status.empty() ? "ok" : one.new_status) +
         "; BASE: " + (one.base_status.empty() ? "ok" : one.base_status);
}

std::vector<std::string> because(const CaseComparison& one) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) lines.push_back(text);
  };
  add(status_because(one));
  if (one.memory) add(because(*one.memory));
  if (one.time) add(because(*one.time));
  return lines;
}

std::string counts_line(const Comparison& comparison, Subject subject) {
  Counts status, memory, time;
  for (const CaseComparison& one : comparison.cases) {
    if (!one.memory) ++status[one.status];
    if (one.memory) ++memory[one.memory->verdict];
    if (one.time) ++time[one.time->verdict];
  }
  const std::size_t cases = comparison.cases.size();
  std::string text;
  if (!memory.empty())
    append(text, "; ",
           "memory " + counted(memory, [&](Verdict v) { return memory_word(v, subject); }));
  if (!time.empty())
    append(text, "; ", "time " + counted(time, [&](Verdict v) { return time_word(v, subject); }));
  if (!status.empty())
    append(text, "; ",
           "without numbers " + counted(status, [](Verdict v) { return to_string(v); }));
  return std::to_string(cases) + (cases == 1 ? " case" : " cases") +
         (text.empty() ? "" : ": " + text);
}

std::string attainability_line(const Comparison& comparison, double alpha) {
  const TimeJudgement* few = nullptr;
  const std::size_t cases = timed_cases(comparison, few);
  if (!few) return "";
  const auto most = most_rejectable_cases(few->base_processes, few->new_processes, alpha);
  const std::string enough = std::to_string(enough_processes(cases, alpha));
  const std::string here = std::to_string(cases) + (cases == 1 ? " case" : " cases");
  return processes_text(few->base_processes, few->new_processes) +
         (most == 0 ? " cannot show a difference"
                    : " can show a difference in up to " + std::to_string(most) +
                          (most == 1 ? " case" : " cases")) +
         "; for " + here + " it takes " + enough + " against " + enough;
}

}  // namespace clipbench::comparison
