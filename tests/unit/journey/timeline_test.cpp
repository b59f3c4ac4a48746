#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "journey/words.hpp"
#include "tests/unit/journey/events.hpp"

namespace bridgework::journey::testing {
namespace {

using messages::JourneyRefusal;
using messages::Provenance;
using messages::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

messages::TakeNote note(const std::string& text) {
  messages::TakeNote command;
  command.person = kAna;
  command.note = Phi<std::string>(text);
  command.by = "rosa";
  return command;
}
std::vector<std::string> types(const messages::Timeline& timeline) {
  std::vector<std::string> all;
  for (const auto& entry : timeline.entries) all.push_back(entry.type);
  return all;
}
messages::Timeline timeline_of(const Journey& h) { return h.get<messages::Timeline>(messages::GetTimeline{.person = kAna}); }

TEST(JourneyTimeline, TellsEachEventWithItsStageInPlainWords) {
  Journey h(utc(2026, 3, 1, 8));
  h.handle(registered(kAna, "Ana", "Example"));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", local(2026, 3, 3, 9, 30)));
  h.advance_to(utc(2026, 3, 3, 9, 52));
  h.handle(seated(kAna, "main.v-1", local(2026, 3, 3, 9, 30), 22, 15));
  const auto timeline = timeline_of(h);
  ASSERT_THAT(types(timeline),
              ElementsAre("PersonRegistered", "AppointmentBooked", "AppointmentSeated", "DefectDetected", "RecoveryCaseOpened"));
  EXPECT_EQ(timeline.entries[1].words.reveal(), "Booked: exam visit on Tue 3 Mar 2026, 09:30.");
  EXPECT_EQ(timeline.entries[1].stage, Stage::kBeforeVisit);
  EXPECT_EQ(timeline.entries[2].stage, Stage::kArrival);
  EXPECT_EQ(timeline.entries[2].at, utc(2026, 3, 3, 9, 52));
  EXPECT_EQ(timeline.entries[3].words.reveal(), "Below our standard: waited too long (22 against 15 minutes).");
}

TEST(JourneyTimeline, SaysWhyATaskWasWithdrawn) {
  messages::TaskClosed closed;
  closed.state = messages::TaskState::kWithdrawn;
  EXPECT_EQ(words_of(closed), "Task withdrawn: its reason is gone.");
  closed.reason = "they have answered yes since";
  EXPECT_EQ(words_of(closed), "Task withdrawn: they have answered yes since.");
}

TEST(JourneyTimeline, OfNobodyIsRefused) {
  Journey h;
  const auto answer = h.ask(messages::GetTimeline{.person = kAna});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, JourneyRefusal::kUnknownPerson);
}

TEST(JourneyTimeline, PutsImportedHistoryWhereItBelongsAndSaysSo) {
  Journey h(utc(2026, 3, 1, 8));
  h.handle(registered(kAna, "Ana", "Example"));
  auto old = about_visit<messages::VisitImported>(kAna, "main.v-0", local(2016, 4, 29, 9));
  old.outcome = messages::ImportedOutcome::kNoShow;
  h.handle(old);
  const auto timeline = timeline_of(h);
  ASSERT_THAT(types(timeline), ElementsAre("VisitImported", "PersonRegistered"));
  EXPECT_EQ(timeline.entries[0].provenance, Provenance::kImported);
  EXPECT_EQ(timeline.entries[0].sequence, 1u) << "recorded second";
  EXPECT_THAT(timeline.entries[0].words.reveal(), HasSubstr("no show"));
  EXPECT_EQ(timeline.entries[1].provenance, Provenance::kObserved);
}

TEST(JourneyTimeline, FillsAPageAndThenLeavesItAlone) {
  Journey h;
  for (int i = 0; i < 130; ++i) {
    h.handle(about_visit<messages::AppointmentConfirmed>(kAna, "main.v-" + std::to_string(i), local(2026, 3, 3, 9)));
  }
  EXPECT_EQ(h.record<TimelineRecord>("p-ana.l-0")->entries.size(), kEntriesPerPage);
  EXPECT_EQ(h.record<TimelineRecord>("p-ana.l-1")->entries.size(), kEntriesPerPage);
  EXPECT_EQ(h.record<TimelineRecord>("p-ana.l-2")->entries.size(), 2u);
  const auto timeline = timeline_of(h);
  ASSERT_EQ(timeline.entries.size(), 130u);
  for (std::size_t i = 0; i < timeline.entries.size(); ++i) EXPECT_EQ(timeline.entries[i].sequence, i);
}

TEST(JourneyTimeline, OneMessageMayCrossAPage) {
  Journey h;
  for (int i = 0; i < 63; ++i) {
    h.handle(about_visit<messages::AppointmentConfirmed>(kAna, "main.v-" + std::to_string(i), local(2026, 3, 3, 9)));
  }
  h.handle(seated(kAna, "main.v-1", local(2026, 3, 3, 9), 22, 15));
  EXPECT_EQ(h.record<TimelineRecord>("p-ana.l-0")->entries.size(), kEntriesPerPage);
  EXPECT_EQ(h.record<TimelineRecord>("p-ana.l-1")->entries.size(), 2u);
}

TEST(JourneyNote, IsTakenToldAndKept) {
  Journey h;
  h.handle(registered(kAna, "Ana", "Example"));
  EXPECT_TRUE(h.handle(note("Her daughter starts school in May.")).accepted());
  ASSERT_EQ(h.count<messages::NoteTaken>(), 1u);
  EXPECT_EQ(h.last_event<messages::NoteTaken>()->note.reveal(), "Her daughter starts school in May.");
  EXPECT_EQ(timeline_of(h).entries.back().words.reveal(), "Note by rosa: Her daughter starts school in May.");
}

TEST(JourneyNote, IsRefusedForAnUnknownPerson) {
  Journey h;
  EXPECT_EQ(h.handle(note("x")).refusal(), JourneyRefusal::kUnknownPerson);
}

TEST(JourneyWords, AreCutBetweenCharacters) {
  EXPECT_EQ(cut("Jos\xC3\xA9", 4), "Jos");
  EXPECT_EQ(cut("Jos\xC3\xA9", 5), "Jos\xC3\xA9");
  EXPECT_EQ(cut("abc", 10), "abc");
  Journey h;
  h.handle(registered(kAna, "Ana", "Example"));
  h.handle(note(std::string(2048, 'x')));
  EXPECT_EQ(timeline_of(h).entries.back().words.reveal().size(), 1024u);
}

}  // namespace
}  // namespace bridgework::journey::testing
