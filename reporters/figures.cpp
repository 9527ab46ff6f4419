#include "reporters/figures.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "reporters/case_summary.h"
#include "reporters/figure_source.h"
#include "reporters/record_io.h"
#include "reporters/subprocess.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "visualizations";
constexpr unsigned kAtOnce = 8;
constexpr std::size_t kLongestSuffix = 120;  ///< file systems take names of 255 bytes

struct Kind {
  const char* name;
  FigureSource (*make)(const std::string& name, const Group& group);
};
constexpr Kind kKinds[] = {{"memory_breakdown_comparison", breakdown_figure},
                           {"memory_timeline", timeline_figure},
                           {"performance_tradeoff", tradeoff_figure}};

bool has_numbers(const Group& g) {
  return std::any_of(g.cases.begin(), g.cases.end(), [](const CaseSummary& c) { return c.ok(); });
}

/// `gpt2_tiny/.*/T:128/B:8/f32/cpu` → `gpt2_tiny.T-128.B-8.f32.cpu`
std::string group_suffix(const Group& g) {
  std::string pattern = g.pattern;
  const std::size_t method = pattern.find("/.*");
  if (method != std::string::npos) pattern.erase(method, 3);
  return safe_name(pattern).substr(0, kLongestSuffix);
}

/// Writes .dat and .gp of every group with numbers; returns the figures' names.
std::vector<std::string> write_sources(const fs::path& folder, const std::vector<Group>& groups) {
  std::vector<std::string> names;
  bool first = true;
  for (const Group& g : groups) {
    if (!has_numbers(g)) continue;
    for (const Kind& kind : kKinds) {
      const std::string name = first ? kind.name : std::string(kind.name) + "." + group_suffix(g);
      const FigureSource source = kind.make(name, g);
      if (source.script.empty()) continue;
      write_file(folder / (name + ".dat"), source.data);
      write_file(folder / (name + ".gp"), source.script);
      names.push_back(name);
    }
    first = false;
  }
  return names;
}

std::string first_line(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  return begin == std::string::npos ? ""
                                    : one_line(text.substr(begin, text.find('\n', begin) - begin));
}

/// Runs one program of a figure; "" or one line of what went wrong.
std::string run_step(const std::vector<std::string>& argv, const fs::path& folder,
                     const char* package) {
  const Ran ran = run_program(argv, folder);
  if (!ran.found) {
    return argv[0] + " not found; install it (Debian: " + package +
           "), then: clipbench figures RUN";
  }
  if (ran.status == 0) return "";
  return argv[0] + " " + argv.back() + ": exit " + std::to_string(ran.status) + ": " +
         first_line(ran.messages);
}

std::vector<std::string> draw_all(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<std::string> errors(names.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < names.size(); i = next++)
      errors[i] = draw_figure(folder, names[i]);
  };
  const std::size_t count = std::min<std::size_t>(
      names.size(), std::clamp(std::thread::hardware_concurrency(), 1U, kAtOnce));
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < count; ++i) workers.emplace_back(work);
  workers.clear();  // joins
  return errors;
}

void list_files(const fs::path& folder, const std::vector<std::string>& names, Figures& figures) {
  for (const std::string& name : names) {
    for (const char* extension : {".dat", ".gp", ".pdf", ".png"}) {
      if (fs::exists(folder / (name + extension)))
        figures.files.push_back(fs::path(kFolder) / (name + extension));
    }
    figures.drawn += fs::exists(folder / (name + ".pdf")) && fs::exists(folder / (name + ".png"));
  }
}

}  // namespace

std::string draw_figure(const fs::path& folder, const std::string& name) {
  // A figure of an earlier drawing must not pass for this one.
  std::error_code ignored;
  for (const char* extension : {".pdf", ".png"}) fs::remove(folder / (name + extension), ignored);
  const std::string error = run_step({"gnuplot", "-d", name + ".gp"}, folder, "gnuplot-nox");
  if (!error.empty()) return error;
  return run_step({"pdftocairo", "-png", "-r", "300", "-singlefile", name + ".pdf", name}, folder,
                  "poppler-utils");
}

Figures draw(const fs::path& run_folder, const std::vector<Record>& records,
             const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = run_folder / kFolder;
  fs::create_directories(folder);
  Figures figures;
  const auto names = write_sources(folder, group(records, context));
  if (context.draw) {
    for (const std::string& error : draw_all(folder, names)) {
      if (figures.error.empty()) figures.error = error;
    }
  }
  list_files(folder, names, figures);
  figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return figures;
}

}  // namespace clipbench::reporters
