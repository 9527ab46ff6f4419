#include "guard/checks.h"

#include <c10/cuda/CUDAFunctions.h>
#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "guard/account.h"
#include "guard/budget_file.h"
#include "guard/findings.h"
#include "profiler/recorder.h"

namespace clipbench::guard {
namespace {

c10::Device watched_device{c10::kCPU};

struct Measurement {
  profiler::Recording recording;
  std::string fault;  ///< why it says nothing; "" if it does
};

std::string fault_of(const profiler::PeakReport& report) {
  const std::string text = "memory can't be accounted for: ";
  if (!report.faults.empty()) return text + report.faults.front();
  for (const profiler::LawCheck& check : report.checks) {
    if (check.holds) continue;
    return text + check.name + " is " + std::to_string(check.actual) + " bytes, the allocator's " +
           std::to_string(check.expected);
  }
  return "";
}

/// A snapshot after each repetition.
Measurement record(const Code& code, int repetitions) {
  const auto recorder = profiler::Recorder::make(watched_device);
  recorder->start();
  for (int i = 0; i < repetitions; ++i) {
    recorder->begin_iteration(i);
    code();
    recorder->take_snapshot("repetition_end");
  }
  const profiler::PeakReport report = recorder->stop();
  return {recorder->last_recording(), fault_of(report)};
}

bool updating() {
  const char* const value = std::getenv("CLIPBENCH_UPDATE_BUDGETS");
  return value && std::string(value) == "1";
}

std::string update(const std::filesystem::path& file, const std::string& name,
                   const Account& account) {
  const std::string changed = write_budget(file, name, measured_budget(account));
  if (!changed.empty()) std::printf("%s: %s: %s\n", file.c_str(), name.c_str(), changed.c_str());
  return "";
}

std::string judge(const std::filesystem::path& file, const std::string& name,
                  const Account& account) {
  const std::string findings = budget_findings(account, read_budget(file, name), name);
  return findings.empty() ? "" : findings + "\nbudgets: " + file.string();
}

}  // namespace

OnDevice::OnDevice(c10::Device device) : previous_(watched_device) { watched_device = device; }
OnDevice::~OnDevice() { watched_device = previous_; }

bool cuda_is_available() { return c10::cuda::device_count() > 0; }

std::string check_peak(std::int64_t allowed_bytes, const Code& code) {
  const Measurement measured = record(code, 1);
  if (!measured.fault.empty()) return measured.fault;
  return peak_finding(Account(measured.recording), allowed_bytes);
}

std::string check_no_growth(int repetitions, const Code& code) {
  TORCH_CHECK(repetitions >= 2, "growth needs 2 repetitions or more, got ", repetitions);
  const Measurement measured = record(code, repetitions);
  if (!measured.fault.empty()) return measured.fault;
  return growth_finding(Account(measured.recording), snapshot_positions(measured.recording));
}

std::string check_budget(const std::filesystem::path& file, const std::string& name,
                         const Code& code) {
  if (file.empty()) return "no file of budgets; BUDGETS of clipbench_add_memory_test names it";
  const Measurement measured = record(code, 1);
  if (!measured.fault.empty()) return measured.fault;
  const std::string full_name = name + (watched_device.is_cuda() ? "/cuda" : "/cpu");
  const Account account(measured.recording);
  try {
    return updating() ? update(file, full_name, account) : judge(file, full_name, account);
  } catch (const BudgetError& error) {
    return error.what();
  }
}

}  // namespace clipbench::guard
