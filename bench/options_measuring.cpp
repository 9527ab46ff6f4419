// Options on how a case is measured, and on what a run does.
#include <CLI/CLI.hpp>

#include "bench/cases/case.h"
#include "bench/option_groups.h"

namespace clipbench::bench {

void add_measuring_options(CLI::App& app, Options& options) {
  WorkerOptions& measuring = options.measuring;
  add_integer(app, "--warmup", "least warm-up steps [3]", measuring.min_warmup_steps, 0);
  add_integer(app, "--min-samples", "least timed steps [10]", measuring.min_samples, 1);
  add_integer(app, "--max-samples", "most timed steps [100]", measuring.max_samples, 1);
  add_integer(app, "--steps", "exactly this many timed steps", measuring.fixed_steps, 1);
  add_value(app, "--max-seconds", "longest timed pass [30]", [&options](const std::string& text) {
    options.measuring.max_seconds = parse_seconds("--max-seconds", text);
    options.max_seconds_given = true;
  });
  add_number(app, "--half-width",
             "stop at this relative half-width of the median's interval [0.01]",
             measuring.target_half_width);
  add_integer(app, "--iterations", "recorded steps, with snapshots [3]",
              measuring.recorded_iterations, 1);
  add_text(app, "--data", "file to train on: text, or uint16 tokens (.bin)", measuring.data);
  add_text(app, "--dump",
           "folder for one step of every case, to check in Python (scripts/check_dump.py)",
           measuring.dump);
  add_integer(app, "--threads", "CPU threads of a worker; 0: LibTorch's choice", measuring.threads,
              0);
  app.add_flag_callback(
      "--no-verify", [&measuring] { measuring.verify = false; },
      "do not check the method after measuring");
  add_switch(app, "--keep-host", "keep paths in records", measuring.keep_host);
}

void add_run_options(CLI::App& app, Options& options) {
  RunOptions& run = options.run;
  add_text(app, "--out", "the run's folder [results/runs/run_<time>]", run.out);
  add_text(app, "--resume", "go on in this run: what is finished is not measured again",
           run.resume);
  add_switch(app, "--resume-latest", "go on in the latest run if nothing has changed since",
             run.resume_latest);
  add_integer(app, "--repetitions", "processes a case", run.repetitions, 1);
  add_value(app, "--timeout", "longest time of a case [15m]", [&run](const std::string& text) {
    run.timeout_seconds = parse_seconds("--timeout", text);
    if (run.timeout_seconds <= 0) throw UsageError("--timeout '" + text + "': must be above 0");
  });
  add_switch(app, "--strict", "out of memory and unsupported are findings, too (exit 1)",
             run.strict);
  add_switch(app, "--allow-busy", "measure on a GPU that others use", run.allow_busy);
  add_switch(app, "--dry-run", "only say what would run, and how long", run.dry_run);
}

}  // namespace clipbench::bench
