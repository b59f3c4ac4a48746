// A time became free: who is asked, and what becomes of it.

#include <string>
#include <utility>

#include "outreach/decide.hpp"

namespace bridgework::outreach {
namespace {

/// The programme's steps: the offer, "it is yours", "somebody was faster".
constexpr std::uint16_t kBooked = kOfferStep + 1, kGone = kOfferStep + 2;

Plan step(const PersonId& person, const SiteId& site, const OfferId& offer, std::uint16_t number, std::string template_name,
          SubjectRecord about, Instant now) {
  Plan wanted;
  wanted.person = person;
  wanted.site = site;
  wanted.programme = kShortNotice;
  wanted.step = number;
  wanted.subject = offer.text();
  // they asked to be asked
  wanted.purpose = MessagePurpose::kTransactional;
  wanted.template_name = std::move(template_name);
  wanted.due = now;
  wanted.about = std::move(about);
  return wanted;
}

template <class OfferEvent>
Decision over(const State& state, const OfferEvent& event, Gone gone, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.offer.text(), SubjectKind::kOffer);
  return end_subject(state, event.person, event.offer.text(), std::move(about), gone, now);
}

}  // namespace

/// Useful until nobody could come in time any more; then the gate withholds it as too late.
Decision on(const State& state, const messages::SlotOffered& event, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.offer.text(), SubjectKind::kOffer);
  about.visit_start = event.visit.start;
  about.visit_local = event.visit.local_start;
  about.visit_zone = event.visit.zone;
  about.token = event.token;
  Plan wanted = step(event.person, event.site, event.offer, kOfferStep, "short_notice", std::move(about), now);
  wanted.useful_until = event.expires;
  return plan(state, wanted, now);
}

Decision on(const State& state, const messages::OfferRevoked& event, Instant now) { return over(state, event, Gone::kOfferRevoked, now); }

Decision on(const State& state, const messages::OfferDeclined& event, Instant now) { return over(state, event, Gone::kOfferAnswered, now); }

/// The offer itself has served; that the time is theirs is another message about it.
Decision on(const State& state, const messages::OfferAccepted& event, Instant now) {
  Decision decision = over(state, event, Gone::kOfferAnswered, now);
  SubjectRecord about = subject_of(state, event.person, event.offer.text(), SubjectKind::kOffer);
  about.gone = Gone::kNot;
  about.visit_start = event.visit.start;
  about.visit_local = event.visit.local_start;
  about.visit_zone = event.visit.zone;
  Plan wanted = step(event.person, event.site, event.offer, kBooked, "short_notice_booked", std::move(about), now);
  wanted.useful_until = event.visit.start;
  decision.append(plan(state, wanted, now));
  return decision;
}

/// Whoever said yes is owed an answer, and the link still shows other times.
Decision on(const State& state, const messages::OfferMissed& event, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.offer.text(), SubjectKind::kOffer);
  about.gone = Gone::kNot;
  about.token = event.token;
  return plan(state, step(event.person, event.site, event.offer, kGone, "short_notice_gone", std::move(about), now), now);
}

}  // namespace bridgework::outreach
