// Preloaded into clipbench: a wall clock that jumps by a day, there and back, at every look.
#include <dlfcn.h>

#include <ctime>

namespace {
constexpr time_t kDay = 86400;
int looks = 0;

time_t jumped(time_t now) { return ++looks % 2 ? now + kDay : now - kDay; }

int true_clock(clockid_t clock, timespec* now) {
  using Function = int(clockid_t, timespec*);
  static auto* const next = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, "clock_gettime"));
  return next(clock, now);
}
}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int result = true_clock(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec = jumped(now->tv_sec);
  return result;
}

extern "C" time_t time(time_t* out) noexcept {
  timespec now{};
  true_clock(CLOCK_REALTIME, &now);
  const time_t seconds = jumped(now.tv_sec);
  if (out) *out = seconds;
  return seconds;
}
