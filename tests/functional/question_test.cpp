// An answer that only a person understands, through the real suite: it becomes a task, and the visit settles it.

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

TEST(Question, OfANoOrACancelIsATaskUntilTheVisitSettlesIt) {
  support::Harbour practice;
  support::Suite& suite = practice.suite;
  auto& api = suite.api();
  const std::string phone = "+12125550143";
  const std::string visit = practice.book(practice.person("Ana", {{"phone", phone}}), "2026-11-25T11:00:00");
  ASSERT_TRUE(suite.settle());
  suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
  ASSERT_TRUE(suite.settle());

  const auto answers = [&](const char* words) {
    practice.writes(phone, words);
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
  EXPECT_EQ(practice.state_of(visit), "confirmed");

  answers("no");
  ASSERT_EQ(count(), 1u) << "they have thought again; " << tasks().text;
  answers("yes");
  EXPECT_EQ(count(), 0u) << "and again, though the visit was confirmed all the time; " << tasks().text;

  answers("no");
  const std::string task = tasks().string_at("/tasks/0/task");
  practice.done("/v1/tasks/" + task + "/claim", {});
  answers("yes");
  ASSERT_EQ(count(), 1u) << "whoever is at it finishes it; " << tasks().text;
  EXPECT_TRUE(tasks().string_at("/tasks/0/reason").ends_with("; since then they have answered yes")) << tasks().text;
  EXPECT_EQ(tasks().string_at("/tasks/0/words"), "yes");
  practice.done("/v1/tasks/" + task + "/outcome", {{"outcome", "spoke_booked"}});

  answers("CANCEL");
  ASSERT_EQ(count(), 1u) << tasks().text;
  EXPECT_EQ(practice.state_of(visit), "confirmed") << "nobody has cancelled it yet";
  practice.done("/v1/appointments/" + visit + "/cancel", {{"by", "patient"}});
  ASSERT_TRUE(suite.settle());
  const support::Answer left = tasks();
  for (const auto& task : left.json.at("tasks").as_array()) EXPECT_EQ(task.at("appointment").as_string(), "");
}

}  // namespace
}  // namespace bridgework::functional
