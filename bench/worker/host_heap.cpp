#include "bench/worker/host_heap.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace clipbench::bench {

std::string keep_freed_host_memory() {
#ifdef __GLIBC__
  const bool kept = mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, -1) == 1 &&
                    mallopt(M_TOP_PAD, 64 << 20) == 1;
  if (kept) return "glibc keeps freed memory";
#endif
  return "";
}

}  // namespace clipbench::bench
