#include "bench/exit_code.h"

#include <cstdio>
#include <exception>
#include <system_error>

#include "bench/cases/case.h"
#include "reporters/record_io.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

int fail(int code, const char* message) {
  // One line, whatever was quoted: a stranger's record may hold control characters.
  std::fprintf(stderr, "clipbench: %s\n", reporters::one_line(message).c_str());
  return code;
}

}  // namespace

int report_current_exception() {
  try {
    throw;
  } catch (const NotUsable& error) {
    return fail(kNotUsable, error.what());
  } catch (const UsageError& error) {
    return fail(kUsage, error.what());
  } catch (const reporters::RecordError& error) {
    return fail(kUsage, error.what());
  } catch (const std::exception& error) {
    return fail(kUsage, error.what());
  }
}

}  // namespace clipbench::bench
