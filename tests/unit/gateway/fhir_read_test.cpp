// A visit that was moved so often that its id is too long for FHIR, read by the id it is shown with.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/fhir_import.hpp"
#include "gateway/fhir_resource.hpp"
#include "gateway/gateway.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

using messages::VisitState;

/// A visit and the six it was moved to, one after the other: an id of ours has room for no more.
class GatewayFhirMoved : public testing::Test {
 protected:
  GatewayFhirMoved() {
    ApiKeys keys;
    keys.add("admin", "admin-key-0123456789");
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    gateway_.emplace(config_, "g", forms_, std::move(keys), backend_, metrics_);
    ids_ = {"harbour.v-" + std::string(13, 'a')};
    for (char move = 'b'; move <= 'g'; ++move) ids_.push_back(ids_.back() + ".m-" + std::string(13, move));
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      messages::AppointmentView& view = visits_[ids_[i]];
      view.appointment = AppointmentId(ids_[i]);
      view.person = PersonId("p-1");
      view.site = SiteId("harbour");
      view.visit.start = *parse_instant("2026-11-24T14:00:00Z");
      view.visit.duration_minutes = 30;
      view.state = i + 1 == ids_.size() ? VisitState::kBooked : VisitState::kMoved;
      if (i + 1 < ids_.size()) view.moved_to = AppointmentId(ids_[i + 1]);
    }
  }
  messages::Reply reply_to(const runtime::Call& call) const {
    messages::Reply reply;
    const auto query = messages::decode_as<messages::GetAppointment>(call.request.body);
    const auto found = visits_.find(query->appointment.text());
    if (found == visits_.end()) {
      reply.outcome = messages::Outcome::kRefused;
      reply.code = "unknown_appointment";
    } else {
      reply.type_id = messages::AppointmentView::kTypeId;
      reply.body = encode(found->second);
    }
    return reply;
  }
  HttpResponse read(const std::string& id) {
    HttpRequest request{http::verb::get, "/fhir/R4/Appointment/" + id, 11};
    request.set(http::field::authorization, "Bearer admin-key-0123456789");
    return answer_of(*gateway_, request);
  }

  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  std::vector<std::string> ids_;
  std::map<std::string, messages::AppointmentView> visits_;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayFhirMoved, IsFoundByTheIdItIsShownWith) {
  for (const auto& [id, view] : visits_) {
    const auto shown = fhir_appointment(view);
    const std::string written(shown->at("id").as_string());
    ASSERT_LE(written.size(), 64U);
    const HttpResponse response = read(written);
    EXPECT_EQ(response.status, 200U) << written << " " << response.body;
    EXPECT_NE(response.body.find("\"value\":\"" + id + "\""), std::string::npos) << "its identifier is whole";
    if (view.state == VisitState::kMoved) {
      EXPECT_NE(response.body.find("Appointment/" + visit_fhir_id(view.moved_to.text()) + "\""), std::string::npos) << response.body;
    }
  }
}

TEST_F(GatewayFhirMoved, ThatIsSentBackIsTheSameVisit) {
  auto past = visits_.at(ids_.back());
  past.state = VisitState::kCompleted;
  const auto history = read_fhir(*fhir_appointment(past), {"admin", *parse_instant("2026-12-20T00:00:00Z"), {}});
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(std::get<VisitFromFhir>(*history).appointment, ids_.back());
}

TEST_F(GatewayFhirMoved, NobodyIsFoundByAnIdThatOnlyLooksLikeIt) {
  EXPECT_EQ(read(ids_.front() + ".s-" + std::string(13, 'z')).status, 404U);
  EXPECT_EQ(backend_.calls.size(), 8U) << "as it stands, then the visit and all it was moved to";
  EXPECT_EQ(read("harbour.v-none.s-" + std::string(13, 'z')).status, 404U);
  EXPECT_EQ(read("harbour.v-none").status, 404U);
}

TEST_F(GatewayFhirMoved, EvenMovesInACircleEnd) {
  visits_.at(ids_.back()).moved_to = AppointmentId(ids_.front());
  EXPECT_EQ(read(ids_.front() + ".s-" + std::string(13, 'z')).status, 404U);
}

TEST(GatewayFhirIds, OfVisitsAreNeverTooLongAndAlwaysTheSame) {
  EXPECT_EQ(visit_fhir_id("harbour.v-abc.m-def"), "harbour.v-abc.m-def");
  const std::string moved = "harbour.v-abc.m-" + std::string(48, 'd');
  ASSERT_EQ(moved.size(), 64U);
  EXPECT_EQ(visit_fhir_id(moved), moved);
  const std::string shortened = visit_fhir_id(moved + "e");
  EXPECT_EQ(shortened.substr(0, 16), "harbour.v-abc.s-");
  EXPECT_EQ(shortened.size(), 29U);
  EXPECT_EQ(shortened, visit_fhir_id(moved + "e"));
  EXPECT_NE(shortened, visit_fhir_id(moved + "f"));
  EXPECT_EQ(unmoved_id_of(shortened), "harbour.v-abc");
  EXPECT_EQ(unmoved_id_of("harbour.v-abc"), std::nullopt);
  const std::string site(60, 'x');
  EXPECT_EQ(visit_fhir_id(site + ".v-abcdefgh"), short_fhir_id(site) + ".v-abcdefgh");
  const std::string longest = site + "." + std::string(32, 'v') + ".m-7-" + std::string(13, 'm');
  EXPECT_EQ(visit_fhir_id(longest), short_fhir_id(site) + "." + std::string(32, 'v') + "." + short_fhir_id(longest));
  EXPECT_EQ(visit_fhir_id(longest).size(), 64U);
}

TEST(GatewayFhirIds, OfCalendarsAndOpeningsAreNeverTooLong) {
  const std::string site(31, 's'), provider(32, 'p');
  EXPECT_EQ(schedule_fhir_id({site, provider}), site + "." + provider);
  EXPECT_EQ(schedule_fhir_id({site + "s", provider}), short_fhir_id(site + "s") + "." + short_fhir_id(provider));
  const LocalTime at = *parse_local("2026-11-24T09:05:00");
  EXPECT_EQ(slot_fhir_id({{"north", "lee"}, std::string(38, 't'), at}).size(), 62U);
  EXPECT_EQ(slot_fhir_id({{"north", "lee"}, std::string(41, 't'), at}),
            short_fhir_id("north") + "." + short_fhir_id("lee") + "." + short_fhir_id(std::string(41, 't')) + ".20261124T0905");
  EXPECT_EQ(slot_fhir_id({{site, provider}, std::string(64, 't'), at}).size(), 61U);
  EXPECT_TRUE(is_short_fhir_id(short_fhir_id("north")));
  for (const char* other : {"s-abc", "s-abcdefghijk1m", "t-abcdefghijklm", "", "s-abcdefghijklmn"})
    EXPECT_FALSE(is_short_fhir_id(other)) << other;
}

TEST(GatewayFhirIds, ThatFhirCouldNotNameAreRefused) {
  for (const char* type : {"PersonId", "SiteId", "ProviderId"}) {
    EXPECT_EQ(unfit_for_fhir(type, std::string(64, 'a')), "") << type;
    EXPECT_EQ(unfit_for_fhir(type, std::string(16, '_')), "") << type;
    EXPECT_NE(unfit_for_fhir(type, "_" + std::string(61, 'a')), "") << type;
  }
  EXPECT_EQ(unfit_for_fhir("AppointmentId", std::string(64, 's') + "." + std::string(32, 'v') + ".m-3-" + std::string(13, 'm')), "");
  EXPECT_NE(unfit_for_fhir("AppointmentId", "s." + std::string(33, 'v')), "");
  EXPECT_EQ(unfit_for_fhir("ChairId", std::string(64, '_')), "") << "FHIR names none";
}

}  // namespace
}  // namespace bridgework::gateway
