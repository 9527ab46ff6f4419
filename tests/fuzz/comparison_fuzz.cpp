// Two runs with arbitrary statuses, bytes and times, and arbitrary tolerances: Incomparable or
// ToleranceError, or a comparison that every report can print.
#include <fuzzer/FuzzedDataProvider.h>

#include "comparison/compare.h"
#include "comparison/reports.h"

namespace {

using namespace clipbench;
using reporters::Record;
using reporters::Status;

constexpr const char* kNames[] = {"m/vanilla/T:8/B:2/f32/cpu", "m/bk/T:8/B:2/f32/cpu",
                                  "m/bk/T:9/B:2/f32/cpu", "", "odd|\"<&>`"};

Record record_of(FuzzedDataProvider& in) {
  Record record;
  record.case_name = in.PickValueInArray(kNames);
  record.config.method = in.ConsumeBool() ? "bk" : "vanilla";
  record.config.device = "cpu";
  record.status = static_cast<Status>(in.ConsumeIntegralInRange(0, 6));
  record.repetition = in.ConsumeIntegral<std::int8_t>();
  record.time.step_ms.median = in.ConsumeFloatingPoint<double>();
  record.memory.peak_allocated_bytes = in.ConsumeIntegral<std::int64_t>() >> 10;
  if (in.ConsumeBool())
    record.memory.peak_reserved_bytes = in.ConsumeIntegral<std::int64_t>() >> 10;
  record.memory.components_at_peak[in.ConsumeRandomLengthString(8)] =
      in.ConsumeIntegral<std::int64_t>() >> 10;
  record.memory.peak_phase = in.ConsumeRandomLengthString(8);
  record.environment.build_type = in.ConsumeIntegral<std::uint8_t>() == 7 ? "Debug" : "Release";
  return record;
}

std::vector<Record> run_of(FuzzedDataProvider& in) {
  std::vector<Record> run;
  for (int left = in.ConsumeIntegralInRange(0, 16); left > 0; --left) run.push_back(record_of(in));
  return run;
}

void show(const comparison::Comparison& judged) {
  const comparison::ReportContext context = {"base", "new"};
  console_comparison(judged, context, {});
  markdown_comparison(judged, context);
  junit_comparison(judged, context);
  comparison_figure("figure", judged, context);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  try {
    const auto base = run_of(in), next = run_of(in);
    show(comparison::compare(base, next));
    show(comparison::compare_with_method(next, "vanilla"));
    comparison::Rules rules;
    rules.tolerance = comparison::Tolerance::parse(in.ConsumeRemainingBytesAsString(), "t.json");
    show(comparison::compare(base, next, rules));
  } catch (const comparison::Incomparable&) {
  } catch (const comparison::ToleranceError&) {
  }
  return 0;
}
