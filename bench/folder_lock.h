// One clipbench at a time measures in a folder.
#pragma once

#include "bench/run_folder.h"

namespace clipbench::bench {

/// Holds the folder until it is destroyed or the process ends, however it ends: the kernel's lock
/// on progress.jsonl, so no stale one can be left behind.
class FolderLock {
 public:
  /// Throws NotUsable where another process has it, UsageError where progress.jsonl can't be
  /// written. A file system without locks is warned of and used.
  explicit FolderLock(const RunFolder&);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace clipbench::bench
