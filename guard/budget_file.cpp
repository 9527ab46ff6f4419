#include "guard/budget_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

namespace clipbench::guard {
namespace {

using nlohmann::ordered_json;
using profiler::kComponentNames;
using profiler::kComponents;
using Budgets = std::map<std::string, Budget>;

constexpr const char* kSchema = "clipbench.budgets/1";
constexpr const char* kRemedy = "CLIPBENCH_UPDATE_BUDGETS=1 writes what is measured";

[[noreturn]] void refuse(const std::string& what) { throw BudgetError(what); }

/// A file under a lock, read and written as a whole.
class LockedFile {
 public:
  LockedFile(const std::filesystem::path& path, int flags)
      : name_(path.string()), fd_(open(name_.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) refuse(name_ + ": " + std::strerror(errno) + "; " + kRemedy);
    flock(fd_, LOCK_EX);  // a file system without locks: nothing better is possible
  }
  ~LockedFile() { close(fd_); }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  std::string read() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n;
         (n = pread(fd_, buffer, sizeof buffer, static_cast<off_t>(text.size()))) != 0;) {
      if (n < 0) refuse(name_ + ": " + std::strerror(errno));
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }

  void write(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n =
          pwrite(fd_, text.data() + done, text.size() - done, static_cast<off_t>(done));
      if (n < 0) refuse(name_ + ": cannot be written: " + std::strerror(errno));
      done += static_cast<std::size_t>(n);
    }
    if (ftruncate(fd_, static_cast<off_t>(text.size())) != 0)
      refuse(name_ + ": cannot be written: " + std::strerror(errno));
  }

 private:
  std::string name_;
  int fd_;
};

// --- JSON
// ------------------------------------------------------------------------------------------

const ordered_json& object_of(const ordered_json& parent, const char* key) {
  const auto found = parent.find(key);
  if (found == parent.end() || !found->is_object())
    refuse(std::string("\"") + key + "\" must be an object");
  return *found;
}

std::int64_t bytes_of(const ordered_json& value, const std::string& key) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
    refuse("\"" + key + "\" must be an integer, 0 or more");
  return value.get<std::int64_t>();
}

std::size_t component_of(const std::string& name) {
  const auto found = std::find(kComponentNames.begin(), kComponentNames.end(), name);
  if (found == kComponentNames.end()) refuse("unknown component \"" + name + "\"");
  return static_cast<std::size_t>(found - kComponentNames.begin());
}

Budget budget_from(const ordered_json& entry) {
  if (!entry.is_object() || !entry.contains("peak_bytes")) refuse("\"peak_bytes\" is missing");
  Budget budget;
  budget.peak_bytes = bytes_of(entry["peak_bytes"], "peak_bytes");
  for (const auto& [name, value] : object_of(entry, "components").items())
    budget.components[component_of(name)] = bytes_of(value, name);
  return budget;
}

Budgets parse(const std::string& text) {
  const auto document = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) refuse("not JSON");
  if (!document.is_object() || document.value("schema", ordered_json()) != kSchema)
    refuse(std::string("\"schema\" must be \"") + kSchema + "\"");
  Budgets budgets;
  for (const auto& [name, entry] : object_of(document, "budgets").items()) {
    try {
      budgets[name] = budget_from(entry);
    } catch (const BudgetError& error) {
      refuse("\"" + name + "\": " + error.what());
    }
  }
  return budgets;
}

Budgets parse(const std::string& text, const std::filesystem::path& file) {
  try {
    return parse(text);
  } catch (const BudgetError& error) {
    refuse(file.string() + ": " + error.what());
  }
}

ordered_json to_json(const Budget& budget) {
  ordered_json components = ordered_json::object();
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (budget.components[c] != 0) components[kComponentNames[c]] = budget.components[c];
  }
  return {{"peak_bytes", budget.peak_bytes}, {"components", components}};
}

std::string text_of(const Budgets& budgets) {
  ordered_json entries = ordered_json::object();
  for (const auto& [name, budget] : budgets) entries[name] = to_json(budget);
  return ordered_json{{"schema", kSchema}, {"budgets", entries}}.dump(2) + "\n";
}

// --- Words
// -----------------------------------------------------------------------------------------

std::string names_of(const Budgets& budgets) {
  std::string text;
  for (const auto& [name, budget] : budgets) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

void add_change(std::string& text, const char* key, std::int64_t before, std::int64_t after) {
  if (before == after) return;
  text += (text.empty() ? "" : ", ") + std::string(key) + " " + std::to_string(before) + " -> " +
          std::to_string(after);
}

std::string changes(const Budget& before, const Budget& after) {
  std::string text;
  add_change(text, "peak_bytes", before.peak_bytes, after.peak_bytes);
  for (std::size_t c = 0; c < kComponents; ++c)
    add_change(text, kComponentNames[c], before.components[c], after.components[c]);
  return text;
}

}  // namespace

Budget read_budget(const std::filesystem::path& file, const std::string& name) {
  const Budgets budgets = parse(LockedFile(file, O_RDONLY).read(), file);
  const auto found = budgets.find(name);
  if (found == budgets.end()) {
    refuse(file.string() + ": no budget \"" + name + "\" among: " + names_of(budgets) + "; " +
           kRemedy);
  }
  return found->second;
}

std::string write_budget(const std::filesystem::path& file, const std::string& name,
                         const Budget& budget) {
  LockedFile locked(file, O_RDWR | O_CREAT);
  const std::string text = locked.read();
  Budgets budgets = text.empty() ? Budgets() : parse(text, file);
  const auto found = budgets.find(name);
  if (found != budgets.end() && found->second == budget) return "";
  const std::string changed = changes(found == budgets.end() ? Budget() : found->second, budget);
  budgets[name] = budget;
  locked.write(text_of(budgets));
  return changed;
}

}  // namespace clipbench::guard
