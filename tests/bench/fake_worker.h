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

/// A named pipe. A process that has it open for writing, and all that it starts, hold it until they
/// end.
class Lifeline {
 public:
  explicit Lifeline(const std::filesystem::path&);
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  /// Waits until nobody holds it any more; false: still held after 30 s, or never held.
  bool let_go() const;

 private:
  int fd_;
};

/// What a program left: its exit code, stdout and stderr.
struct Ended {
  int exit_code = -1, signal = 0;
  std::string out, err;
  double seconds = 0;
};

/// Arguments that measure two cases into the folder `out`: vanilla, then ghost.
std::vector<std::string> two_cases(const std::vector<std::string>& more = {});

/// clipbench beside the test program, with a worker that does as it is told: FAKE_<method> in
/// `behaviour` is ok (the default), one of the misfortunes in fake_worker.cpp, or the status of a
/// record. Every start of the worker adds its case's name to the file `starts`.
class FakeWorker {
 public:
  FakeWorker();

  std::map<std::string, std::string> behaviour;  ///< method → behaviour
  std::map<std::string, std::string> variables;  ///< more environment
  std::string before_start = ":";                ///< what the shell does before: ulimit, trap, …

  const std::filesystem::path& folder() const { return folder_.path(); }  ///< where clipbench runs
  std::filesystem::path run_folder() const { return folder() / "out"; }

  Ended clipbench(const std::vector<std::string>& argv) const;
  /// The same without run_process(), whose guardian would end what clipbench's leaves.
  Ended clipbench_alone(const std::vector<std::string>& argv) const;
  int starts() const;
  /// Waits until no process is left of all that workers ever started; false after 30 s.
  bool everyone_has_ended() const { return alive_.let_go(); }

 private:
  std::string command(const std::vector<std::string>& argv) const;  ///< for a shell
  ProcessRequest request(const std::vector<std::string>& argv) const;

  TestFolder folder_;
  Lifeline alive_;
};

std::string read_text(const std::filesystem::path&);

}  // namespace clipbench::bench
