// Takes the place of cupti_session.cpp where CUPTI isn't installed.
#include <c10/util/Exception.h>

#include "profiler/cupti_session.h"

namespace clipbench::profiler {

std::unique_ptr<CuptiSession> CuptiSession::start() {
  TORCH_CHECK(false, "built without CUPTI: kernels can't be listed");
}

}  // namespace clipbench::profiler
