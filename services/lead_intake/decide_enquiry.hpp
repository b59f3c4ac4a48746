#pragma once
// One enquiry, from the first word to the kept visit.

#include <optional>
#include <string>
#include <string_view>

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

/// Somebody asks for something. Whoever is known keeps their profile and gains the contact points that are new; an enquiry of somebody
/// who is not to be contacted waits for a person to look at it.
///
/// The campaign must be known in this lane, which it is a moment after it was created.
Decision on(const State& state, const messages::SubmitEnquiry& command, Instant now);
Decision on(const State& state, const messages::ClaimLead& command, Instant now);
/// The first conversation, not the first ring, stops the clock.
Decision on(const State& state, const messages::RecordCall& command, Instant now);
Decision on(const State& state, const messages::CloseLead& command, Instant now);
/// Hands the person over to the nurture sequence, until they book, are lost, are spoken with, or want no more.
Decision on(const State& state, const messages::NurtureLead& command, Instant now);
/// Enquiries of another system. They count where they came from; nobody is contacted and no clock runs.
Decision on(const State& state, const messages::ImportLeads& command, Instant now);
Decision on(const State& state, const messages::WebFormAccepted& event, Instant now);
Decision on(const State& state, const messages::MessageSent& event, Instant now);
/// Moves the newest open enquiry on; a visit that was moved takes its enquiry along.
Decision on(const State& state, const messages::AppointmentBooked& event, Instant now);
/// The enquiry that led to this visit is kept, and a prospect is a patient from now on. Whoever referred them is thanked.
Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now);
/// Completed treatment of a person whom an enquiry has won: the enquiry has produced.
Decision on(const State& state, const messages::ItemDecided& event, Instant now);
/// Who wants no more messages is nurtured no more; somebody looks at what remains of the enquiry.
Decision on(const State& state, const messages::ConsentChanged& event, Instant now);
Decision on(const State& state, const messages::ContactSuppressed& event, Instant now);
Decision on(const State& state, const messages::LeadAssigned& event, Instant now);
Decision on(const State& state, const AcknowledgementDue& due, Instant now);
Decision on(const State& state, const ContactDue& due, Instant now);
Decision on(const State& state, const NurtureDue& due, Instant now);

/// Gives up every enquiry of the person that is still open.
void lose_open_enquiries(Decision& decision, const State& state, const PersonRecord& person, std::string_view reason, Instant now);

messages::LeadView view_of(const EnquiryId& enquiry, const EnquiryRecord& record, const PersonRecord* person);

// ---- for the files of decide only

/// An enquiry, whichever way it came.
struct NewEnquiry {
  PersonId person;
  EnquiryId enquiry;
  SiteId site;
  CampaignId campaign;
  messages::LeadSource source = messages::LeadSource::kWeb;
  messages::EnquiryChannel channel = messages::EnquiryChannel::kWebForm;
  messages::PersonProfile profile;
  Phi<std::string> text;
  PersonId referrer;
  std::string contact_consent{}, marketing_consent{};  ///< the words that were agreed to
};

struct Received {
  EnquiryRecord record;
  PersonRecord person;  ///< as stored
};

/// Makes the person or adds to them, and tells the enquiry. Stores the person; the enquiry is the caller's to store.
Received receive(Decision& decision, const State& state, const NewEnquiry& asked, Instant now);

/// Lets both clocks run, if they should.
void start_clocks(Decision& decision, const State& state, const EnquiryId& enquiry, const EnquiryRecord& record);

/// Stores an enquiry, `before` being what is stored now: with its place at the desk, and without the timers that it needs no more.
void store(Decision& decision, const EnquiryId& enquiry, const EnquiryRecord* before, EnquiryRecord after);

/// Tells a call, and what a conversation changes.
void note_call(Decision& decision, const State& state, const EnquiryId& enquiry, EnquiryRecord& record, const messages::RecordCall& call,
               Instant now);

/// The person's newest open enquiry about that campaign, if there is one.
std::optional<EnquiryId> open_enquiry_about(const State& state, const PersonId& person, const CampaignId& campaign);

/// Puts a note on a patient that somebody has asked who may be them, and tells it. Does not store the patient.
void note_match(Decision& decision, const State& state, const PersonId& patient, PersonRecord& record, const EnquiryId& enquiry,
                const SiteId& site, const CampaignId& campaign, Instant now);

}  // namespace bridgework::lead_intake
