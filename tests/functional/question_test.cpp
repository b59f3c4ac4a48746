// An answer that only a person understands, through the real suite: it becomes a task, and the visit settles it.

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;

TEST(Question, OfANoOrACancelIsATaskUntilTheVisitSettlesIt) {
  const LocalTime monday = LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9);
  support::Suite suite({.start = *runtime::to_instant(monday, "America/New_York")});
  auto& api = suite.api();
  const auto done = [](support::Answer answer) {
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status << " " << answer.text;
    return answer;
  };
  json::array days;
  for (int day = 1; day <= 7; ++day) days.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
  done(api.post("/v1/sites", {{"site", "harbour"}, {"name", "Harbour Dental"}, {"zone", "America/New_York"}, {"hours", days}}));
  done(api.post("/v1/chairs", {{"site", "harbour"}, {"chair", "c1"}, {"name", "c1"}}));
  done(api.post("/v1/providers", {{"site", "harbour"}, {"provider", "dr-lee"}, {"name", "Dr. Lee"}, {"shifts", days}}));
  done(api.post("/v1/visit-types",
                {{"site", "harbour"}, {"visit_type", "hygiene"}, {"name", "Hygiene"}, {"duration_minutes", 30}, {"purpose", "hygiene"}}));
  const std::string person =
      done(api.post("/v1/persons", {{"profile",
                                     {{"given_name", "Ana"},
                                      {"home_site", "harbour"},
                                      {"preferred_channel", "sms"},
                                      {"contact_points", json::array{json::object{{"kind", "phone"}, {"raw", "+12125550143"}}}}}}}))
          .string_at("/id");
  ASSERT_TRUE(suite.settle());
  const std::string visit = done(api.post("/v1/appointments", {{"site", "harbour"},
                                                               {"person", person},
                                                               {"visit_type", "hygiene"},
                                                               {"provider", "dr-lee"},
                                                               {"local_start", "2026-11-25T11:00:00"}}))
                                .string_at("/appointment");
  done(api.post("/v1/appointments/" + visit + "/book", json::object()));
  ASSERT_TRUE(suite.settle());
  suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
  ASSERT_TRUE(suite.settle());

  const auto answers = [&](const char* words) {
    done(api.post("/v1/messages/inbound", {{"from", "+12125550143"}, {"body", words}}));
    EXPECT_TRUE(suite.settle());
  };
  const auto tasks = [&] { return api.get("/v1/tasks?site=harbour"); };
  const auto count = [&] { return tasks().json.at("tasks").as_array().size(); };

  answers("no");
  answers("no");
  ASSERT_EQ(count(), 1u) << tasks().text;
  EXPECT_EQ(tasks().string_at("/tasks/0/appointment"), visit);
  EXPECT_EQ(tasks().string_at("/tasks/0/reason"),
            "Answered no when asked about the visit on 25 November at 11:00: call and ask whether it stands");
  EXPECT_EQ(tasks().string_at("/tasks/0/words"), "no");
  EXPECT_TRUE(tasks().string_at("/tasks/0/due_at").starts_with("2026-11-24T18:")) << "an hour after noon in New York; " << tasks().text;
  answers("yes");
  EXPECT_EQ(count(), 0u) << tasks().text;
  EXPECT_EQ(api.get("/v1/appointments/" + visit).string_at("/state"), "confirmed");

  answers("no");
  ASSERT_EQ(count(), 1u) << "they have thought again; " << tasks().text;
  answers("yes");
  EXPECT_EQ(count(), 0u) << "and again, though the visit was confirmed all the time; " << tasks().text;

  answers("no");
  const std::string task = tasks().string_at("/tasks/0/task");
  done(api.post("/v1/tasks/" + task + "/claim", json::object{}));
  answers("yes");
  ASSERT_EQ(count(), 1u) << "whoever is at it finishes it; " << tasks().text;
  EXPECT_TRUE(tasks().string_at("/tasks/0/reason").ends_with("; since then they have answered yes")) << tasks().text;
  EXPECT_EQ(tasks().string_at("/tasks/0/words"), "yes");
  done(api.post("/v1/tasks/" + task + "/outcome", {{"outcome", "spoke_booked"}}));

  answers("CANCEL");
  ASSERT_EQ(count(), 1u) << tasks().text;
  EXPECT_EQ(api.get("/v1/appointments/" + visit).string_at("/state"), "confirmed") << "nobody has cancelled it yet";
  done(api.post("/v1/appointments/" + visit + "/cancel", {{"by", "patient"}}));
  ASSERT_TRUE(suite.settle());
  const support::Answer left = tasks();
  for (const auto& task : left.json.at("tasks").as_array()) EXPECT_EQ(task.at("appointment").as_string(), "");
}

}  // namespace
}  // namespace bridgework::functional
