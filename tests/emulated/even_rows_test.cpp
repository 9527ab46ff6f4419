// Copies of rows to 16 bytes, on an emulated GPU.
#include "kernels/cuda/even_rows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "rows.h"

namespace clipbench::kernels {
namespace {

class EmulatedEvenRows : public EmulatedCuda {
 protected:
  Buffer<std::uint8_t> random_bytes(std::size_t count) {
    Buffer<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(random());
    return bytes;
  }

  /// `gap` bytes between the rows, `more` behind them once they are even.
  void check(std::size_t rows, std::size_t row_bytes, std::size_t first, std::size_t gap,
             std::size_t more) {
    const std::size_t pitch = row_bytes + gap, even = (row_bytes + 15) / 16 * 16 + more;
    const auto from = random_bytes(first + rows * pitch);
    Buffer<std::uint8_t> to(rows * even, 0x77);
    cuda::copy_to_even_rows(from.data() + first, std::int64_t(pitch), to.data(), std::int64_t(even),
                            std::int64_t(rows), std::int64_t(row_bytes), nullptr);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_EQ(std::memcmp(to.data() + i * even, from.data() + first + i * pitch, row_bytes), 0)
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
