#pragma once
// A front desk to test with, and short ways to say what happens there.

#include <string>
#include <vector>

#include "lead_intake/model.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::lead_intake::Model>;

namespace bridgework::lead_intake {

using testing::utc;
using No = Refusal;
using messages::ContactKind;

inline messages::ContactPoint phone(std::string raw) {
  return {.kind = ContactKind::kPhone, .value = Phi<std::string>(std::move(raw)), .raw = {}};
}
inline messages::ContactPoint email(std::string raw) {
  return {.kind = ContactKind::kEmail, .value = Phi<std::string>(std::move(raw)), .raw = {}};
}

inline messages::PersonProfile profile(std::vector<messages::ContactPoint> points = {}, std::string home_site = {}, std::string zone = {}) {
  messages::PersonProfile profile;
  profile.given_name = Phi<std::string>("Ana");
  profile.contact_points = std::move(points);
  profile.home_site = SiteId(std::move(home_site));
  profile.zone = std::move(zone);
  return profile;
}

/// Knows the site `main` in Chicago and the campaign `c-1`. The clock starts at 2026-01-05 15:00 UTC.
class Desk : public testing::Harness<Model> {
 public:
  Desk() : Harness(utc(2026, 1, 5, 15)) {
    handle(messages::SiteDefined{.site = SiteId("main"), .name = "Main", .zone = "America/Chicago"});
    handle(messages::CreateCampaign{.campaign = CampaignId("c-1"),
                                    .name = "Spring",
                                    .source = messages::LeadSource::kRadio,
                                    .promise = "No waiting",
                                    .greeting_script = "Hello"});
    forget_events();
  }
  messages::SubmitEnquiry enquiry(std::string id, messages::PersonProfile who = profile({phone("(202) 555-0143")})) const {
    return {.person = PersonId(std::string(owner_key(id))),
            .enquiry = EnquiryId(std::move(id)),
            .site = SiteId("main"),
            .campaign = CampaignId("c-1"),
            .source = messages::LeadSource::kRadio,
            .channel = messages::EnquiryChannel::kWebForm,
            .profile = std::move(who),
            .text = Phi<std::string>("It hurts")};
  }
  const Outcome& call(const std::string& enquiry, messages::CallOutcome outcome) {
    return handle(messages::RecordCall{.enquiry = EnquiryId(enquiry), .outcome = outcome, .by = "desk-1"});
  }
  const Outcome& claim(const std::string& enquiry, const std::string& by, std::uint16_t minutes = 15) {
    return handle(messages::ClaimLead{.enquiry = EnquiryId(enquiry), .by = by, .minutes = minutes});
  }
  const Outcome& close(const std::string& enquiry, const std::string& reason = "too far") {
    return handle(messages::CloseLead{.enquiry = EnquiryId(enquiry), .reason = reason});
  }
  const Outcome& sent(const std::string& subject, const std::string& programme = "acknowledgement") {
    return handle(messages::MessageSent{.person = PersonId(std::string(owner_key(subject))), .programme = programme, .subject = subject});
  }
  const Outcome& visit_booked(const std::string& person, const std::string& appointment, const std::string& moved_from = {}) {
    return handle(messages::AppointmentBooked{
        .person = PersonId(person), .appointment = AppointmentId(appointment), .moved_from = AppointmentId(moved_from)});
  }
  const Outcome& visit_completed(const std::string& person, const std::string& appointment) {
    return handle(messages::AppointmentCompleted{.person = PersonId(person), .appointment = AppointmentId(appointment)});
  }
  const Outcome& change(const std::string& person, messages::PersonProfile profile) {
    return handle(messages::ChangePerson{.person = PersonId(person), .profile = std::move(profile)});
  }
  LeadState state_of(const std::string& enquiry) const { return record<EnquiryRecord>(enquiry)->state; }
  messages::LeadView lead(const std::string& enquiry) const {
    return get<messages::LeadView>(messages::GetLead{.enquiry = EnquiryId(enquiry)});
  }
};

}  // namespace bridgework::lead_intake
