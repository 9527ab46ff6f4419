#include "tests/bench/fake_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "bench/file_path.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = R"(#!/bin/sh
here=$(dirname "$0")
for argument; do
  case "$argument" in
    --case=*) name=${argument#--case=} ;;
    --record=*) record=${argument#--record=} ;;
    --canary=*) echo '{"gemm_ms": 5.0, "copy_ms": 4.0}'; exit 0 ;;
    --dump=*) mkdir -p "${argument#--dump=}" && echo > "${argument#--dump=}/meta.json" ;;
  esac
done
exec 9> "$here/alive"  # held by all that this worker starts
echo "$name" >> "$here/starts"
method=${name#*/}
method=${method%%/*}
eval "behaviour=\${FAKE_$method:-ok}"
fill() { sed -e "s|@CASE@|$name|" -e "s|@METHOD@|$method|" "$here/$1.json"; }
clipbench() { sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status; }  # beyond the guardian
helpers() { sleep 600 & setsid sleep 600 & }                     # one leaves the group
echo '{"stage":"setup"}'
echo '{"stage":"timing","done":6,"of":10,"half_width":0.018}'
case "$behaviour" in
  # ends: by itself, killed, never; with helpers that stay
  crash) helpers; echo "terminate called by the test" >&2; kill -SEGV $$ ;;
  fail) helpers; echo "/home/someone/secret/libx.so: cannot open" >&2; exit 7 ;;
  full_disk) kill -XFSZ $$ ;;
  half) fill ok | head -c 900 > "$record.tmp$$"; kill -KILL $$ ;;
  hang) helpers; exec sleep 600 ;;
  killed) helpers; kill -KILL $$ ;;
  leaves) helpers; fill ok > "$record" ;;
  # signals to clipbench, to clipbench and itself, to clipbench and the guardian, to the guardian
  signals) helpers; for s in $SIGNALS; do kill -$s $(clipbench); done; exec sleep 600 ;;
  insists) trap '' TERM; helpers; for s in INT TERM HUP; do kill -$s $(clipbench); done; sleep 600 ;;
  both) helpers; kill -KILL $(clipbench); kill -KILL $$ ;;
  both_above) c=$(clipbench); kill -STOP $PPID; kill -KILL $c $PPID; exec sleep 600 ;;
  guardian) sleep 600 & kill -KILL $PPID; exec sleep 600 ;;
  # writes nonsense, too little, too much, another's record
  garbage) head -c 300000 /dev/urandom; head -c 100000 /dev/urandom >&2; fill ok > "$record" ;;
  silent) ;;
  truncated) fill ok | head -c 900 > "$record" ;;
  flood) helpers; (yes >&2) & exec yes ;;
  huge) truncate -s 300M "$record" ;;
  other_case) fill ok | sed "s|$name|gpt2_tiny/vanilla/T:1/B:1/f32/cpu|" > "$record" ;;
  # the folder is destroyed, a second clipbench comes, others fill the GPU
  sabotage) rm -r "${record%/*}"; echo > "${record%/*}" ;;
  rival) cd "$here"; FAKE_ghost=ok "$RIVAL" --resume out > rival.out 2> rival.err
         echo $? > rival.code; fill ok > "$record" ;;
  crowded) echo 64000000000 > "$here/gpu_used"; fill oom > "$record" ;;
  *) fill "$behaviour" > "$record" ;;
esac
)";

reporters::Record canned(reporters::Status status) {
  reporters::Record record;
  record.case_name = "@CASE@";
  record.status = status;
  record.config.model = "gpt2_tiny", record.config.method = "@METHOD@";
  record.config.dtype = "f32", record.config.device = "cpu";
  record.config.seq = 32, record.config.batch = 2;
  if (status != reporters::Status::ok) {
    record.reason = "as the test says";
    return record;
  }
  record.time.samples_ms = {2.0, 2.1, 1.9};
  record.time.step_ms = {2.0, 1.9, 2.0, {1.9, 2.1}};
  record.time.settled = true;
  record.time.tokens_per_s = 32000;
  record.memory.peak_allocated_bytes = 3 << 20;
  record.memory.peak_phase = "backward";
  record.memory.components_at_peak = {{"parameters", 2 << 20}, {"activations", 1 << 20}};
  record.verification.done = true;
  record.verification.tolerance = 1e-12;
  return record;
}

fs::path write_script(const fs::path& folder) {
  const fs::path path = folder / "worker.sh";
  std::ofstream(path) << kScript;
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

}  // namespace

TestFolder::TestFolder() {
  std::string pattern = fs::temp_directory_path() / "clipbench-test-XXXXXX";
  if (!mkdtemp(pattern.data())) std::abort();
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Lifeline::Lifeline(const fs::path& path) {
  mkfifo(path.c_str(), 0600);
  fd_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

Lifeline::~Lifeline() { close(fd_); }

bool Lifeline::let_go() const {
  pollfd file = {fd_, 0, 0};
  return poll(&file, 1, 30000) == 1 && (file.revents & POLLHUP) != 0;
}

std::vector<std::string> two_cases(const std::vector<std::string>& more) {
  std::vector<std::string> argv = {"--suite",  "smoke", "--method", "vanilla,ghost",
                                   "--device", "cpu",   "--out",    "out"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

FakeWorker::FakeWorker() : alive_(folder() / "alive") {
  using reporters::Status;
  write_script(folder());
  for (const Status status : {Status::ok, Status::oom, Status::unsupported, Status::incorrect})
    reporters::write_record(folder() / (std::string(reporters::to_string(status)) + ".json"),
                            canned(status));
}

std::string FakeWorker::command(const std::vector<std::string>& argv) const {
  std::string command = before_start + "; cd " + quoted(folder()) + " && exec " +
                        quoted(own_binary().parent_path() / "clipbench");
  for (const auto& argument : argv) command += " " + quoted(argument);
  return command + " > stdout 2> stderr";
}

ProcessRequest FakeWorker::request(const std::vector<std::string>& argv) const {
  ProcessRequest request;
  request.argv = {"/bin/sh", "-c", command(argv)};
  request.environment = {{"CLIPBENCH_WORKER", (folder() / "worker.sh").string()},
                         {"CUDA_VISIBLE_DEVICES", ""}};  // the same answers on every machine
  for (const auto& [method, what] : behaviour)
    request.environment.emplace_back("FAKE_" + method, what);
  for (const auto& [name, value] : variables) request.environment.emplace_back(name, value);
  request.timeout_seconds = 60;
  return request;
}

Ended FakeWorker::clipbench(const std::vector<std::string>& argv) const {
  const ProcessResult result = run_process(request(argv));
  return {result.exit_code, result.signal, read_text(folder() / "stdout"),
          read_text(folder() / "stderr"), result.seconds};
}

Ended FakeWorker::clipbench_alone(const std::vector<std::string>& argv) const {
  std::string exports;
  for (const auto& [name, value] : request(argv).environment)
    exports += "export " + name + "=" + quoted(value) + "; ";
  const int status = std::system((exports + command(argv)).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          read_text(folder() / "stdout"), read_text(folder() / "stderr")};
}

int FakeWorker::starts() const {
  const std::string text = read_text(folder() / "starts");
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace clipbench::bench
