// How the program ends (CLI: exit codes), and the errors that carry a code to main().
#pragma once

#include <stdexcept>

namespace clipbench::bench {

inline constexpr int kPass = 0;
inline constexpr int kFinding = 1;    ///< incorrect, crashed, timeout, invalid
inline constexpr int kUsage = 2;      ///< usage, schema, or a file or folder that cannot be written
inline constexpr int kNotUsable = 3;  ///< missing, incomparable, or the device is not usable
inline constexpr int kSignalBase = 128;

/// A run, a baseline or a device that is missing or can't be used; what() is the line to show.
struct NotUsable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Calls `body` and turns what it throws into one line on stderr and the exit code that belongs to
/// it.
template <class Body>
int guarded(Body&& body);

/// The line on stderr and the code of the exception being handled. Call inside a catch block only.
int report_current_exception();

template <class Body>
int guarded(Body&& body) {
  try {
    return body();
  } catch (...) {
    return report_current_exception();
  }
}

}  // namespace clipbench::bench
