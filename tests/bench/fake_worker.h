// A stand-in for clipbench-worker, so that statuses, resuming and interrupting are tested in
// milliseconds.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/process.h"

namespace clipbench::bench {

/// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a program left: its exit code, stdout and stderr.
struct Ended {
  int exit_code = -1, signal = 0;
  std::string out, err;
  double seconds = 0;
};

/// clipbench beside the test program, with a worker that does as it is told: FAKE_<method> in
/// `behaviour` is ok (the default), crash, hang, garbage, truncated, silent, killed, oom,
/// unsupported, incorrect, other_case, fail, slow, sabotage, flood (output without end), huge (a
/// record of 300 MB), half (killed while it writes), orphan and both (it kills clipbench, then goes
/// on or kills itself), rival (starts $RIVAL in the same folder), crowded (others fill the GPU).
/// Every start of the worker adds its case's name to the file `starts`.
class FakeWorker {
 public:
  FakeWorker();

  std::map<std::string, std::string> behaviour;  ///< method → behaviour
  std::map<std::string, std::string> variables;  ///< more environment

  const std::filesystem::path& folder() const { return folder_.path(); }  ///< where clipbench runs
  std::filesystem::path run_folder() const { return folder() / "out"; }

  Ended clipbench(const std::vector<std::string>& argv) const;
  /// The request behind clipbench(); `cd` and redirections are a shell's.
  ProcessRequest request(const std::vector<std::string>& argv) const;
  int starts() const;
  /// The process that a worker named in the file `helper`: gone, or dead and waiting for init.
  bool helper_has_ended() const;

 private:
  TestFolder folder_;
};

std::string read_text(const std::filesystem::path&);

}  // namespace clipbench::bench
