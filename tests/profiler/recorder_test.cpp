#include "profiler/recorder.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <thread>

#include "explain.h"
#include "mlp.h"
#include "profiler/clock.h"
#include "profiler/observe.h"

namespace clipbench::profiler {
namespace {

class CpuRecorder : public testing::Test {
 protected:
  std::unique_ptr<Recorder> recorder = Recorder::make(at::kCPU);
};

TEST_F(CpuRecorder, TenMiBAreTenMiBAtThePeak) {
  const std::int64_t before = recorder->allocated_bytes();
  recorder->start();
  {
    const Scope scope(Component::gram, "fc");
    const at::Tensor t = at::empty({10_MiB}, at::kByte);
  }
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(report.peak_allocated_bytes - before, 10_MiB);
  EXPECT_EQ(of(report.components_at_peak, Component::gram), 10_MiB);
  EXPECT_EQ(of(report.components_at_peak, Component::rounding), 0);
  EXPECT_EQ(report.largest_at_peak.front().owner, "fc");
}

TEST_F(CpuRecorder, MlpClosesToTheByte) {
  Mlp mlp(4, 32, 64, at::kFloat);
  mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 3);
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(report.residual_bytes, 0);
  EXPECT_EQ(report.iterations, 3);
  EXPECT_EQ(report.peak_phase, "backward");
  EXPECT_EQ(of(report.components_at_peak, Component::parameters), mlp.parameter_bytes());
  EXPECT_EQ(of(report.components_at_peak, Component::batch), 32 * 64 * 4);
  EXPECT_GT(of(report.components_at_peak, Component::activations), 0);
}

TEST_F(CpuRecorder, ActivationsAfterForwardAreWhatAutogradSaved) {
  Mlp mlp(4, 32, 64, at::kFloat);
  mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 1);
  const SnapshotComponents* s = report.find_snapshot("iter0_after_forward");
  ASSERT_NE(s, nullptr);
  // Of each layer gelu keeps its input and the next linear gelu's output; the last output is kept
  // by pow.
  EXPECT_EQ(of(s->components, Component::activations), (4 * 2) * 32 * 64 * 4);
}

TEST_F(CpuRecorder, ClosedFormHoldsAndASwappedTagBreaksIt) {
  Mlp mlp(4, 32, 64, at::kFloat);
  mlp.step();
  const ClosedForm expected{mlp.parameter_bytes(), mlp.parameter_bytes(), 0};
  const PeakReport right = record_steps(*recorder, mlp, 1);
  const auto checks = [&](const PeakReport& r) {
    return check_closed_form(expected, r.find_snapshot("iter0_after_backward")->components,
                             r.find_snapshot("iter0_after_step")->components);
  };
  EXPECT_TRUE(all_hold(checks(right)));
  Recording doctored = recorder->last_recording();
  for (Event& e : doctored.events) {
    if (e.kind != Event::Kind::claim || e.component != Component::parameters) continue;
    e.component = Component::gradients;
    break;
  }
  EXPECT_FALSE(all_hold(checks(analyse(doctored))));
}

TEST_F(CpuRecorder, AnyDroppedFreeOfARealStepBreaksTheLaw) {
  Mlp mlp(2, 8, 16, at::kFloat);
  mlp.step();
  ASSERT_TRUE(record_steps(*recorder, mlp, 1).closes());
  const Recording& recording = recorder->last_recording();
  int dropped = 0;
  for (std::size_t i = 0; i < recording.events.size(); ++i) {
    if (recording.events[i].kind != Event::Kind::free) continue;
    Recording doctored = recording;
    doctored.events.erase(doctored.events.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(analyse(doctored).closes()) << "event " << i;
    ++dropped;
  }
  EXPECT_GT(dropped, 10);
}

TEST_F(CpuRecorder, AllocationsOfManyThreadsClose) {
  recorder->start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      const Scope scope(Component::norms);
      for (int i = 0; i < 1000; ++i) at::empty({100 + i}, at::kByte);
    });
  }
  for (std::thread& t : threads) t.join();
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_GE(report.threads, 4);
  EXPECT_GE(of(report.components_at_peak, Component::norms), 1099);
}

TEST_F(CpuRecorder, ScopesNestAndEnd) {
  recorder->start();
  at::Tensor inner, outer, none;
  {
    const Scope a(Component::noise);
    {
      const Scope b(Component::gram);
      inner = at::empty({100}, at::kByte);
    }
    outer = at::empty({200}, at::kByte);
  }
  none = at::empty({400}, at::kByte);
  recorder->take_snapshot("now");
  const ComponentBytes bytes = recorder->stop().find_snapshot("now")->components;
  EXPECT_EQ(of(bytes, Component::gram), 100);
  EXPECT_EQ(of(bytes, Component::noise), 200);
  EXPECT_GE(of(bytes, Component::temporary), 400);
}

TEST_F(CpuRecorder, SnapshotsAreNamedForTheirIteration) {
  recorder->take_snapshot("model_loaded");
  recorder->start();
  recorder->begin_iteration(7);
  snapshot("before_forward");
  recorder->stop();
  snapshot("ignored");
  ASSERT_EQ(recorder->snapshots().size(), 2u);
  EXPECT_EQ(recorder->snapshots()[0].name, "model_loaded");
  EXPECT_EQ(recorder->snapshots()[1].name, "iter7_before_forward");
  EXPECT_LE(recorder->snapshots()[0].t_ns, recorder->snapshots()[1].t_ns);
}

TEST_F(CpuRecorder, ClaimsOfNothingAndWhileNobodyRecordsAreIgnored) {
  const at::Tensor t = at::empty({10});
  claim(t, Component::gram);
  begin_phase("forward");
  end_phase();
  recorder->start();
  claim(at::Tensor(), Component::gram);
  claim(at::empty({0}), Component::gram);
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(of(report.components_at_peak, Component::gram), 0);
}

TEST_F(CpuRecorder, RecordsAgainAfterAnAbandonedRecording) {
  Recorder::make(at::kCPU)->start();
  recorder->start();
  const at::Tensor t = at::empty({10});
  EXPECT_TRUE(recorder->stop().closes());
}

TEST_F(CpuRecorder, ASecondRecordingAtOnceIsRefused) {
  recorder->start();
  EXPECT_THROW(recorder->start(), c10::Error);
  EXPECT_THROW(Recorder::make(at::kCPU)->start(), c10::Error);
  EXPECT_TRUE(recorder->stop().closes());
  EXPECT_THROW(recorder->stop(), c10::Error);
}

TEST_F(CpuRecorder, SnapshotCostsMicrosecondsAtMost) {
  constexpr int n = 2000;
  recorder->start();
  const std::int64_t begin = now_ns();
  for (int i = 0; i < n; ++i) snapshot("after_forward");
  const double us = static_cast<double>(now_ns() - begin) / 1e3 / n;
  recorder->stop();
  std::printf("a snapshot costs %.3f us\n", us);
  EXPECT_LT(us, 20);  // 2 on a quiet machine; this one may be shared or run under a sanitizer
}

}  // namespace
}  // namespace clipbench::profiler
