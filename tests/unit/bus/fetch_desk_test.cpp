#include "bus/fetch_desk.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace bridgework::bus {
namespace {

using namespace std::chrono_literals;
using messages::Fetch;
using messages::FetchOutcome;
using messages::FetchReply;

constexpr std::uint64_t kBooked = 11, kMoved = 22, kUnreadable = 0;

LogBounds log_of(std::uint64_t head, std::uint64_t first = 1) {
  LogBounds bounds;
  bounds.incarnation = "1.aaaaaaaa";
  bounds.first_of_incarnation = 1;
  bounds.first = first;
  bounds.head = head;
  bounds.incarnations = {{"1.aaaaaaaa", 1}};
  return bounds;
}

/// The log of `log_of(100)` after a roll-back to 90.
LogBounds rolled_back(std::uint64_t head = 90) {
  LogBounds bounds = log_of(head);
  bounds.incarnation = "2.bbbbbbbb";
  bounds.first_of_incarnation = 91;
  bounds.incarnations = {{"1.aaaaaaaa", 1}, {"2.bbbbbbbb", 91}};
  return bounds;
}

std::vector<LogEntry> events(std::uint64_t from, std::uint64_t to, std::uint64_t type = kBooked, std::size_t bytes = 8) {
  std::vector<LogEntry> entries;
  for (std::uint64_t sequence = from; sequence <= to; ++sequence) {
    std::string record = std::to_string(sequence);
    record.resize(bytes, '.');
    entries.push_back({sequence, type, record});
  }
  return entries;
}

class FetchDeskTest : public ::testing::Test {
 protected:
  static DeskLimits small() {
    DeskLimits limits;
    limits.ring_events_max = 50;
    limits.parked_max = 3;
    limits.events_max = 10;
    limits.bytes_max = 1000;
    return limits;
  }

  struct Asking {
    std::uint64_t after = 0;
    std::string incarnation{};
    std::uint32_t max_events = 100;
    std::uint32_t max_bytes = 0;
    std::chrono::milliseconds wait{0};
    std::vector<std::uint64_t> types{};
  };
  void ask(const std::string& who, const Asking& asking) {
    Fetch fetch;
    fetch.correlation = ++correlation_;
    fetch.incarnation = asking.incarnation;
    fetch.after = asking.after;
    fetch.max_events = asking.max_events;
    fetch.max_bytes = asking.max_bytes;
    fetch.wait_ms = static_cast<std::uint32_t>(asking.wait.count());
    fetch.types = asking.types;
    desk_.asked(who, fetch, now_);
  }
  /// The only answer there is, to `who`.
  FetchReply answered(const std::string& who) {
    auto answers = desk_.take_answers();
    EXPECT_EQ(answers.size(), 1u);
    if (answers.size() != 1) return {};
    EXPECT_EQ(answers[0].identity, who);
    return answers[0].reply;
  }
  bool silent() { return desk_.take_answers().empty() && desk_.take_lookups().empty(); }
  FetchDesk::Lookup looked_for() {
    EXPECT_TRUE(desk_.take_answers().empty());
    auto lookups = desk_.take_lookups();
    EXPECT_EQ(lookups.size(), 1u);
    return lookups.empty() ? FetchDesk::Lookup{} : lookups[0];
  }
  void found(FetchDesk::Lookup lookup, const LogBounds& bounds, std::vector<LogEntry> entries = {}) {
    desk_.looked_up(std::move(lookup), FetchDesk::Found{bounds, std::move(entries)}, now_);
  }
  static std::vector<std::uint64_t> sequences(const FetchReply& reply) {
    std::vector<std::uint64_t> result;
    for (const auto& event : reply.events) result.push_back(event.sequence);
    return result;
  }

  FetchDesk desk_{small()};
  FetchDesk::Time now_{1000s};
  std::uint64_t correlation_ = 0;
};

using Sequences = std::vector<std::uint64_t>;

TEST_F(FetchDeskTest, IsUnavailableBeforeTheLogWasOpened) {
  ask("ana", {.wait = 1s});
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kUnavailable);
}

TEST_F(FetchDeskTest, ServesFromTheRingAndTellsWhereTheLogIs) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 5));
  ask("ana", {.after = 2});
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kEvents);
  EXPECT_EQ(sequences(reply), (Sequences{3, 4, 5}));
  EXPECT_EQ(reply.events[0].record, "3.......");
  EXPECT_EQ(reply.correlation, 1u);
  EXPECT_EQ(reply.incarnation, "1.aaaaaaaa");
  EXPECT_EQ(reply.first_of_incarnation, 1u);
  EXPECT_EQ(reply.first, 1u);
  EXPECT_EQ(reply.head, 5u);
  EXPECT_EQ(reply.next, 5u);
}

TEST_F(FetchDeskTest, AnswersAtOnceWithoutAWaitEvenWhenThereIsNothing) {
  desk_.opened(log_of(7), now_);
  ask("ana", {.after = 7});
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kEvents);
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.next, 7u);
}

TEST_F(FetchDeskTest, AskingForNoEventsTellsTheBoundsAndNeverWaits) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 5));
  ask("ana", {.after = 2, .max_events = 0, .wait = 10s});
  const FetchReply reply = answered("ana");
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.head, 5u);
  EXPECT_EQ(reply.next, 2u) << "nothing was looked at, so nothing was seen";
}

struct FilterCase {
  const char* name;
  std::vector<std::uint64_t> types;
  std::uint32_t max_events;
  Sequences events;
  std::uint64_t next;
};

TEST_F(FetchDeskTest, NextMovesOverEverythingLookedAt) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 3, kMoved));
  desk_.appended(events(4, 5, kBooked));
  desk_.appended(events(6, 8, kMoved));
  desk_.appended(events(9, 9, kUnreadable));
  const FilterCase cases[] = {
      {"all", {}, 100, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9},
      {"one type, and what nobody can read", {kBooked}, 100, {4, 5, 9}, 9},
      {"types in any order", {kMoved, kBooked}, 100, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9},
      {"full before the unwanted ones after it", {kBooked}, 1, {4}, 4},
      {"full, and over the unwanted ones up to the next wanted", {kBooked}, 2, {4, 5}, 8},
      {"a type that never happened", {99}, 100, {9}, 9},
  };
  for (const FilterCase& c : cases) {
    ask("ana", {.max_events = c.max_events, .types = c.types});
    const FetchReply reply = answered("ana");
    EXPECT_EQ(sequences(reply), c.events) << c.name;
    EXPECT_EQ(reply.next, c.next) << c.name;
  }
}

TEST_F(FetchDeskTest, AnAnswerIsBoundedInEventsWhateverIsAsked) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 30));
  ask("ana", {.max_events = 1'000'000});
  EXPECT_EQ(answered("ana").events.size(), 10u);
}

TEST_F(FetchDeskTest, AnAnswerIsBoundedInBytesButBringsAtLeastOne) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 9, kBooked, 300));
  ask("ana", {.max_bytes = 700});
  EXPECT_EQ(sequences(answered("ana")), (Sequences{1, 2}));
  ask("ana", {.max_bytes = 1});
  const FetchReply reply = answered("ana");
  EXPECT_EQ(sequences(reply), (Sequences{1}));
  EXPECT_EQ(reply.next, 1u);
  ask("ana", {.max_bytes = 1'000'000});
  EXPECT_EQ(sequences(answered("ana")), (Sequences{1, 2, 3})) << "the bus's own bound";
}

TEST_F(FetchDeskTest, PagesJoinWithoutHoleOrOverlap) {
  desk_.opened(log_of(0), now_);
  for (std::uint64_t sequence = 1; sequence <= 40; ++sequence)
    desk_.appended(events(sequence, sequence, sequence % 3 == 0 ? kBooked : kMoved));
  Sequences seen;
  std::uint64_t after = 0;
  for (int page = 0; page < 40 && after < 40; ++page) {
    ask("ana", {.after = after, .max_events = 2, .types = {kBooked}});
    const FetchReply reply = answered("ana");
    for (const auto sequence : sequences(reply)) seen.push_back(sequence);
    EXPECT_GT(reply.next, after);
    after = reply.next;
  }
  EXPECT_EQ(seen, (Sequences{3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39}));
}

// ---- waiting

TEST_F(FetchDeskTest, AParkedCallerIsWokenByTheNextEvent) {
  desk_.opened(log_of(5), now_);
  ask("ana", {.after = 5, .wait = 10s});
  EXPECT_TRUE(silent());
  EXPECT_EQ(desk_.parked(), 1u);
  desk_.appended(events(6, 7));
  const FetchReply reply = answered("ana");
  EXPECT_EQ(sequences(reply), (Sequences{6, 7}));
  EXPECT_EQ(reply.head, 7u);
  EXPECT_EQ(desk_.parked(), 0u);
}

TEST_F(FetchDeskTest, AParkedCallerSleepsThroughEventsItDoesNotWant) {
  desk_.opened(log_of(5), now_);
  ask("ana", {.after = 5, .wait = 10s, .types = {kBooked}});
  desk_.appended(events(6, 30, kMoved));
  EXPECT_TRUE(silent());
  desk_.appended(events(31, 31, kBooked));
  const FetchReply reply = answered("ana");
  EXPECT_EQ(sequences(reply), (Sequences{31}));
  EXPECT_EQ(reply.next, 31u);
}

TEST_F(FetchDeskTest, AParkedCallerLosesNothingWhenTheRingMovesOn) {
  desk_.opened(log_of(0), now_);
  ask("ana", {.wait = 10s, .types = {kBooked}});
  for (std::uint64_t sequence = 1; sequence <= 200; ++sequence) desk_.appended(events(sequence, sequence, kMoved));
  desk_.appended(events(201, 201, kBooked));
  EXPECT_EQ(sequences(answered("ana")), (Sequences{201}));
}

TEST_F(FetchDeskTest, ABurstBeyondTheRingIsLookedUpForTheParked) {
  desk_.opened(log_of(0), now_);
  ask("ana", {.wait = 10s});
  desk_.appended(events(1, 120));
  const auto lookup = looked_for();
  EXPECT_EQ(lookup.fetch.after, 0u);
  found(lookup, log_of(120), events(1, 100));
  EXPECT_EQ(sequences(answered("ana")), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(FetchDeskTest, AWaitEndsWithWhatWasLookedAt) {
  desk_.opened(log_of(5), now_);
  ask("ana", {.after = 5, .wait = 10s, .types = {kBooked}});
  desk_.appended(events(6, 9, kMoved));
  EXPECT_EQ(desk_.next_deadline(), now_ + 10s);
  now_ += 9999ms;
  desk_.expire(now_);
  EXPECT_TRUE(silent());
  now_ += 1ms;
  desk_.expire(now_);
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kEvents);
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.next, 9u);
  EXPECT_FALSE(desk_.next_deadline());
}

TEST_F(FetchDeskTest, NobodyWaitsLongerThanAMinute) {
  desk_.opened(log_of(5), now_);
  ask("ana", {.after = 5, .wait = 24h});
  EXPECT_EQ(desk_.next_deadline(), now_ + 60s);
}

TEST_F(FetchDeskTest, ACallersLaterQuestionReplacesItsParkedOne) {
  desk_.opened(log_of(5), now_);
  ask("ana", {.after = 5, .wait = 10s});
  ask("ana", {.after = 5, .wait = 10s});
  EXPECT_EQ(desk_.parked(), 1u);
  desk_.appended(events(6, 6));
  EXPECT_EQ(answered("ana").correlation, 2u);
  EXPECT_EQ(desk_.counts().replaced, 1u);
}

TEST_F(FetchDeskTest, TooManyToWaitAreAnsweredAtOnce) {
  desk_.opened(log_of(5), now_);
  for (const char* who : {"a", "b", "c"}) ask(who, {.after = 5, .wait = 10s});
  EXPECT_TRUE(silent());
  ask("d", {.after = 5, .wait = 10s});
  const FetchReply reply = answered("d");
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.next, 5u);
  EXPECT_EQ(desk_.counts().not_parked, 1u);
}

// ---- below the ring

TEST_F(FetchDeskTest, WhatTheRingNeverHadIsLookedUp) {
  desk_.opened(log_of(100), now_);
  ask("ana", {.after = 20, .types = {kBooked}});
  auto entries = events(21, 24, kMoved);
  entries.push_back(events(25, 25)[0]);
  found(looked_for(), log_of(100), entries);
  const FetchReply reply = answered("ana");
  EXPECT_EQ(sequences(reply), (Sequences{25}));
  EXPECT_EQ(reply.next, 25u);
}

TEST_F(FetchDeskTest, APageOfUnwantedEventsFromTheStoreMovesTheCallerOn) {
  desk_.opened(log_of(100), now_);
  ask("ana", {.after = 20, .wait = 10s, .types = {kBooked}});
  found(looked_for(), log_of(100), events(21, 40, kMoved));
  const FetchReply reply = answered("ana");
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.next, 40u);
}

TEST_F(FetchDeskTest, WhatIsNoLongerKeptIsTruncatedNeverSkipped) {
  desk_.opened(log_of(100, 51), now_);
  ask("ana", {.after = 49});
  found(looked_for(), log_of(100, 51), events(51, 60));
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kTruncated);
  EXPECT_EQ(reply.first, 51u);
  EXPECT_EQ(reply.next, 49u);
  EXPECT_TRUE(reply.events.empty());
  ask("ana", {.after = 50});
  found(looked_for(), log_of(100, 51), events(51, 60));
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kEvents);
}

TEST_F(FetchDeskTest, AnEmptyLogThatOnceHadEventsIsTruncatedToo) {
  desk_.opened(log_of(100, 101), now_);
  ask("ana", {.after = 99});
  found(looked_for(), log_of(100, 101));
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kTruncated);
}

TEST_F(FetchDeskTest, AHoleInTheStoreIsNeverPassed) {
  desk_.opened(log_of(100), now_);
  ask("ana", {.after = 20});
  auto entries = events(21, 22);
  entries.push_back(events(24, 24)[0]);
  found(looked_for(), log_of(100), entries);
  const FetchReply reply = answered("ana");
  EXPECT_EQ(sequences(reply), (Sequences{21, 22}));
  EXPECT_EQ(reply.next, 22u);
  ask("ana", {.after = 22});
  found(looked_for(), log_of(100), events(24, 30));
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kUnavailable);
  EXPECT_EQ(desk_.counts().gaps, 2u);
}

TEST_F(FetchDeskTest, AHoleInWhatTheReaderSawEmptiesTheRing) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 5));
  desk_.appended(events(8, 9));
  EXPECT_EQ(desk_.counts().gaps, 1u);
  ask("ana", {.after = 4});
  EXPECT_EQ(looked_for().fetch.after, 4u);
  ask("ana", {.after = 7});
  EXPECT_EQ(sequences(answered("ana")), (Sequences{8, 9}));
}

TEST_F(FetchDeskTest, IsUnavailableWhenTheStoreCannotBeRead) {
  desk_.opened(log_of(100), now_);
  ask("ana", {.after = 20});
  desk_.looked_up(looked_for(), std::nullopt, now_);
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kUnavailable);
}

TEST_F(FetchDeskTest, ServesTheRingWhileTheStoreIsAwayAndSaysSoWhenAWaitEnds) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 5));
  desk_.lost();
  ask("ana", {.after = 4});
  EXPECT_EQ(sequences(answered("ana")), (Sequences{5}));
  ask("ana", {.after = 5, .wait = 1s});
  EXPECT_TRUE(silent());
  now_ += 1s;
  desk_.expire(now_);
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kUnavailable);
}

// ---- another bus was faster

TEST_F(FetchDeskTest, ACallerAheadOfThisBusIsNotCalledDivergentWhileTheLogHasItsPosition) {
  desk_.opened(log_of(99), now_);
  ask("ana", {.after = 100, .incarnation = "1.aaaaaaaa", .wait = 10s});
  found(looked_for(), log_of(100));
  EXPECT_TRUE(silent());
  EXPECT_EQ(desk_.parked(), 1u);
  desk_.appended(events(100, 100));
  EXPECT_TRUE(silent()) << "it has seen 100 already";
  desk_.appended(events(101, 101));
  EXPECT_EQ(sequences(answered("ana")), (Sequences{101}));
}

TEST_F(FetchDeskTest, OfTwoQuestionsOutAtTheStoreTheLaterOneIsParked) {
  for (const bool in_order : {true, false}) {
    FetchDesk desk(small());
    desk.opened(log_of(99), now_);
    Fetch fetch;
    fetch.after = 100;
    fetch.max_events = 1;
    fetch.wait_ms = 10'000;
    for (fetch.correlation = 1; fetch.correlation <= 2; ++fetch.correlation) desk.asked("ana", fetch, now_);
    auto lookups = desk.take_lookups();
    ASSERT_EQ(lookups.size(), 2u);
    if (!in_order) std::swap(lookups[0], lookups[1]);
    for (auto& lookup : lookups) desk.looked_up(lookup, FetchDesk::Found{log_of(100), {}}, now_);
    desk.appended(events(100, 101));
    const auto answers = desk.take_answers();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].reply.correlation, 2u);
  }
}

// ---- roll-backs

// The log rolled back from 100 to 90 and grew to 102 again. Someone who has seen the old 100 would be sent 101 and 102 only and never
// know that 91 to 100 are other events now.
TEST_F(FetchDeskTest, WhoSawOneHundredOfALogRolledBackToNinetyIsTold) {
  desk_.opened(rolled_back(102), now_);
  ask("ana", {.after = 100, .incarnation = "1.aaaaaaaa", .wait = 10s});
  found(looked_for(), rolled_back(102), events(101, 102));
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kDiverged);
  EXPECT_TRUE(reply.events.empty());
  EXPECT_EQ(reply.incarnation, "2.bbbbbbbb");
  EXPECT_EQ(reply.first_of_incarnation, 91u);
}

/// The log of `rolled_back` after another roll-back, to 149.
LogBounds rolled_back_twice() {
  LogBounds bounds = rolled_back(250);
  bounds.incarnation = "3.cccccccc";
  bounds.first_of_incarnation = 150;
  bounds.incarnations.emplace("3.cccccccc", 150);
  return bounds;
}

struct DepartureCase {
  const char* name;
  std::string incarnation;
  std::uint64_t after;
  std::uint64_t first;
};

// Whoever keeps what lies before the position it is told must not keep an event of a life that the log has not had.
TEST_F(FetchDeskTest, WhoDivergedIsToldWhereItsHistoryFirstDepartsHoweverManyIncarnationsItIsBehind) {
  const DepartureCase cases[] = {
      {"one incarnation behind", "2.bbbbbbbb", 200, 150},
      {"two behind: the older of them took more away", "1.aaaaaaaa", 200, 91},
      {"two behind, and seen nothing the last one took", "1.aaaaaaaa", 120, 91},
      {"a life this log has never heard of", "2.eeeeeeee", 200, 1},
      {"no incarnation, beyond the head", "", 251, 1},
      {"the present one, beyond the head", "3.cccccccc", 260, 251},
  };
  desk_.opened(rolled_back_twice(), now_);
  for (const DepartureCase& c : cases) {
    ask("ana", {.after = c.after, .incarnation = c.incarnation});
    found(looked_for(), rolled_back_twice());
    const FetchReply reply = answered("ana");
    EXPECT_EQ(reply.outcome, FetchOutcome::kDiverged) << c.name;
    EXPECT_EQ(reply.first_of_incarnation, c.first) << c.name;
    EXPECT_EQ(reply.incarnation, "3.cccccccc") << c.name;
  }
}

TEST_F(FetchDeskTest, AParkedCallerThatSleptThroughTwoRollBacksIsToldOfBoth) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 200, kMoved));
  ask("ana", {.after = 200, .incarnation = "1.aaaaaaaa", .wait = 10s});
  EXPECT_TRUE(silent());
  desk_.opened(rolled_back_twice(), now_);
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kDiverged);
  EXPECT_EQ(reply.first_of_incarnation, 91u);
}

TEST_F(FetchDeskTest, WhoKnowsOfALaterIncarnationIsNotServedFromMemoryEvenFromTheBeginning) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 20, kMoved));
  ask("ana", {.after = 0, .incarnation = "2.bbbbbbbb"});
  EXPECT_EQ(looked_for().fetch.after, 0u);
}

TEST_F(FetchDeskTest, WhoSawNoMoreThanWhatSurvivedGoesOnAndLearnsTheIncarnation) {
  desk_.opened(rolled_back(), now_);
  desk_.appended(events(91, 95));
  ask("ana", {.after = 90, .incarnation = "1.aaaaaaaa"});
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kEvents);
  EXPECT_EQ(sequences(reply), (Sequences{91, 92, 93, 94, 95}));
  EXPECT_EQ(reply.incarnation, "2.bbbbbbbb");
}

TEST_F(FetchDeskTest, ParkedCallersAreJudgedAnewWhenTheLogRollsBack) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 100, kMoved));
  ask("ahead", {.after = 100, .wait = 10s});
  ask("behind", {.after = 80, .wait = 10s, .types = {kBooked}});
  EXPECT_TRUE(silent());
  desk_.opened(rolled_back(), now_);
  EXPECT_EQ(answered("ahead").outcome, FetchOutcome::kDiverged);
  desk_.appended(events(91, 91, kBooked));
  const FetchReply reply = answered("behind");
  EXPECT_EQ(sequences(reply), (Sequences{91}));
  EXPECT_EQ(reply.incarnation, "2.bbbbbbbb");
}

// While it waits it looks, unseen by its caller, at events of the new incarnation; those are no divergence.
TEST_F(FetchDeskTest, AParkedCallerFromBeforeTheRollBackWaitsInTheNewIncarnation) {
  desk_.opened(rolled_back(), now_);
  ask("ana", {.after = 90, .incarnation = "1.aaaaaaaa", .wait = 10s, .types = {kBooked}});
  desk_.appended(events(91, 95, kMoved));
  desk_.appended(events(97, 98, kMoved));
  const auto lookup = looked_for();
  EXPECT_EQ(lookup.fetch.after, 95u);
  auto entries = events(96, 96, kBooked);
  found(lookup, rolled_back(98), entries);
  const FetchReply reply = answered("ana");
  EXPECT_EQ(reply.outcome, FetchOutcome::kEvents);
  EXPECT_EQ(sequences(reply), (Sequences{96}));
}

TEST_F(FetchDeskTest, TheRingOfTheOldIncarnationIsNeverServedInTheNew) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(80, 100));
  desk_.opened(rolled_back(), now_);
  ask("ana", {.after = 85, .incarnation = "1.aaaaaaaa"});
  EXPECT_EQ(looked_for().fetch.after, 85u);
  EXPECT_EQ(desk_.bounds().head, 90u);
}

TEST_F(FetchDeskTest, ALogShorterThanWhatWasReadOfItIsDivergedWithoutANewIncarnationToo) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 20));
  ask("ana", {.after = 20, .wait = 10s});
  desk_.opened(log_of(10), now_);
  EXPECT_EQ(answered("ana").outcome, FetchOutcome::kDiverged);
}

TEST_F(FetchDeskTest, LookingAgainAtTheSameLogChangesNothing) {
  desk_.opened(log_of(0), now_);
  desk_.appended(events(1, 5));
  ask("ana", {.after = 5, .wait = 10s});
  desk_.opened(log_of(8, 3), now_);
  EXPECT_TRUE(silent());
  EXPECT_EQ(desk_.bounds().head, 5u) << "6 to 8 are on their way";
  EXPECT_EQ(desk_.bounds().first, 3u);
  desk_.appended(events(6, 8));
  EXPECT_EQ(sequences(answered("ana")), (Sequences{6, 7, 8}));
}

// ---- positions

struct JudgeCase {
  const char* name;
  std::string incarnation;
  std::uint64_t after;
  Verdict verdict;
};

TEST(FetchJudge, KnowsWhatIsShared) {
  LogBounds log;
  log.incarnation = "10.dddddddd";
  log.first_of_incarnation = 200;
  log.first = 41;
  log.head = 250;
  log.incarnations = {{"1.aaaaaaaa", 1}, {"2.bbbbbbbb", 91}, {"9.cccccccc", 150}, {"10.dddddddd", 200}};
  const JudgeCase cases[] = {
      {"nothing seen, everything kept from 41 on", "", 0, Verdict::kTruncated},
      {"just before the first kept", "", 40, Verdict::kServe},
      {"one before that", "", 39, Verdict::kTruncated},
      {"at the head", "10.dddddddd", 250, Verdict::kServe},
      {"beyond the head", "10.dddddddd", 251, Verdict::kDiverged},
      {"beyond the head, without an incarnation", "", 251, Verdict::kDiverged},
      {"the largest number there is", "", std::numeric_limits<std::uint64_t>::max(), Verdict::kDiverged},
      {"first incarnation, before the second began", "1.aaaaaaaa", 90, Verdict::kServe},
      {"first incarnation, where the second began", "1.aaaaaaaa", 91, Verdict::kDiverged},
      {"first incarnation, beyond the second though before the last began", "1.aaaaaaaa", 149, Verdict::kDiverged},
      {"second incarnation, before the ninth began", "2.bbbbbbbb", 149, Verdict::kServe},
      {"second incarnation, where the ninth began", "2.bbbbbbbb", 150, Verdict::kDiverged},
      {"ninth comes before tenth, not after", "9.cccccccc", 199, Verdict::kServe},
      {"ninth incarnation, where the tenth began", "9.cccccccc", 200, Verdict::kDiverged},
      {"second counter with another nonce: a life this log does not have", "2.eeeeeeee", 95, Verdict::kDiverged},
      {"a later life than this log has had", "11.ffffffff", 60, Verdict::kDiverged},
      {"an unknown life, but nothing seen of it", "11.ffffffff", 0, Verdict::kTruncated},
      {"no incarnation at all", "nonsense", 60, Verdict::kDiverged},
  };
  for (const JudgeCase& c : cases) EXPECT_EQ(judge(log, c.incarnation, c.after), c.verdict) << c.name;
}

TEST(FetchJudge, ANewLogHasNothingToTruncate) {
  LogBounds log;
  log.incarnation = "1.aaaaaaaa";
  EXPECT_EQ(judge(log, "", 0), Verdict::kServe);
  EXPECT_EQ(judge(log, "", 1), Verdict::kDiverged);
}

// ---- the ring

TEST(Ring, ForgetsTheOldestByNumberAndByBytes) {
  Ring by_number(3, 1000);
  for (auto& entry : events(1, 5)) by_number.append(entry);
  EXPECT_EQ(by_number.size(), 3u);
  EXPECT_TRUE(by_number.covers(2));
  EXPECT_FALSE(by_number.covers(1));
  Ring by_bytes(100, 1000);
  for (auto& entry : events(1, 5, kBooked, 400)) by_bytes.append(entry);
  EXPECT_EQ(by_bytes.size(), 2u);
  EXPECT_EQ(by_bytes.bytes(), 800u);
  by_bytes.append(events(6, 6, kBooked, 5000)[0]);
  EXPECT_EQ(by_bytes.size(), 1u) << "the newest stays whatever its size";
  EXPECT_EQ(by_bytes.last(), 6u);
}

TEST(Ring, TakesNoEventTwice) {
  Ring ring(10, 1000);
  for (auto& entry : events(1, 3)) ring.append(entry);
  EXPECT_EQ(ring.append(events(2, 2)[0]), Ring::Appended::kSeenBefore);
  EXPECT_EQ(ring.size(), 3u);
}

}  // namespace
}  // namespace bridgework::bus
