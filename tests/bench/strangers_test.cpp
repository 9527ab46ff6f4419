// A run's folder as somebody else may have made it: no path leads out of it, nothing hangs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class Stranger : public testing::Test {
 protected:
  Stranger() {
    worker_.clipbench(two_cases());
    fs::create_directories(outside_);
  }
  fs::path in_run(const std::string& name) const { return worker_.run_folder() / name; }
  fs::path ghost_file() const {
    return RunFolder(worker_.run_folder()).record_path("gpt2_tiny/ghost/T:32/B:2/f32/cpu", 0);
  }
  void replace_by_link(const std::string& name, const fs::path& target) {
    fs::remove_all(in_run(name));
    fs::create_symlink(target, in_run(name));
  }
  void add_arguments(const std::vector<std::string>& more) {
    json document = json::parse(read_text(in_run("run.json")));
    for (const auto& argument : more) document["argv"].push_back(argument);
    std::ofstream(in_run("run.json")) << document;
  }

  const FakeWorker worker_;
  const fs::path outside_ = worker_.folder() / "outside";
};

TEST_F(Stranger, FoldersThatAreLinksAreNotWrittenThrough) {
  for (const char* name : {"visualizations", "traces", "specification"}) {
    replace_by_link(name, outside_);
    const Ended ended = worker_.clipbench({"figures", "out"});
    EXPECT_EQ(ended.exit_code, kUsage);
    EXPECT_THAT(ended.err, HasSubstr(std::string("out/") + name + ": a link"));
    EXPECT_EQ(worker_.clipbench({"--resume", "out"}).exit_code, kUsage);
    fs::remove(in_run(name));
  }
  EXPECT_TRUE(fs::is_empty(outside_));
}

TEST_F(Stranger, FilesThatAreLinksAreReplacedOrRefused) {
  std::ofstream(outside_ / "precious") << "as it was";
  replace_by_link("index.tsv", outside_ / "precious");
  EXPECT_EQ(worker_.clipbench({"figures", "out"}).exit_code, kPass);
  replace_by_link("progress.jsonl", outside_ / "precious");
  const Ended ended = worker_.clipbench({"--resume", "out"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("out/progress.jsonl: cannot be written"));
  EXPECT_EQ(read_text(outside_ / "precious"), "as it was");
}

TEST_F(Stranger, ARecordThatIsALinkIsNotRead) {
  fs::rename(ghost_file(), outside_ / "secret.json");
  fs::create_symlink(outside_ / "secret.json", ghost_file());
  const Ended shown = worker_.clipbench({"show", "out"});
  EXPECT_EQ(shown.exit_code, kUsage);
  EXPECT_THAT(shown.err, HasSubstr("a link or no regular file"));
  EXPECT_EQ(worker_.clipbench({"--resume", "out"}).exit_code, kPass);  // measured in its place
  EXPECT_EQ(worker_.starts(), 3);
  EXPECT_TRUE(fs::exists(outside_ / "secret.json"));
}

TEST_F(Stranger, PipesDoNotHoldUs) {
  fs::remove(in_run("run.json"));
  mkfifo(in_run("run.json").c_str(), 0644);
  mkfifo((in_run("records") / "pipe.json").c_str(), 0644);
  EXPECT_THAT(worker_.clipbench({"show", "out"}).err, HasSubstr("pipe.json: a link or no"));
  EXPECT_THAT(worker_.clipbench({"--resume", "out"}).err, HasSubstr("missing or unreadable"));
  fs::remove(in_run("progress.jsonl"));
  mkfifo(in_run("progress.jsonl").c_str(), 0644);
  EXPECT_THAT(worker_.clipbench({"--resume", "out", "--suite", "smoke", "--device", "cpu"}).err,
              HasSubstr("progress.jsonl: cannot be written: not a regular file"));
}

TEST_F(Stranger, ItsCommandLineNamesNoFileOfOurs) {
  add_arguments({"--benchmark_out=outside/written", "--markdown", "outside/written.md", "--junit",
                 "outside/written.xml"});
  fs::remove(ghost_file());
  EXPECT_EQ(worker_.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker_.starts(), 3);
  EXPECT_EQ(worker_.clipbench({"compare", "out", "--out", "again"}).exit_code, kPass);
  EXPECT_TRUE(fs::is_empty(outside_));
}

TEST_F(Stranger, AnErrorIsOneLineWithoutControlCharacters) {
  json document = json::parse(read_text(ghost_file()));
  document["memory"]["components_at_peak"]["\x1b[2J\nx"] = "no number";
  std::ofstream(ghost_file()) << document;
  const Ended ended = worker_.clipbench({"show", "out"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_EQ(ended.err.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace clipbench::bench
