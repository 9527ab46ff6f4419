#include <array>
#include <stdexcept>

#include "reporters/record.h"

namespace clipbench::reporters {
namespace {

constexpr std::array kStatuses = {Status::ok,     Status::incorrect, Status::unsupported,
                                  Status::oom,    Status::timeout,   Status::crashed,
                                  Status::invalid};

}  // namespace

const char* to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::incorrect:
      return "incorrect";
    case Status::unsupported:
      return "unsupported";
    case Status::oom:
      return "oom";
    case Status::timeout:
      return "timeout";
    case Status::crashed:
      return "crashed";
    case Status::invalid:
      return "invalid";
  }
  return "?";
}

Status status_from(const std::string& name) {
  std::string possible;
  for (const Status status : kStatuses) {
    if (name == to_string(status)) return status;
    possible += (possible.empty() ? "" : ", ") + std::string(to_string(status));
  }
  throw std::invalid_argument("unknown status \"" + name + "\"; one of: " + possible);
}

}  // namespace clipbench::reporters
