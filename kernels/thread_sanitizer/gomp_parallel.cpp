// Tells ThreadSanitizer of libgomp's forks and joins; in its builds alone.
//
// libgomp is not instrumented, so each parallel loop would look like a race with the code around
// it. This GOMP_parallel stands before libgomp's, for LibTorch, too, and calls it. Two iterations
// of one loop stay unordered: a race between them is found.
#include <dlfcn.h>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace {

using Body = void (*)(void*);
using Parallel = void (*)(Body, void*, unsigned, unsigned);

struct Region {
  Body body;
  void* data;
  char fork, join;  ///< two addresses: threads that end don't come before threads that begin
};

void run_part(void* of) {
  auto* const region = static_cast<Region*>(of);
  __tsan_acquire(&region->fork);
  region->body(region->data);
  __tsan_release(&region->join);
}

}  // namespace

extern "C" void GOMP_parallel(Body body, void* data, unsigned threads, unsigned flags) {
  static const auto parallel = reinterpret_cast<Parallel>(dlsym(RTLD_NEXT, "GOMP_parallel"));
  Region region = {body, data, 0, 0};
  __tsan_release(&region.fork);
  parallel(run_part, &region, threads, flags);
  __tsan_acquire(&region.join);
}
