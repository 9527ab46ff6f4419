#include "bench/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "bench/signals.h"
#include "bench/worker_process.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

ProcessRequest shell(const std::string& command) {
  ProcessRequest request;
  request.argv = {"/bin/sh", "-c", command};
  request.timeout_seconds = 20;
  return request;
}

TEST(Process, HandsOverLinesExitCodeAndTheTailOfStderr) {
  std::vector<std::string> lines;
  ProcessRequest request = shell("echo one; printf two; echo oops >&2; exit 3");
  request.on_line = [&](const std::string& line) { lines.push_back(line); };
  const ProcessResult result = run_process(request);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.stderr_tail, "oops\n");
  EXPECT_THAT(lines, testing::ElementsAre("one", "two"));
}

TEST(Process, NamesTheSignalThatEndedIt) {
  EXPECT_EQ(run_process(shell("kill -ABRT $$")).signal, SIGABRT);
}

TEST(Process, StderrIsBounded) {
  const auto result = run_process(shell("head -c 3000000 /dev/zero >&2; echo end >&2"));
  EXPECT_LE(result.stderr_tail.size(), 8192u);
  EXPECT_TRUE(result.stderr_tail.ends_with("end\n"));
}

TEST(Process, ALineWithoutEndIsCut) {
  std::size_t longest = 0;
  ProcessRequest request = shell("head -c 1000000 /dev/zero; echo; echo ok");
  request.on_line = [&](const std::string& line) { longest = std::max(longest, line.size()); };
  run_process(request);
  EXPECT_EQ(longest, 65536u);
}

TEST(Process, OneThatIgnoresTermIsKilled) {
  ProcessRequest request = shell("trap '' TERM; while :; do sleep 0.1; done");
  request.timeout_seconds = 0.1;
  const ProcessResult result = run_process(request);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_LT(result.seconds, 5);
}

TEST(Process, StopsOnRequest) {
  ProcessRequest request = shell("sleep 60");
  request.stop_requested = [] { return SIGINT; };
  const ProcessResult result = run_process(request);
  EXPECT_TRUE(result.stopped);
  EXPECT_LT(result.seconds, 2);
}

TEST(Process, AHelperThatKeepsThePipeOpenDoesNotHoldUs) {
  EXPECT_LT(run_process(shell("sleep 60 & exit 0")).seconds, 2);
}

TEST(Process, AHelperThatLeftTheGroupIsEnded) {
  const TestFolder folder;
  const Lifeline alive(folder.path() / "alive");
  run_process(shell("exec 9> " + (folder.path() / "alive").string() + "; setsid sleep 600 &"));
  EXPECT_TRUE(alive.let_go());
}

TEST(Process, HelpersAreEndedHoweverMany) {
  const TestFolder folder;
  const Lifeline alive(folder.path() / "alive");
  run_process(shell("exec 9> " + (folder.path() / "alive").string() +
                    "; for i in $(seq 700); do setsid sleep 600 & done"));
  EXPECT_TRUE(alive.let_go());
}

/// As a launcher may leave it to us; nobody would hear of a child's end.
TEST(Process, EndsAreHeardWhereSigchldWasIgnored) {
  std::signal(SIGCHLD, SIG_IGN);
  watch_signals();
  EXPECT_EQ(run_process(shell("exit 3")).exit_code, 3);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
}

TEST(Process, AMissingProgramIsAnErrorAtOnce) {
  ProcessRequest request;
  request.argv = {"/nowhere/worker"};
  EXPECT_THAT(run_process(request).start_error, testing::HasSubstr("No such file"));
}

TEST(Process, SetsTheEnvironment) {
  ProcessRequest request = shell("test \"$FRUIT\" = apple");
  request.environment = {{"FRUIT", "apple"}};
  EXPECT_EQ(run_process(request).exit_code, 0);
}

TEST(Stage, IsReadFromAProgressLineAndFromNothingElse) {
  const auto stage = parse_stage(R"({"stage":"timing","done":6,"of":10,"half_width":0.018})");
  ASSERT_TRUE(stage);
  EXPECT_EQ(stage->name, "timing");
  EXPECT_EQ(stage->done, 6);
  EXPECT_DOUBLE_EQ(stage->half_width.value_or(0), 0.018);
  for (const char* line : {"", "hello", "{", "[1]", "{\"stage\":3}", "{\"done\":1}", "\xff\xfe"})
    EXPECT_FALSE(parse_stage(line)) << line;
}

TEST(Stage, CountsBeyondReasonAreCut) {
  const auto stage = parse_stage(R"({"stage":"timing","done":-1e300,"of":1e300})");
  ASSERT_TRUE(stage);
  EXPECT_EQ(stage->done, 0);
  EXPECT_EQ(stage->of, 1'000'000'000);
}

}  // namespace
}  // namespace clipbench::bench
