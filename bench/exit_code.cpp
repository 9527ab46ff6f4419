#include "bench/exit_code.h"

#include <cstdio>
#include <exception>
#include <system_error>

#include "bench/cases/case.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

int fail(int code, const char* message) {
  std::fprintf(stderr, "clipbench: %s\n", message);
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
