#include "bench/dump_folder.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "bench/cases/case.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace fs = std::filesystem;

fs::path dump_folder(const fs::path& dumps, const std::string& case_name) {
  return dumps / reporters::safe_name(case_name);
}

bool holds_dump(const fs::path& folder) { return fs::exists(folder / "meta.json"); }

void prepare_dumps(const fs::path& dumps) {
  std::error_code error;
  fs::create_directories(dumps, error);
  if (!error && access(dumps.c_str(), W_OK) != 0) error.assign(errno, std::generic_category());
  if (error)
    throw UsageError("--dump " + dumps.string() + ": cannot be written: " + error.message());
}

}  // namespace clipbench::bench
