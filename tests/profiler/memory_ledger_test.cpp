#include "profiler/memory_ledger.h"

#include <gmock/gmock.h>

#include "streams.h"

namespace clipbench::profiler {
namespace {

using namespace streams;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MemoryLedger replay(const std::vector<Event>& events, const std::vector<SeedBlock>& seed = {}) {
  MemoryLedger ledger(seed);
  for (const Event& event : events) ledger.apply(event);
  return ledger;
}

TEST(MemoryLedger, PeakIsTheHighestSumOfLiveBlocks) {
  const MemoryLedger l = replay({alloc(1, 100), alloc(2, 50), free(1), alloc(3, 60), free(3)});
  EXPECT_EQ(l.peak_block_bytes(), 150);
  EXPECT_EQ(l.peak_position(), 2u);
  EXPECT_EQ(l.live_block_bytes(), 50);
  EXPECT_THAT(l.faults(), IsEmpty());
}

TEST(MemoryLedger, PeakIncludesBytesHeldBefore) {
  const MemoryLedger l = replay({alloc(2, 50), free(1), free(2)}, {{1, 1000, 1024}});
  EXPECT_EQ(l.peak_requested_bytes(), 1050);
  EXPECT_EQ(l.peak_block_bytes(), 1074);
  EXPECT_EQ(l.live_block_bytes(), 0);
  EXPECT_THAT(l.faults(), IsEmpty());
}

TEST(MemoryLedger, SeedAloneIsThePeakWhenNothingGrows) {
  const MemoryLedger l = replay({free(1)}, {{1, 1000, 1024}});
  EXPECT_EQ(l.peak_block_bytes(), 1024);
  EXPECT_EQ(l.peak_position(), 0u);
}

TEST(MemoryLedger, RequestedAndBlockPeaksMayLieAtDifferentMoments) {
  const MemoryLedger l = replay({alloc(1, 10, 512), alloc(2, 10, 512), free(1), free(2),  //
                                 alloc(3, 600, 1000)});
  EXPECT_EQ(l.peak_block_bytes(), 1024);
  EXPECT_EQ(l.peak_requested_bytes(), 600);
  EXPECT_EQ(l.peak_position(), 2u);
}

TEST(MemoryLedger, OfEqualPeaksTheLastIsNamed) {
  const MemoryLedger l = replay({alloc(1, 100), free(1), alloc(1, 100), free(1)});
  EXPECT_EQ(l.peak_position(), 3u);
}

TEST(MemoryLedger, ReusedAddressIsAnotherBlock) {
  const MemoryLedger l = replay({alloc(1, 100), free(1), alloc(1, 30)});
  ASSERT_EQ(l.lifetimes().size(), 2u);
  EXPECT_TRUE(l.lifetimes()[0].live_at(1));
  EXPECT_FALSE(l.lifetimes()[0].live_at(2));
  EXPECT_TRUE(l.lifetimes()[1].live_at(3));
  EXPECT_THAT(l.faults(), IsEmpty());
}

TEST(MemoryLedger, UnmatchedFreeIsAFault) {
  const MemoryLedger l = replay({alloc(1, 100), free(2)});
  EXPECT_THAT(l.faults(), ElementsAre(HasSubstr("free of an unknown block")));
  EXPECT_EQ(l.live_block_bytes(), 100);
}

TEST(MemoryLedger, SecondFreeOfOneBlockIsAFault) {
  EXPECT_THAT(replay({alloc(1, 100), free(1), free(1)}).faults(),
              ElementsAre(HasSubstr("free of an unknown block")));
}

TEST(MemoryLedger, AddressAllocatedTwiceIsAFaultAndTheNewBlockStands) {
  const MemoryLedger l = replay({alloc(1, 100), alloc(1, 30)});
  EXPECT_THAT(l.faults(), ElementsAre(HasSubstr("while it was live")));
  EXPECT_EQ(l.live_block_bytes(), 30);
}

TEST(MemoryLedger, MissingBlockSizeIsAFault) {
  EXPECT_THAT(replay({alloc(1, 100, kUnknownBytes)}).faults(),
              ElementsAre(HasSubstr("without a block size")));
}

TEST(MemoryLedger, ClaimGoesToTheBlockThatIsLive) {
  const MemoryLedger l =
      replay({alloc(1, 100), free(1), alloc(1, 30), claim(1, Component::gradients)});
  EXPECT_THAT(l.lifetimes()[0].claims, IsEmpty());
  ASSERT_EQ(l.lifetimes()[1].claims.size(), 1u);
  EXPECT_EQ(l.lifetimes()[1].claims[0].component, Component::gradients);
}

TEST(MemoryLedger, ClaimOfForeignStorageIsIgnored) {
  EXPECT_THAT(replay({claim(7, Component::batch)}).faults(), IsEmpty());
}

}  // namespace
}  // namespace clipbench::profiler
