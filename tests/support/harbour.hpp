#pragma once
// A practice with one chair and one provider, open every day from 8 to 18, for suites in which that is enough.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/zone.hpp"
#include "support/suite.hpp"

namespace bridgework::support {

struct Harbour {
  Harbour() {
    boost::json::array days;
    for (int day = 1; day <= 7; ++day)
      days.push_back(boost::json::object{{"weekday", day}, {"from_minute", 8 * 60}, {"until_minute", 18 * 60}});
    done("/v1/sites", {{"site", "harbour"}, {"name", "Harbour Dental"}, {"zone", "America/New_York"}, {"hours", days}});
    done("/v1/chairs", {{"site", "harbour"}, {"chair", "c1"}, {"name", "c1"}});
    done("/v1/providers", {{"site", "harbour"}, {"provider", "dr-lee"}, {"name", "Dr. Lee"}, {"shifts", days}});
    done("/v1/visit-types",
         {{"site", "harbour"}, {"visit_type", "hygiene"}, {"name", "Hygiene"}, {"duration_minutes", 30}, {"purpose", "hygiene"}});
  }

  Answer done(const std::string& target, boost::json::object body) {
    Answer answer = suite.api().post(target, std::move(body));
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << target << ": " << answer.status << " " << answer.text;
    return answer;
  }
  /// Somebody with these contact points, known to every service; the first is the preferred one.
  std::string person(const std::string& name, const std::vector<std::pair<std::string, std::string>>& contacts) {
    boost::json::array points;
    for (const auto& [kind, raw] : contacts) points.push_back(boost::json::object{{"kind", kind}, {"raw", raw}});
    const char* channel = contacts.empty() || contacts.front().first == "email" ? "email" : "sms";
    std::string id =
        done("/v1/persons",
             {{"profile",
               {{"given_name", name}, {"home_site", "harbour"}, {"preferred_channel", channel}, {"contact_points", std::move(points)}}}})
            .string_at("/id");
    EXPECT_TRUE(suite.settle());
    return id;
  }
  /// A booked visit of half an hour.
  std::string book(const std::string& person, const std::string& local_start) {
    std::string visit =
        done("/v1/appointments",
             {{"site", "harbour"}, {"person", person}, {"visit_type", "hygiene"}, {"provider", "dr-lee"}, {"local_start", local_start}})
            .string_at("/appointment");
    done("/v1/appointments/" + visit + "/book", {});
    return visit;
  }
  /// A text message from that number.
  void writes(const std::string& from, const std::string& words) { done("/v1/messages/inbound", {{"from", from}, {"body", words}}); }
  /// What became of each message to that person, in words.
  std::string reasons(const std::string& person) {
    std::string words;
    const Answer list = suite.api().get("/v1/messages?person=" + person);
    for (const auto& message : list.json.at("messages").as_array()) words += std::string(message.at("words").as_string()) + "\n";
    return words;
  }
  std::string state_of(const std::string& visit) { return suite.api().get("/v1/appointments/" + visit).string_at("/state"); }

  /// Monday 23 November 2026, 9:00 there.
  Suite suite{{.start = *runtime::to_instant(LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9),
                                             "America/New_York")}};
};

}  // namespace bridgework::support
