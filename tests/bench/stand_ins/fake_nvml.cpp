// A GPU of 80 GB for clipbench's parent: the bytes in use stand in the file $FAKE_NVML_USED.
#include <cstdio>
#include <cstdlib>
#include <fstream>

extern "C" {

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) {
  static int gpu;
  *device = &gpu;
  return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = 99000;
  return 0;
}

int nvmlDeviceGetName(void*, char* text, unsigned length) {
  std::snprintf(text, length, "NVIDIA Stand-in");
  return 0;
}

int nvmlDeviceGetMemoryInfo(void*, unsigned long long* total_free_used) {
  const unsigned long long total = 80'000'000'000ull;
  unsigned long long used = 0;
  const char* file = std::getenv("FAKE_NVML_USED");
  if (file) std::ifstream(file) >> used;
  total_free_used[0] = total, total_free_used[1] = total - used, total_free_used[2] = used;
  return 0;
}

}  // extern "C"
