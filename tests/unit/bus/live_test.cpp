#include "bus/live.hpp"

#include <gtest/gtest.h>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"

namespace bridgework::bus {
namespace {

constexpr std::string_view kKey = "a secret of this group, long enough";

messages::PersonRegistered somebody() {
  messages::PersonRegistered event;
  event.person = PersonId("p-1");
  event.site = SiteId("north");
  event.profile.given_name = Phi<std::string>("Quentin");
  event.profile.family_name = Phi<std::string>("Example");
  event.profile.birth_day = Phi<std::optional<LocalDay>>(LocalDay(std::chrono::days(4000)));
  event.profile.contact_points.push_back(
      {messages::ContactKind::kEmail, Phi<std::string>("quentin@example.org"), Phi<std::string>("Quentin@Example.org")});
  event.profile.language = "fr";
  event.profile.status = messages::PersonStatus::kPatient;
  return event;
}

template <class Event>
LogEntry entry_of(const Event& event, std::uint64_t sequence = 7) {
  messages::EventRecord record;
  record.type_id = Event::kTypeId;
  record.recorded_at = Instant(std::chrono::seconds(1'700'000'000));
  record.service = "lead_intake";
  record.person = "p-1";
  record.site = "north";
  record.principal = "reception";
  record.body = encode(event);
  return {sequence, Event::kTypeId, encode(record)};
}

TEST(Pseudonyms, AreStableWithinAGroupAndDifferBetweenGroupsAndKeys) {
  const Pseudonyms one(kKey, "group-a");
  EXPECT_EQ(one.of("p-1"), Pseudonyms(kKey, "group-a").of("p-1"));
  EXPECT_EQ(one.of("p-1").size(), 32u);
  EXPECT_NE(one.of("p-1"), one.of("p-2"));
  EXPECT_NE(one.of("p-1"), Pseudonyms(kKey, "group-b").of("p-1"));
  EXPECT_NE(one.of("p-1"), Pseudonyms("another secret of the same group", "group-a").of("p-1"));
  EXPECT_EQ(one.of(""), "");
}

TEST(LiveMessage, ShowsThatItHappenedAndWhereButNotToWhom) {
  const Pseudonyms pseudonyms(kKey, "g");
  const auto message = live_message(pseudonyms, "1.aaaaaaaa", entry_of(somebody()));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->topic, std::string("PersonRegistered\0north\0", 23));
  const auto header = messages::decode_as<messages::LiveHeader>(message->header);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->sequence, 7u);
  EXPECT_EQ(header->incarnation, "1.aaaaaaaa");
  EXPECT_EQ(header->type, "PersonRegistered");
  EXPECT_EQ(header->site, "north");
  EXPECT_EQ(header->person, pseudonyms.of("p-1"));

  const auto shown = messages::decode_as<messages::PersonRegistered>(message->payload);
  ASSERT_TRUE(shown) << shown.error().path << ": " << shown.error().reason;
  EXPECT_EQ(shown->person.text(), pseudonyms.of("p-1"));
  EXPECT_EQ(shown->site.text(), "north");
  EXPECT_EQ(shown->profile.language, "fr");
  EXPECT_EQ(shown->profile.status, messages::PersonStatus::kPatient);
  EXPECT_EQ(shown->profile.given_name.reveal(), "");
  EXPECT_EQ(shown->profile.contact_points.size(), 1u);
}

TEST(LiveMessage, HoldsNoByteOfWhatIsSaidAboutAPerson) {
  const auto message = live_message(Pseudonyms(kKey, "g"), "1.aaaaaaaa", entry_of(somebody()));
  ASSERT_TRUE(message);
  const std::string all = message->topic + message->header + message->payload;
  for (const char* secret : {"Quentin", "Example", "quentin", "example", "p-1", "reception"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
  // A birth day is a number and has no bytes one could search for.
  const auto shown = messages::decode_as<messages::PersonRegistered>(message->payload);
  ASSERT_TRUE(shown);
  EXPECT_NE(shown->profile.birth_day.reveal(), somebody().profile.birth_day.reveal());
}

TEST(LiveMessage, IsNothingForBytesOrTypesItCannotJudge) {
  const Pseudonyms pseudonyms(kKey, "g");
  EXPECT_FALSE(live_message(pseudonyms, "1.a", {1, 0, "no record"}));
  messages::EventRecord record;
  record.service = "lead_intake";
  record.type_id = 12345;
  record.body = encode(somebody());
  EXPECT_FALSE(live_message(pseudonyms, "1.a", {1, 12345, encode(record)})) << "unknown type";
  record.type_id = messages::Fetch::kTypeId;
  EXPECT_FALSE(live_message(pseudonyms, "1.a", {1, record.type_id, encode(record)})) << "known, and no event";
  record.type_id = messages::PersonRegistered::kTypeId;
  const std::string whole = record.body;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    record.body = whole.substr(0, size);
    // Cut anywhere: refused or harmless, never a crash.
    const auto message = live_message(pseudonyms, "1.a", {1, record.type_id, encode(record)});
    EXPECT_TRUE(!message || message->payload.find("Quentin") == std::string::npos);
  }
}

}  // namespace
}  // namespace bridgework::bus
