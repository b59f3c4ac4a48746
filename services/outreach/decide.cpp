// What the other services tell us: people, sites, and reasons to write that come and go.

#include "outreach/decide.hpp"

#include <algorithm>
#include <chrono>

namespace bridgework::outreach {
namespace {

Decision copy_profile(const State& state, const PersonId& person, const messages::PersonProfile& profile, Instant now) {
  PersonRecord record = person_of(state, person);
  record.known = true;
  record.given_name = profile.given_name;
  record.contact_points = profile.contact_points;
  record.preferred_channel = profile.preferred_channel;
  record.language = profile.language;
  record.zone = profile.zone;
  record.home_site = profile.home_site;
  record.status = profile.status;
  record.provenance = profile.provenance;
  Decision decision;
  if (record.messages_planned > 0) remember_phones(decision, state, record);
  if (is_gone(record)) take_back(decision, state, record, now);
  decision.put(person.text(), std::move(record));
  return decision;
}

Decision on(const State& state, const messages::PersonRegistered& event, Instant now) {
  return copy_profile(state, event.person, event.profile, now);
}

Decision on(const State& state, const messages::PersonChanged& event, Instant now) {
  return copy_profile(state, event.person, event.profile, now);
}

Decision on(const State& state, const messages::SiteDefined& event, Instant) {
  const auto* known = state.find<SiteRecord>(event.site.text());
  SiteRecord site{event.name, event.zone, event.phone, {}};
  if (known != nullptr) site.minutes_before = known->minutes_before;
  Decision decision;
  decision.put(event.site.text(), std::move(site));
  return decision;
}

Decision on(const State&, const messages::ContactSuppressed& event, Instant now) {
  Decision decision;
  decision.put(event.contact.reveal(), SuppressionRecord{event.kind, now});
  return decision;
}

Decision on(const State&, const messages::ContactReleased& event, Instant) {
  Decision decision;
  decision.erase<SuppressionRecord>(event.contact.reveal());
  return decision;
}

/// Who books online has chosen a time by then, or is slow enough to be told that their wish has arrived.
constexpr auto kChoosing = std::chrono::seconds{45};

/// Whoever asks something hears at once that it has arrived. Who called has spoken with us, or is texted back; who is booking online hears
/// what was agreed, and hears this only when nothing was.
///
/// What they agreed to in a form counts from here on, before anything leaves that needs it.
Decision on(const State& state, const messages::EnquiryReceived& event, Instant now) {
  PersonRecord person = person_of(state, event.person);
  Decision decision = take_consents(person, event, now);
  if (event.channel == messages::EnquiryChannel::kPhoneCall) return decision;
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kAcknowledgement;
  wanted.subject = event.enquiry.text();
  wanted.purpose = MessagePurpose::kTransactional;
  wanted.template_name = kAcknowledgement;
  wanted.due = event.channel == messages::EnquiryChannel::kOnlineBooking ? now + kChoosing : now;
  SubjectRecord about = subject_of(state, event.person, event.enquiry.text(), SubjectKind::kEnquiry);
  decision.append(plan(state, person, about, wanted, now));
  return decision;
}

/// One text back for a caller and day: lead_intake says when, the gate says whether.
Decision on(const State& state, const messages::CallMissed& event, Instant now) {
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kMissedCall;
  wanted.subject = event.enquiry.text();
  wanted.purpose = MessagePurpose::kTransactional;
  wanted.template_name = kMissedCall;
  wanted.due = now;
  wanted.useful_until = event.useful_until;
  wanted.about = subject_of(state, event.person, event.enquiry.text(), SubjectKind::kEnquiry);
  return plan(state, wanted, now);
}

Decision on(const State& state, const messages::NurtureStepDue& event, Instant now) {
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kNurture;
  wanted.step = event.step;
  wanted.subject = nurture_subject(event.enquiry);
  wanted.purpose = MessagePurpose::kMarketing;
  wanted.template_name = event.template_name;
  wanted.due = now;
  wanted.about = subject_of(state, event.person, wanted.subject, SubjectKind::kEnquiry);
  return plan(state, wanted, now);
}

Decision end_nurture(const State& state, const messages::EnquiryAdvanced& event, Instant now) {
  const std::string subject = nurture_subject(event.enquiry);
  const auto* known = state.find<SubjectRecord>(subject_id(event.person, subject));
  if (known == nullptr) return {};
  if (event.to != messages::LeadState::kNurturing) return end_subject(state, event.person, subject, *known, Gone::kEnquiryOver, now);
  SubjectRecord about = *known;
  about.gone = Gone::kNot;
  Decision decision;
  decision.put(subject_id(event.person, subject), std::move(about));
  return decision;
}

/// Whoever is nurtured no more gets no step that is still waiting for a decent hour; whoever has a visit, no word that we are going to
/// call.
Decision on(const State& state, const messages::EnquiryAdvanced& event, Instant now) {
  const auto* asked = state.find<SubjectRecord>(subject_id(event.person, event.enquiry.text()));
  if (event.to == messages::LeadState::kBooked && asked != nullptr)
    return end_nurture(state, event, now).append(end_subject(state, event.person, event.enquiry.text(), *asked, Gone::kEnquiryOver, now));
  return end_nurture(state, event, now);
}

/// Thanks to whoever sent somebody to us, without a word about whom.
Decision on(const State& state, const messages::ReferralKept& event, Instant now) {
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kReferralThanks;
  wanted.subject = event.enquiry.text();
  wanted.purpose = MessagePurpose::kCare;
  wanted.template_name = kReferralThanks;
  wanted.due = now;
  wanted.about = subject_of(state, event.person, event.enquiry.text(), SubjectKind::kEnquiry);
  return plan(state, wanted, now);
}

/// Of one who lives in somebody's household that one is asked to be reminded. Whoever has booked by themselves hears at once what was
/// agreed, with a link to it.
Decision on(const State& state, const messages::AppointmentBooked& event, Instant now) {
  PersonRecord person = person_of(state, event.person);
  SubjectRecord about = subject_of(state, event.person, event.appointment.text(), SubjectKind::kVisit);
  about.visit_start = event.visit.start;
  about.visit_local = event.visit.local_start;
  about.visit_zone = event.visit.zone;
  Plan wanted = reminder(state, event.person, event.site, event.appointment, about, now);
  wanted.told_to = person.guarantor;
  Decision decision = plan(state, person, about, wanted, now);
  if (event.online) {
    Plan agreed;
    agreed.person = event.person;
    agreed.site = event.site;
    agreed.programme = kBookedOnline;
    agreed.subject = event.appointment.text();
    agreed.purpose = MessagePurpose::kTransactional;
    agreed.template_name = kBookedOnline;
    agreed.due = now;
    agreed.useful_until = event.visit.start;
    decision.append(plan(state, person, about, agreed, now));
  }
  remember_phones(decision, state, person);
  return decision;
}

/// Who has said yes is not asked again and again; the reminder closest to the visit still leaves.
Decision on(const State& state, const messages::AppointmentConfirmed& event, Instant) {
  const std::string subject = subject_id(event.person, event.appointment.text());
  const auto* known = state.find<SubjectRecord>(subject);
  if (known == nullptr) return {};
  SubjectRecord about = *known;
  about.confirmed = true;
  Decision decision;
  decision.put(subject, std::move(about));
  return decision;
}

template <class AppointmentEvent>
Decision end_visit(const State& state, const AppointmentEvent& event, Gone gone, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.appointment.text(), SubjectKind::kVisit);
  return end_visit(state, event.person, event.site, event.appointment, std::move(about), gone, now);
}

Decision on(const State& state, const messages::AppointmentMoved& event, Instant now) {
  return end_visit(state, event, Gone::kVisitMoved, now);
}

Decision on(const State& state, const messages::AppointmentCancelled& event, Instant now) {
  return end_visit(state, event, Gone::kVisitCancelled, now);
}

Decision on(const State& state, const messages::AppointmentNoShow& event, Instant now) {
  return end_visit(state, event, Gone::kVisitMissed, now);
}

Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now) {
  return end_visit(state, event, Gone::kVisitTookPlace, now);
}

Gone gone_of(messages::Cover cover) {
  switch (cover) {
    case messages::Cover::kActive: return Gone::kNot;
    case messages::Cover::kCovered: return Gone::kGapCovered;
    case messages::Cover::kOnHold: return Gone::kGapOnHold;
    case messages::Cover::kClosed: return Gone::kGapClosed;
  }
  return Gone::kNot;
}

Decision on(const State& state, const messages::GapOpened& event, Instant) {
  SubjectRecord about = subject_of(state, event.person, event.gap.text(), SubjectKind::kGap);
  about.provenance = event.provenance;
  about.gone = gone_of(event.cover);
  about.purpose = event.purpose;
  Decision decision;
  decision.put(subject_id(event.person, event.gap.text()), std::move(about));
  return decision;
}

/// A gap that is covered, closed or on hold is no reason to write; one that is active again is. followup says "active" once more of an
/// active gap when somebody has looked at its history; an imported one is from then on a reason like any other.
Decision on(const State& state, const messages::GapChanged& event, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.gap.text(), SubjectKind::kGap);
  const bool looked_at = event.from == messages::Cover::kActive && event.to == messages::Cover::kActive;
  if (looked_at) about.provenance = Provenance::kObserved;
  const Gone gone = gone_of(event.to);
  if (gone != Gone::kNot) return end_subject(state, event.person, event.gap.text(), std::move(about), gone, now);
  about.gone = Gone::kNot;
  Decision decision;
  decision.put(subject_id(event.person, event.gap.text()), std::move(about));
  return decision;
}

Decision on(const State& state, const messages::FollowUpStepDue& event, Instant now) {
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kFollowUp;
  wanted.step = event.step;
  wanted.subject = event.gap.text();
  wanted.purpose = MessagePurpose::kCare;
  wanted.template_name = event.template_name;
  wanted.due = now;
  wanted.about = subject_of(state, event.person, event.gap.text(), SubjectKind::kGap);
  wanted.about.newest_step = std::max(wanted.about.newest_step, event.step);
  return plan(state, wanted, now);
}

Decision on(const State& state, const messages::SurveyAsked& event, Instant now) {
  Plan wanted;
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kSurvey;
  wanted.subject = event.survey.text();
  wanted.purpose = MessagePurpose::kSurvey;
  wanted.template_name = event.template_name;
  wanted.due = now;
  wanted.about = subject_of(state, event.person, event.survey.text(), SubjectKind::kSurvey);
  wanted.about.token = event.token;
  return plan(state, wanted, now);
}

Decision on(const State& state, const messages::SurveyAnswered& event, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.survey.text(), SubjectKind::kSurvey);
  return end_subject(state, event.person, event.survey.text(), std::move(about), Gone::kSurveyAnswered, now);
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& m) { return on(state, m, now); }, message);
}

}  // namespace bridgework::outreach
