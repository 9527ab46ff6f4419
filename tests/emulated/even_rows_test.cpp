// Copies of rows to 16 bytes, on an emulated GPU.
#include "kernels/cuda/even_rows.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>

#include "rows.h"

namespace clipbench::kernels {
namespace {

/// Bytes that begin `first` behind a multiple of 16. Who reads behind the 16 bytes that hold the
/// last one is ended by the system.
class LastBytesOfAPage {
 public:
  LastBytesOfAPage(std::size_t first, std::size_t count, std::mt19937& random)
      : page_(static_cast<std::size_t>(getpagesize())),
        readable_((first + count + 15) / page_ * page_ + page_),
        memory_(mmap(nullptr, readable_ + page_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED || mprotect(bytes() + readable_, page_, PROT_NONE) != 0) {
      throw std::runtime_error("no memory");
    }
    data_ = bytes() + readable_ - (first + count + 15) / 16 * 16 + first;
    for (std::size_t i = 0; i < count; ++i) data_[i] = static_cast<std::uint8_t>(random());
  }
  LastBytesOfAPage(const LastBytesOfAPage&) = delete;
  ~LastBytesOfAPage() { munmap(memory_, readable_ + page_); }

  const std::uint8_t* data() const { return data_; }

 private:
  std::size_t page_, readable_;
  void* memory_;
  std::uint8_t* data_;

  std::uint8_t* bytes() const { return static_cast<std::uint8_t*>(memory_); }
};

class EmulatedEvenRows : public OneGpu {
 protected:
  /// `gap` bytes between the rows, `more` behind them once they are even.
  void check(std::size_t rows, std::size_t row_bytes, std::size_t first, std::size_t gap,
             std::size_t more) {
    const std::size_t pitch = row_bytes + gap, even = (row_bytes + 15) / 16 * 16 + more;
    const LastBytesOfAPage from(first, (rows - 1) * pitch + row_bytes, random);
    Buffer<std::uint8_t> to(rows * even, 0x77);
    cuda::copy_to_even_rows(from.data(), std::int64_t(pitch), to.data(), std::int64_t(even),
                            std::int64_t(rows), std::int64_t(row_bytes), nullptr);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_EQ(std::memcmp(to.data() + i * even, from.data() + i * pitch, row_bytes), 0)
          << rows << " " << row_bytes << " " << first << " " << gap << " row " << i;
    }
  }
};

TEST_P(EmulatedEvenRows, AreTheRowsWhereverTheseStart) {
  for (std::size_t first = 0; first < 16; first += 2) {
    for (const std::size_t row_bytes : {2, 14, 16, 18, 30, 32, 34, 100}) {
      check(1, row_bytes, first, 0, 0);
      check(9, row_bytes, first, 2, 16);
    }
  }
}

TEST_P(EmulatedEvenRows, MayBeLongerThanABlockCopies) {
  check(3, 4098, 6, 0, 0);
  check(2, 9006, 2, 4, 32);
}

CLIPBENCH_ON_ALL_GPUS(EmulatedEvenRows);

}  // namespace
}  // namespace clipbench::kernels
